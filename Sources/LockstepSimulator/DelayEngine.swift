import Dispatch
import LockstepCore
import LockstepModels
import LockstepTelemetry

/// The engine of runs whose staleness is set directly: no service times, no gate, no virtual time.
///
/// A run goes in rounds, as ``DelayBlocks``, ``DelaySamples`` and ``DelayMessages`` describe. Its
/// replicas differ in their seeds only (``EnsembleReplicas/seed(of:ofRun:)``). Replica 0 is the run
/// whose parameters, losses and staleness are reported; where it ends early, at its target or
/// because it diverged, the others make as many updates as it did.
///
/// **Concurrency:** one thread runs an engine.
///
/// **Determinism:** bit-exact in the seed and the number of workers, for any number of host
/// threads.
public final class DelayEngine<Model: Objective> {
  private let model: Model
  private let configuration: EngineConfiguration
  private let law: DelayLaw
  private let scope: DelayScope
  private let plan: EnsemblePlan

  /// The number of updates that are applied together.
  private let round: Int

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
    model: Model, configuration: EngineConfiguration, delay: DelaySpecification,
    scope: DelayScope
  ) throws {
    try DelayCheck.check(configuration, model: model, delay: delay, scope: scope)
    self.model = model
    self.configuration = configuration
    self.scope = scope
    law = try DelayLaw(delay)
    round =
      configuration.decomposition == .blocks || scope == .message ? configuration.workers : 1
    plan = EnsemblePlan(
      updates: configuration.updates, round: round, warmup: configuration.warmup,
      collectsSquares: model.trainingCount == 0 || configuration.replicas > 1
        || configuration.warmup > 0)
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
  ) throws -> SimulationOutcome<Model.Scalar> {
    let process = Self.makeProcess(model, configuration, law, scope)
    var accumulator = EnsembleAccumulator(plan: plan)
    let replicas = max(1, configuration.replicas)
    let total = configuration.updates
    let first = lead(process, &accumulator, isStopped: isStopped) { updates, loss in
      progress(updates / replicas, total, loss)
    }
    var status = first.status
    if replicas > 1, status != .interrupted {
      let share = process.replica.updates
      accumulator.merge(
        follow(to: share, isStopped: isStopped) { done in
          progress((done + 1) * share / replicas, total, first.loss.final)
        })
      if accumulator.replicas < replicas { status = .interrupted }
    }
    return outcome(process, status: status, loss: first.loss, ensemble: accumulator.record())
  }

  /// Runs replica 0, with its losses.
  private func lead(
    _ process: any DelayProcess<Model>, _ accumulator: inout EnsembleAccumulator,
    isStopped: () -> Bool, progress: (Int, Double?) -> Void
  ) -> (status: RunStatus, loss: LossRecord) {
    let replica = process.replica
    let losses = LossCourse(model, configuration)
    process.start(seed: configuration.seed, isObserved: true)
    accumulator.begin()
    accumulator.record(update: 0, parameters: UnsafePointer(replica.values), count: replica.count)
    var status = losses.begin(at: replica.values)
    let looks = configuration.looks
    while status == nil, replica.updates < configuration.updates {
      // Where a round goes past a look, the next one is still a multiple of the distance.
      let passed = looks.areDenseAtFirst ? 0 : replica.updates % looks.every
      let next = min(configuration.updates, losses.nextLook(after: replica.updates - passed))
      let isWhole = Self.advance(process, to: next, &accumulator, isStopped: isStopped) {
        progress($0, losses.latestLoss)
      }
      let ending = losses.look(at: replica.values, update: replica.updates, time: 0)
      progress(replica.updates, losses.latestLoss)
      status = isWhole ? ending : .interrupted
    }
    accumulator.end()
    let ending = status ?? .completed
    return (ending, losses.conclude(at: replica.values, ending))
  }

  /// Runs the other replicas.
  private func follow(
    to updates: Int, isStopped: @escaping @Sendable () -> Bool, progress: (Int) -> Void
  ) -> EnsembleAccumulator {
    let (model, configuration, law, scope) = (model, configuration, law, scope)
    return EnsembleReplicas.run(
      1..<configuration.replicas, hostThreads: configuration.hostThreads, plan: plan,
      makeContext: { Self.makeProcess(model, configuration, law, scope) },
      isStopped: isStopped,
      replica: { index, process, accumulator in
        process.start(
          seed: EnsembleReplicas.seed(of: index, ofRun: configuration.seed), isObserved: false)
        accumulator.begin()
        accumulator.record(
          update: 0, parameters: UnsafePointer(process.replica.values),
          count: process.replica.count)
        guard
          Self.advance(process, to: updates, &accumulator, isStopped: isStopped, progress: { _ in })
        else { return false }
        accumulator.end()
        return true
      }, whileRunning: progress)
  }

  /// Moves a replica on in slices of about 20 ms, so that it can be stopped and watched.
  ///
  /// - Returns: false if it was stopped before it got there.
  private static func advance(
    _ process: any DelayProcess<Model>, to target: Int,
    _ accumulator: inout EnsembleAccumulator, isStopped: () -> Bool, progress: (Int) -> Void
  ) -> Bool {
    var slice = 1
    var reported = DispatchTime.now().uptimeNanoseconds
    var last = reported
    while process.replica.updates < target {
      if isStopped() { return false }
      process.advance(
        to: min(target, process.replica.updates + slice), accumulator: &accumulator)
      let now = DispatchTime.now().uptimeNanoseconds
      if now - last < 10_000_000 { slice = min(slice * 2, 1 << 40) }
      if now - last > 40_000_000 { slice = max(1, slice / 2) }
      last = now
      if now - reported > 100_000_000 {
        progress(process.replica.updates)
        reported = now
      }
    }
    return true
  }

  private static func makeProcess(
    _ model: Model, _ configuration: EngineConfiguration, _ law: DelayLaw, _ scope: DelayScope
  ) -> any DelayProcess<Model> {
    if configuration.decomposition == .blocks {
      return DelayBlocks(model: model, configuration: configuration, law: law)
    }
    if scope == .message {
      return DelayMessages(model: model, configuration: configuration, law: law)
    }
    return DelaySamples(model: model, configuration: configuration, law: law)
  }

  private func outcome(
    _ process: any DelayProcess<Model>, status: RunStatus, loss: LossRecord,
    ensemble: EnsembleRecord
  ) -> SimulationOutcome<Model.Scalar> {
    let replica = process.replica
    let budget = UpdateBudget(workers: configuration.workers, isJoint: false, isDealt: true)
    return SimulationOutcome(
      parameters: Array(UnsafeBufferPointer(start: replica.values, count: replica.count)),
      status: status, updates: replica.updates, samples: replica.samples, virtualTime: nil,
      loss: loss, staleness: replica.tally.record(),
      tornViews: TornViewsRecord(reads: replica.reads, torn: 0),
      workers: (0..<configuration.workers).map {
        WorkerRecord(
          worker: $0, updates: budget.iterations(of: WorkerID($0), within: replica.updates),
          computeSeconds: 0, readSeconds: 0, applySeconds: 0, waitSeconds: 0, parks: 0)
      }, ensemble: ensemble)
  }
}
