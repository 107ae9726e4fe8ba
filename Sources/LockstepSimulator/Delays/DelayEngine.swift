import LockstepCore
import LockstepModels
import LockstepTelemetry

/// The engine of runs whose staleness is set directly: no service times, no gate, no virtual time.
///
/// A run goes in rounds, as ``DelayBlocks``, ``DelaySamples`` and ``DelayMessages`` describe. Its
/// replicas differ in their seeds only (``EnsembleReplicas/seed(of:ofRun:)``). Replica 0 is the run
/// whose parameters, losses and staleness are reported.
///
/// **Concurrency:** one thread runs an engine.
///
/// **Determinism:** bit-exact in the seed and the number of workers, for any number of host
/// threads.
public final class DelayEngine<Scalar: ModelScalar> {
  private let setup: DelaySetup<Scalar>
  private let scope: DelayScope

  /// Creates an engine.
  ///
  /// - Parameters:
  ///   - model: what is trained.
  ///   - configuration: how; its policy is not looked at.
  ///   - delay: the law of staleness.
  ///   - scope: what a delay is drawn for.
  /// - Throws: ``ConfigurationError`` for what doesn't go together, ``DataError`` for files that
  ///   cannot be used.
  public init(
    model: any Objective<Scalar>, configuration: EngineConfiguration, delay: DelaySpecification,
    scope: DelayScope
  ) throws {
    // The workers take turns.
    var configuration = configuration
    configuration.policy = Sequential()
    try configuration.check(model, delay: delay, scope: scope)
    self.scope = scope
    let isInRounds = configuration.decomposition == .blocks || scope == .message
    setup = DelaySetup(
      model: model, configuration: configuration, law: try DelayLaw(delay),
      plan: EnsemblePlan(
        of: configuration, model, round: isInRounds ? configuration.workers : 1))
  }

  /// Runs to the end.
  ///
  /// - Parameters:
  ///   - isStopped: whether the run shall end soon with what there is; asked from any thread.
  ///   - progress: called on the calling thread about ten times a second with the number of updates
  ///     made, the number to make, and the latest training loss. With several replicas the
  ///     number is the mean over all of them.
  public func run(
    isStopped: @escaping @Sendable () -> Bool = { false },
    progress: (_ updates: Int, _ total: Int, _ loss: Double?) -> Void = { _, _, _ in }
  ) throws -> SimulationOutcome<Scalar> {
    let (setup, scope) = (setup, scope)
    let driver = SimulationDriver<Scalar>(configuration: setup.configuration, plan: setup.plan) {
      _, used in
      if let used { return used }
      if setup.configuration.decomposition == .blocks { return DelayBlocks(setup) }
      return scope == .message ? DelayMessages(setup) : DelaySamples(setup)
    }
    return try driver.run(isStopped: isStopped, progress: progress).outcome()
  }
}
