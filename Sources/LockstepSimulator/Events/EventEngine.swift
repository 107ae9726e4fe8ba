import LockstepCore
import LockstepModels
import LockstepTelemetry

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
public final class EventEngine<Scalar: ModelScalar> {
  private let model: any Objective<Scalar>
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
    model: any Objective<Scalar>, configuration: EngineConfiguration, service: ServiceSpecification
  ) throws {
    try configuration.check(model, on: .virtual)
    self.model = model
    self.configuration = configuration
    try configuration.checkPhases(service, parameters: model.parameterCount)
    let workers = configuration.workers
    phaseLaws = PhaseLaws(
      read: try configuration.readTime.map { try ServiceLaw($0, workers: workers, for: .read) },
      apply: try configuration.applyTime.map { try ServiceLaw($0, workers: workers, for: .apply) })
    // Where reading and applying take their own times, a calibrated iteration is what is left.
    law = try ServiceLaw(
      service, workers: workers, for: configuration.takesPhases ? .compute : .service)
    plan = EnsemblePlan(
      of: configuration, model,
      round: configuration.budget.stepsInRounds && configuration.decomposition == .blocks
        ? configuration.workers : 1)
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
  ) throws -> SimulationOutcome<Scalar> {
    let (model, configuration, plan) = (model, configuration, plan)
    let (law, phaseLaws) = (law, phaseLaws)
    let driver = SimulationDriver<Scalar>(configuration: configuration, plan: plan) { isFirst, _ in
      EventRun(
        model: model, configuration: configuration, law: law, phaseLaws: phaseLaws, plan: plan,
        isFirst: isFirst)
    }
    let run = try driver.run(isStopped: isStopped, progress: progress)
    if let run = run as? EventRun<Scalar> { peakBuffers = run.peakBuffers }
    return run.outcome()
  }
}
