import LockstepCore

/// Decides by its training losses whether a run goes on: one rule for every engine.
///
/// A run has *diverged* when its loss is no finite number, or above ``divergenceFactor`` times the larger of the
/// initial loss and that of the model's own start. Both losses count because a run may begin at the
/// optimum, where any step is upwards.
public struct LossVerdict: Sendable {
  /// How many times the loss of the start a loss may be.
  public static let divergenceFactor = 1e6

  private let target: Double?
  private var limit: Double

  /// Makes the rule of a run.
  ///
  /// - Parameters:
  ///   - initial: the loss before the first update; `nil` where there is none.
  ///   - modelStart: the loss at the model's own start, where the run begins elsewhere.
  ///   - target: the loss at which the run stops.
  public init(initial: Double?, modelStart: Double? = nil, target: Double?) {
    self.target = target
    let start = [initial, modelStart].compactMap(\.self).filter(\.isFinite).max() ?? 0
    // Where both losses are 0, or below, no multiple of them says anything.
    limit = start > 0 ? start * Self.divergenceFactor : .infinity
  }

  /// How a loss ends the run; `nil` where the run goes on.
  public func status(at loss: Double?) -> RunStatus? {
    guard let loss else { return nil }
    if !loss.isFinite || loss > limit { return .diverged }
    if let target, loss <= target { return .targetReached }
    return nil
  }
}

extension LossVerdict: Archivable {
  package mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.number("limit", &limit)
  }
}
