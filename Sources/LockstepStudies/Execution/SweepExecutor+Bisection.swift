import LockstepCore
import LockstepRuns
import LockstepTelemetry
import LockstepTopology
import Synchronization

/// What came of a search in every configuration.
public struct BisectionOutcome: Equatable, Sendable {
  /// What was found, in the plan's order; searches that are not over are left out.
  public var results: [BisectionResult] = []
  /// The runs that were carried out now, those that were there, and those that failed.
  public var sweep = SweepOutcome()
}

extension SweepExecutor {
  /// Searches the largest stable learning rate of every configuration.
  ///
  /// Every rate that is tried is a run like any other and its record goes to the store; records that
  /// are there are believed, so a search that was stopped goes on where it was.
  ///
  /// - Parameters:
  ///   - runs: the configurations; a search starts at the rate that each has.
  ///   - tolerance: how far apart the largest stable and the smallest unstable rate may be.
  ///   - stability: which stability is judged; runs in which it can't be are failures.
  ///   - store: where records go.
  ///   - options: how many searches at a time, where runs are simulated.
  ///   - topology: the machine.
  ///   - progress: called after every search.
  /// - Throws: ``StoreError``.
  public func bisect(
    _ runs: [PlannedRun], tolerance: Double, stability: Stability = .path,
    into store: ResultStore,
    options: Options = Options(), on topology: Topology,
    progress: @escaping @Sendable (SweepProgress) -> Void = { _ in }
  ) throws(StoreError) -> BisectionOutcome {
    var known: [String: Bool?] = [:]
    for run in try store.runs() { known[run.id] = .some(stability.judge(run.record)) }
    let search = Search(
      executor: self, store: store, topology: topology, known: known, stability: stability,
      tally: SweepTally(total: runs.count, present: 0, progress))
    let results = Mutex([Int: BisectionResult]())
    let indexed = runs.enumerated().map { ($0.offset, $0.element) }
    for (isExclusive, jobs) in [(false, options.jobs), (true, 1)] {
      handOut(indexed.filter { $0.1.isExclusive == isExclusive }, jobs: jobs) { index, run in
        guard let result = search.carryOut(run, tolerance: tolerance, jobs: jobs) else { return }
        results.withLock { $0[index] = result }
      }
    }
    try search.tally.storeError.map { error throws(StoreError) in throw error }
    var outcome = BisectionOutcome()
    outcome.sweep = search.tally.outcome
    outcome.sweep.isInterrupted = isInterrupted
    outcome.results = results.withLock { found in runs.indices.compactMap { found[$0] } }
    return outcome
  }

  /// What all searches share.
  private struct Search: Sendable {
    let executor: SweepExecutor
    let store: ResultStore
    let topology: Topology
    let known: [String: Bool?]
    let stability: Stability
    let tally: SweepTally

    /// One search; `nil` where it is not over.
    func carryOut(_ run: PlannedRun, tolerance: Double, jobs: Int) -> BisectionResult? {
      var bisection = Bisection(
        first: run.configuration.resolvedLearningRate, tolerance: tolerance)
      var count = 0
      while let rate = bisection.next {
        guard case .some(let isStable) = isStable(run, rate: rate, jobs: jobs) else { return nil }
        bisection.note(isStable: isStable)
        count += 1
      }
      guard let result = bisection.result else { return nil }
      tally.finish()
      return BisectionResult(
        part: run.part, axes: run.axes, stability: stability, result: result,
        stable: bisection.stable,
        unstable: bisection.unstable, runs: count)
    }

    /// Whether a rate is stable, or that its run doesn't tell; no answer where it was not carried out.
    private func isStable(_ run: PlannedRun, rate: Double, jobs: Int) -> Bool?? {
      let trial = run.trial(at: rate)
      if let isStable = known[trial.id] { return .some(isStable) }
      do {
        guard let record = try executor.record(of: trial, jobs: jobs, topology) else {
          return .none
        }
        try store.append(trial.stored(record))
        return .some(stability.judge(record))
      } catch let error as StoreError {
        tally.stop(error)
        executor.interrupt()
      } catch {
        tally.fail(
          SweepFailure(
            id: trial.id, part: trial.part, axes: trial.axisText, reason: "\(error)"))
      }
      return .none
    }
  }
}

extension PlannedRun {
  /// The configuration of a search's runs, but for the rate.
  var trialConfiguration: RunConfiguration {
    var configuration = configuration
    // A constant rate stays what it is, also where a run of the default rate would let it fall.
    configuration.schedule = configuration.schedule ?? .constant
    return configuration
  }

  /// The run that a search makes of it to try a rate.
  func trial(at rate: Double) -> PlannedRun {
    var configuration = trialConfiguration
    configuration.learningRate = rate
    var axes = axes
    axes["learning-rate"] = .number(rate)
    return PlannedRun(
      id: RunIdentity(configuration).id, part: part, axes: axes, configuration: configuration,
      round: round)
  }
}
