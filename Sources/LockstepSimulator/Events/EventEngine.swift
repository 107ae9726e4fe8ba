import LockstepCore
import LockstepModels
import LockstepTelemetry

/// The engine of virtual time: workers, policies, models and optimisers as in the engine of real
/// threads, with the durations of iterations drawn from a law.
///
/// A worker is admitted by its policy, reads its view in no time, computes for the drawn duration,
/// and applies its update in no time as soon as its policy lets it. Time is whole ticks, 2²⁰ to the
/// unit of the law; events of the same tick are ordered by worker.
///
/// **Concurrency:** one thread runs an engine.
///
/// **Determinism:** bit-exact under every policy, for any number of threads of the host.
public final class EventEngine<Model: Objective> {
  private let model: Model
  private let configuration: SimulationConfiguration
  private let law: ServiceLaw
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
    model: Model, configuration: SimulationConfiguration, service: ServiceSpecification
  ) throws {
    try configuration.check(model)
    self.model = model
    self.configuration = configuration
    law = try ServiceLaw(service, workers: configuration.workers)
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
    isStopped: @Sendable () -> Bool = { false },
    progress: (_ updates: Int, _ total: Int, _ loss: Double?) -> Void = { _, _, _ in }
  ) throws -> SimulationOutcome<Model.Scalar> {
    let run = EventRun(model: model, configuration: configuration, law: law)
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
        progress(run.updates, configuration.updates, run.latestLoss)
      }
    }
    peakBuffers = run.peakBuffers
    guard !run.hasOverflowed else {
      throw ConfigurationError.conflict(
        reason: "--service: the virtual clock went past 2⁴² units; take a larger unit of time")
    }
    progress(run.updates, configuration.updates, run.latestLoss)
    return run.outcome()
  }
}
