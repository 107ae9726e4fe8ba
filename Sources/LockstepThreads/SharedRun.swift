import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry
import Synchronization

/// What all workers of one run share.
///
/// **Concurrency:** immutable but for the parameters, the clocks and the lock, each of which says
/// for itself who may touch it when.
final class SharedRun<Scalar: ModelScalar>: @unchecked Sendable {
  let model: any Objective<Scalar>
  let configuration: EngineConfiguration
  let parameters: SharedParameters<Scalar>
  let optimizer: Optimizer<Scalar>
  let optimizerState: OptimizerState<Scalar>
  let clocks: AtomicClocks
  /// What each worker has to wait for.
  let rules: [WorkerRules]
  let lock = Mutex(())
  let isJoint: Bool
  /// What one worker's gradient weighs in an update.
  let gradientWeight: Scalar
  let probe: EngineProbe?
  /// Where observations are put down; `nil` without an observer.
  let observations: ObservationBuffer<Scalar>?

  init(
    model: any Objective<Scalar>, configuration: EngineConfiguration,
    parameters: SharedParameters<Scalar>, clocks: AtomicClocks, rules: [WorkerRules],
    probe: EngineProbe?
  ) {
    self.model = model
    self.configuration = configuration
    self.parameters = parameters
    optimizer = Optimizer(
      configuration.optimizer, rate: configuration.learningRate, schedule: configuration.schedule,
      updates: configuration.updates)
    optimizerState = OptimizerState(parameters.state)
    self.clocks = clocks
    self.rules = rules
    isJoint = configuration.budget.isJoint
    gradientWeight = Scalar(configuration.budget.gradientWeight)
    self.probe = probe
    observations = configuration.observer.map {
      ObservationBuffer(
        $0, configuration, rules, parameters: parameters, exampleCount: model.trainingCount)
    }
  }
}

/// A worker with whichever store, as the engine drives it.
protocol EngineWorker: Archivable, AnyObject {
  /// Is told of all workers, whose gradients joint steps are made of.
  func join(_ workers: [any EngineWorker])

  /// Makes iterations until its quota is used up, the run is stopped, or something fails.
  func run(_ quota: WorkerQuota) throws

  /// Ends a joint step that the worker was still waiting to apply when the run was stopped.
  ///
  /// - Parameter isMade: whether another worker has applied it: then all do.
  func settle(isMade: Bool)

  /// The worker's clock.
  var clock: Int { get }
  /// What it measured.
  var telemetry: WorkerTelemetry { get }
  /// The number of shard copies it made and of torn ones; `nil` where it makes none.
  var copies: (reads: Int, torn: Int)? { get }
  /// What it noted down of its iterations; `nil` unless a trace is recorded.
  var trace: TraceBuffer? { get }
  /// The number of examples it processed.
  var samples: Int { get }
}
