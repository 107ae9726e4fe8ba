import LockstepCore

/// Which updates of a run are shown: about one in `every`, and of a round that is applied as one the
/// first.
///
/// Updates `0, every, 2·every, …` are due; where a round's updates are applied together, the first
/// of the round at or after that stands for them.
public struct ObservationSchedule: Equatable, Sendable {
  /// One update in how many is shown.
  public let every: Int
  /// The number of updates of a round of which only the first may be shown; 1 for any update.
  public let round: Int
  /// The next update that is shown; `Int.max` when there is none.
  public private(set) var next: Int

  /// Begins at the first update.
  ///
  /// - Parameters:
  ///   - every: one update in how many is shown, at least 1; `nil` for none at all.
  ///   - round: the number of updates of a round of which only the first may be shown, at least 1.
  public init(every: Int?, round: Int = 1) {
    precondition(every ?? 1 >= 1 && round >= 1, "updates are shown every so often")
    self.every = every ?? Int.max
    self.round = round
    next = every == nil ? Int.max : 0
  }

  /// Goes on to the next one after an update.
  ///
  /// - Parameter update: the update that has been shown.
  public mutating func advance(past update: Int) {
    next = Self.sum(update - update % every, every)
    let excess = next % round
    if excess > 0 { next = Self.sum(next, round - excess) }
  }

  private static func sum(_ first: Int, _ second: Int) -> Int {
    let (sum, overflow) = first.addingReportingOverflow(second)
    return overflow ? Int.max : sum
  }
}

extension ObservationSchedule: Archivable {
  package mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.number("next", &next)
  }
}
