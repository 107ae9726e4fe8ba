import LockstepCore
import LockstepModels
import LockstepTopology

/// What the engine of real threads needs to know of a run.
public struct EngineConfiguration: Sendable {
  /// What the workers divide.
  public var decomposition: Decomposition
  /// Who may start an iteration when.
  public var policy: any SynchronizationPolicy
  /// The number of workers, 1 … ``largestWorkerCount``.
  public var workers: Int
  /// The gradient rule.
  public var optimizer: OptimizerSpecification
  /// The learning rate `η`.
  public var learningRate: Double
  /// How the learning rate changes along the run.
  public var schedule: RateSchedule
  /// The largest Euclidean norm of a worker's gradient; `nil` for any.
  public var clip: Double?
  /// The number of examples of a minibatch; ignored by an objective without data.
  public var batch: Int
  /// How the examples of a minibatch are chosen.
  public var sampling: SamplingMethod
  /// The minibatches, where they are given instead of drawn.
  public var minibatches: MinibatchFile?
  /// The number of updates to make.
  public var updates: Int
  /// The run stops when the training loss is at most this, at a point of the loss curve.
  public var targetLoss: Double?
  /// The number of updates between two points of the loss curve.
  public var lossEvery: Int
  /// Whether the loss is looked at more often early on; see ``LossLooks``.
  public var looksEarly = false
  /// The run's seed.
  public var seed: UInt64
  /// The first parameters, `[n]`, where they are given instead of made by the model.
  public var initialParameters: [Double]?
  /// Whether every iteration is noted down; then no model is updated in place.
  public var recordsTrace: Bool
  /// Who is shown updates; `nil` for nobody.
  ///
  /// With an observer no model is updated in place.
  public var observer: StepObserver?
  /// Who may ask for an end, so that an evaluation of the loss is given up for it.
  public var cancellation: Cancellation?

  /// The largest number of workers that Dispatch starts.
  public static let largestWorkerCount = EngineChoice.threads.largestWorkerCount

  /// Creates a configuration.
  public init(
    decomposition: Decomposition, policy: any SynchronizationPolicy, workers: Int,
    optimizer: OptimizerSpecification, learningRate: Double, schedule: RateSchedule = .constant,
    batch: Int,
    sampling: SamplingMethod = .shuffled, minibatches: MinibatchFile? = nil, updates: Int,
    targetLoss: Double? = nil, lossEvery: Int, seed: UInt64, initialParameters: [Double]? = nil,
    recordsTrace: Bool = false
  ) {
    self.decomposition = decomposition
    self.policy = policy
    self.workers = workers
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.schedule = schedule
    self.batch = batch
    self.sampling = sampling
    self.minibatches = minibatches
    self.updates = updates
    self.targetLoss = targetLoss
    self.lossEvery = lossEvery
    self.seed = seed
    self.initialParameters = initialParameters
    self.recordsTrace = recordsTrace
  }

  /// How the updates are divided among the workers.
  public var budget: UpdateBudget { UpdateBudget(policy, decomposition, workers: workers) }

  /// Whether every update needs a view and a gradient of its own, to be told of.
  var needsViews: Bool { recordsTrace || observer != nil }
}
