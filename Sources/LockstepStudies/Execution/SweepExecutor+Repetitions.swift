import LockstepCore
import LockstepRuns
import LockstepTelemetry
import LockstepTopology

extension SweepExecutor {
  /// The share of a run's time that a trial must last to be judged by.
  private static let shareToJudgeBy = 0.2
  /// The share of a run's time that the next trial aims at.
  private static let shareToAimAt = 0.4
  /// The most that a trial grows by.
  private static let largestGrowth = 32.0
  /// The most updates of a run.
  private static let largestCount = 1e12

  /// Warms up each configuration that is repeated, which isn't counted, and says how long its runs are.
  ///
  /// - Parameters:
  ///   - runs: those to be carried out.
  ///   - all: those with the ones that are there already, which the others are as long as.
  ///   - store: where those are.
  /// - Returns: the runs, all of a configuration with the same number of updates. The loss is not
  ///   evaluated while the clock runs, but where the plan asks for it.
  func warmedUp(
    _ runs: [PlannedRun], of all: [PlannedRun], in store: some RunStore, _ topology: Topology,
    _ tally: SweepTally
  ) throws(StoreError) -> [PlannedRun] {
    guard runs.contains(where: { $0.repetition != nil }) else { return runs }
    let records = Dictionary(
      try store.runs().map { ($0.id, $0.record) }, uniquingKeysWith: { one, _ in one })
    var made: [String: Int] = [:]
    for run in all {
      guard let record = records[run.id], record.status == .completed else { continue }
      made[run.repetition?.first ?? ""] = record.updates
    }
    var lengths: [String: Int?] = [:]
    return runs.map { run in
      guard let repetition = run.repetition else { return run }
      if lengths[repetition.first] == nil, !isInterrupted {
        // What cannot be warmed up cannot be carried out either, and then says why.
        lengths[repetition.first] = try? length(
          of: run, seconds: repetition.seconds, known: made[repetition.first], topology, tally)
      }
      guard case let updates?? = lengths[repetition.first] else { return run }
      return run.lasting(updates)
    }
  }

  /// Finds out how many updates a run takes; `nil` if it was interrupted.
  ///
  /// Where a run lasts a time, trials grow until one is long enough to judge by; where its length is
  /// known, one short trial warms the caches and the clock frequency up.
  private func length(
    of run: PlannedRun, seconds: Double?, known: Int?, _ topology: Topology, _ tally: SweepTally
  ) throws -> Int? {
    func trial(_ updates: Int) throws -> RunRecord? {
      try record(of: run.lasting(updates), topology) { tally.tell(run, $0, isWarmUp: true) }
    }
    let workers = run.configuration.workers
    guard let seconds, known == nil else {
      let model = try cache.model(of: run.configuration)
      let updates = try known ?? ResolvedRun(run.configuration, model).engine.updates
      return try trial(max(1, min(updates, max(updates / 10, workers)))).map { _ in updates }
    }
    var updates = 32 * workers
    while let found = try trial(updates) {
      let rate = Double(found.updates) / max(found.wallSeconds, 1e-9)
      let length = max(1, Int(min(Self.largestCount, rate * seconds)))
      if found.wallSeconds >= seconds * Self.shareToJudgeBy || found.updates >= length {
        return length
      }
      let aim = max(Double(found.updates + 1), rate * seconds * Self.shareToAimAt)
      updates = Int(min(Self.largestCount, Double(found.updates) * Self.largestGrowth, aim))
    }
    return nil
  }

  /// Loads what a run needs, and makes sure that it can be carried out.
  ///
  /// - Throws: ``PlanError/argument(reason:)`` that names the run, or ``DataError``.
  public func check(_ run: PlannedRun) throws -> PreparedModel {
    let model = try cache.model(of: run.configuration)
    do {
      try TrainingRun.check(run.configuration, model)
    } catch let error as ConfigurationError {
      throw PlanError.argument(reason: run.complaint(PlanOptions.sentence(error)))
    }
    return model
  }
}
