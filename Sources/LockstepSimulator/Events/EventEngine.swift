import LockstepCore
import LockstepModels
import LockstepTelemetry
import Synchronization

/// The engine of virtual time: workers, policies, models and optimisers as in the engine of real
/// threads, with the durations of iterations drawn from a law.
///
/// A worker is admitted by its policy, reads its view, computes for the drawn duration, and applies its
/// update as soon as its policy lets it. Reading and applying take no time unless the configuration has
/// laws for them. Time is whole ticks, 2²⁰ to the
/// unit of the law; events of the same tick are ordered by worker.
///
/// **Concurrency:** one thread runs an engine.
///
/// **Determinism:** bit-exact under every policy, for any number of threads of the host.
public final class EventEngine<Model: Objective> {
  private let model: Model
  private let configuration: EngineConfiguration
  private let law: ServiceLaw
  private let phaseLaws: PhaseLaws
  private let plan: EnsemblePlan
  /// The most buffers of shards that the last run had in use at once.
  package private(set) var peakBuffers = 0

  /// Creates an engine.
  ///
  /// - Parameters:
  ///   - model: what is trained.
  ///   - configuration: how.
  ///   - service: the law of an iteration's duration.
  /// - Throws: ``ConfigurationError`` for what doesn't go together; ``DataError`` for a file of
  ///   durations that cannot be used.
  public init(
    model: Model, configuration: EngineConfiguration, service: ServiceSpecification
  ) throws {
    try configuration.check(model, on: .virtual)
    self.model = model
    self.configuration = configuration
    try configuration.checkPhases(service, parameters: model.parameterCount)
    let workers = configuration.workers
    let isBlocks = configuration.decomposition == .blocks
    phaseLaws = PhaseLaws(
      read: try configuration.readTime.map { try ServiceLaw($0, workers: workers, for: .read) },
      apply: try configuration.applyTime.map { try ServiceLaw($0, workers: workers, for: .apply) })
    // Where reading and applying take their own times, a calibrated iteration is what is left.
    law = try ServiceLaw(
      service, workers: workers, for: configuration.takesPhases ? .compute : .service)
    plan = EnsemblePlan(
      updates: configuration.updates,
      round: isBlocks && configuration.budget.stepsInRounds ? workers : 1,
      warmup: configuration.warmup,
      collectsSquares: model.trainingCount == 0 || configuration.replicas > 1
        || configuration.warmup > 0)
  }

  /// Runs to the end.
  ///
  /// - Parameters:
  ///   - isStopped: whether to end soon, with what there is; asked every so often.
  ///   - progress: called at most every 100 ms with the updates made, the updates to make and the
  ///     latest training loss.
  /// - Returns: what came of it.
  /// - Throws: ``ConfigurationError`` where the virtual clock would overflow.
  public func run(
    isStopped: @escaping @Sendable () -> Bool = { false },
    progress: (_ updates: Int, _ total: Int, _ loss: Double?) -> Void = { _, _, _ in }
  ) throws -> SimulationOutcome<Model.Scalar> {
    let replicas = max(1, configuration.replicas)
    let total = configuration.updates
    let run = EventRun(
      model: model, configuration: configuration, law: law, phaseLaws: phaseLaws, plan: plan,
      total: total)
    run.begin()
    let clock = ContinuousClock()
    var reported = clock.now
    while run.advance() {
      if isStopped() {
        run.interrupt()
        break
      }
      let now = clock.now
      if now - reported >= .milliseconds(100) {
        reported = now
        progress(run.updates / replicas, total, run.latestLoss)
      }
    }
    peakBuffers = run.peakBuffers
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
    return run.outcome()
  }

  /// Runs the replicas after the first.
  private func follow(
    to total: Int, isStopped: @escaping @Sendable () -> Bool, progress: (Int) -> Void
  ) throws -> EnsembleAccumulator {
    let (model, configuration, plan) = (model, configuration, plan)
    let (law, phaseLaws) = (law, phaseLaws)
    let hasOverflowed = Atomic<Bool>(false)
    let sum = EnsembleReplicas.run(
      1..<configuration.replicas, hostThreads: configuration.hostThreads, plan: plan,
      makeContext: {}, isStopped: isStopped,
      replica: { replica, _, accumulator in
        let run = EventRun(
          model: model, configuration: configuration, law: law, phaseLaws: phaseLaws, plan: plan,
          replica: replica, total: total)
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

  private static var overflow: ConfigurationError {
    .conflict(
      reason: "--service: the virtual clock went past 2⁴² units; take a larger unit of time")
  }
}
