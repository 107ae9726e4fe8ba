/// How far searches are, as the records that are there tell it.
public struct BisectionForecast: Sendable {
  /// The number of searches that are over.
  public let finished: Int
  /// The others, each with about how many runs it still takes.
  public let remaining: [(run: PlannedRun, count: Int)]

  /// Goes through the searches as far as records answer them.
  ///
  /// - Parameters:
  ///   - runs: the configurations, each at the rate where its search starts.
  ///   - tolerance: how far apart the two ends may be, as a share.
  ///   - stability: which stability is judged.
  ///   - records: the trials that were made.
  public init(
    _ runs: [PlannedRun], tolerance: Double, stability: Stability, records: [StoredRun]
  ) {
    let known = Dictionary(
      records.map { ($0.id, stability.judge($0.record)) }, uniquingKeysWith: { one, _ in one })
    var finished = 0
    var remaining: [(PlannedRun, Int)] = []
    for run in runs {
      var search = Bisection(first: run.configuration.resolvedLearningRate, tolerance: tolerance)
      while let rate = search.next, let isStable = known[run.trial(at: rate).id] {
        search.note(isStable: isStable)
      }
      if search.result == nil {
        remaining.append((run, search.expectedCount))
      } else {
        finished += 1
      }
    }
    self.finished = finished
    self.remaining = remaining
  }
}
