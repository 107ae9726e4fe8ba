import LockstepCore
import LockstepModels
import Synchronization

/// Runs the replicas of a simulation: the first one, whose parameters, losses and staleness are
/// reported, then the others on the threads of the host.
///
/// Where the first ends early, at its target or because it diverged, the others make as many updates as
/// it did.
struct SimulationDriver<Scalar: ModelScalar> {
  let configuration: EngineConfiguration
  let plan: EnsemblePlan
  /// Makes the run of the first replica or of another one, or has the buffers of one before used again.
  let makeRun: @Sendable (_ isFirst: Bool, _ used: SimulatedRun<Scalar>?) -> SimulatedRun<Scalar>

  /// Runs them.
  ///
  /// - Parameters:
  ///   - isStopped: whether to end soon, with what there is; asked every so often, by any thread.
  ///   - progress: called at most every 100 ms with the updates made, the mean over all replicas, the
  ///     updates to make and the latest training loss.
  /// - Returns: the first one's run, with the averages over all.
  /// - Throws: ``ConfigurationError`` where the virtual clock would overflow.
  func run(
    isStopped: @escaping @Sendable () -> Bool,
    progress: (_ updates: Int, _ total: Int, _ loss: Double?) -> Void
  ) throws -> SimulatedRun<Scalar> {
    let replicas = max(1, configuration.replicas)
    let total = configuration.updates
    let run = makeRun(true, nil)
    run.start(replica: 0, total: total)
    let checkpoints = configuration.checkpoints
    let isResumed =
      try checkpoints?.restore { archive throws(CheckpointError) in try run.transfer(archive) }
      ?? false
    if isResumed { run.goOn() } else { run.begin() }
    let clock = ContinuousClock()
    var reported = clock.now
    var isEnded = false
    while run.advance() {
      let isInterrupted = isStopped()
      // Before the loss is looked at: a run that is not interrupted here takes no look of its own.
      if isInterrupted || checkpoints?.isDue == true { try save(run) }
      if isInterrupted {
        run.end(.interrupted)
        isEnded = true
        break
      }
      let now = clock.now
      if now - reported >= .milliseconds(100) {
        reported = now
        progress(run.updates / replicas, total, run.latestLoss)
      }
    }
    // It stands by itself where a look at the loss was given up.
    if run.status == .interrupted, !isEnded { try save(run) }
    guard !run.hasOverflowed else { throw Self.overflow }
    run.ensemble.end()
    if replicas > 1, run.status != .interrupted {
      let share = run.updates
      try run.ensemble.merge(
        follow(to: share, isStopped: isStopped) { done in
          progress((done + 1) * share / replicas, total, run.latestLoss)
        })
      if run.ensemble.replicas < replicas { run.status = .interrupted }
    }
    progress(run.updates, total, run.latestLoss)
    return run
  }

  private func save(_ run: SimulatedRun<Scalar>) throws(CheckpointError) {
    guard let checkpoints = configuration.checkpoints, run.canBeSaved else { return }
    try checkpoints.save(updates: run.updates) { archive throws(CheckpointError) in
      try run.transfer(archive)
    }
  }

  /// Runs the replicas after the first.
  private func follow(
    to total: Int, isStopped: @escaping @Sendable () -> Bool, progress: (Int) -> Void
  ) throws -> EnsembleAccumulator {
    let makeRun = makeRun
    let hasOverflowed = Atomic<Bool>(false)
    let sum = EnsembleReplicas.run(
      1..<configuration.replicas, hostThreads: configuration.hostThreads, plan: plan,
      makeContext: { Used() }, isStopped: isStopped,
      replica: { replica, used, accumulator in
        let run = makeRun(false, used.run)
        used.run = run
        run.start(replica: replica, total: total)
        // The run adds to the sums of the replicas before it.
        swap(&accumulator, &run.ensemble)
        defer { swap(&accumulator, &run.ensemble) }
        run.begin()
        while run.advance() {
          if isStopped() { return false }
        }
        if run.hasOverflowed {
          hasOverflowed.store(true, ordering: .relaxed)
          return false
        }
        run.ensemble.end()
        return true
      }, whileRunning: progress)
    // Relaxed: joining the threads has ordered it.
    guard !hasOverflowed.load(ordering: .relaxed) else { throw Self.overflow }
    return sum
  }

  /// The run that a thread of the host made last.
  private final class Used {
    var run: SimulatedRun<Scalar>?
  }

  private static var overflow: ConfigurationError {
    .conflict(
      reason: "--service: the virtual clock went past 2⁴² units; take a larger unit of time")
  }
}
