/// When the training loss is looked at along a run.
public struct LossLooks: Equatable, Sendable {
  /// The largest number of updates between two looks.
  public var every: Int
  /// Whether the first looks lie closer together, so that a target that is met early is seen early.
  ///
  /// Each then comes after at most a quarter more updates than were made at the last one, but after a round of all
  /// workers at least.
  public var areDenseAtFirst: Bool

  /// Creates a schedule of looks.
  public init(every: Int, areDenseAtFirst: Bool = false) {
    self.every = max(1, every)
    self.areDenseAtFirst = areDenseAtFirst
  }

  /// The number of updates at the next look.
  ///
  /// - Parameters:
  ///   - updates: those at the last look.
  ///   - workers: the number of workers.
  public func next(after updates: Int, workers: Int) -> Int {
    let step = areDenseAtFirst ? min(every, max(workers, updates / 4)) : every
    let (next, overflow) = updates.addingReportingOverflow(step)
    return overflow ? .max : next
  }
}
