import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry
import Synchronization

/// What all workers of one run share.
///
/// **Concurrency:** immutable but for the parameters, the clocks and the lock, each of which says
/// for itself who may touch it when.
final class SharedRun<Model: Objective>: @unchecked Sendable {
  // Invariant behind @unchecked: `gradients` and `inPlace` are written before the workers start.
  let model: Model
  let configuration: EngineConfiguration
  let parameters: SharedParameters<Model.Scalar>
  let optimizer: Optimizer<Model.Scalar>
  let optimizerState: OptimizerState<Model.Scalar>
  let clocks: AtomicClocks
  /// What each worker has to wait for.
  let rules: [WorkerRules]
  let lock = Mutex(())
  let isJoint: Bool
  let probe: EngineProbe?
  /// Where observations are put down; `nil` without an observer.
  let observations: ObservationBuffer<Model.Scalar>?
  /// Every worker's gradient, for joint updates; a worker reads another's only after both have
  /// passed the apply condition, and writes its own only after both have passed the start condition.
  var gradients: [UnsafeMutablePointer<Model.Scalar>] = []
  /// Every worker's in-place buffers, likewise.
  var workspaces: [Model.Workspace] = []

  init(
    model: Model, configuration: EngineConfiguration, parameters: SharedParameters<Model.Scalar>,
    clocks: AtomicClocks, rules: [WorkerRules], probe: EngineProbe?
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
    self.probe = probe
    observations = configuration.observer.map {
      ObservationBuffer(
        $0, configuration, rules, parameters: parameters, exampleCount: model.trainingCount)
    }
  }
}

/// A worker of either kind, as the engine drives it.
protocol EngineWorker: AnyObject {
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
  /// What other workers read for joint updates in place; `nil` where there is nothing to read.
  var sharedWorkspace: AnyObject? { get }
  /// What it noted down of its iterations; `nil` unless a trace is recorded.
  var trace: TraceBuffer? { get }
  /// The number of examples it processed.
  var samples: Int { get }
}
