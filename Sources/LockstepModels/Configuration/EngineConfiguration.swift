import LockstepCore

/// How a run goes, with every default filled in: what an engine needs to know beside the model.
///
/// Both engines take it. What only one of them has is left at its default for the other.
public struct EngineConfiguration: Sendable {
  /// What the workers divide.
  public var decomposition: Decomposition
  /// Who may start an iteration when.
  public var policy: any SynchronizationPolicy
  /// The number of workers, 1 … ``EngineChoice/largestWorkerCount``.
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
  /// The number of threads of the host that evaluate losses and, in virtual time, compute gradients; the
  /// results don't depend on it.
  public var hostThreads: Int
  /// Who is shown updates, in virtual time of the first replica; `nil` for nobody.
  ///
  /// With an observer no model is updated in place.
  public var observer: StepObserver?
  /// Who may ask for an end, so that an evaluation of the loss is given up for it.
  public var cancellation: Cancellation?
  /// Where the run's state is saved, and which one it begins with; `nil` for a run without checkpoints.
  package var checkpoints: CheckpointKeeper?

  // What only virtual time has.

  /// What befalls workers; only where there are events.
  public var faults: [FaultSpecification]
  /// The law of the time that reading a view takes; `nil` for no time.
  public var readTime: ServiceSpecification?
  /// The law of the time that applying an update takes; `nil` for no time.
  public var applyTime: ServiceSpecification?
  /// The number of independent copies.
  public var replicas: Int
  /// The number of updates left out of averages.
  public var warmup: Int

  /// Creates a configuration.
  public init(
    decomposition: Decomposition, policy: any SynchronizationPolicy, workers: Int,
    optimizer: OptimizerSpecification, learningRate: Double, schedule: RateSchedule = .constant,
    batch: Int, sampling: SamplingMethod = .shuffled, minibatches: MinibatchFile? = nil,
    updates: Int, targetLoss: Double? = nil, lossEvery: Int, seed: UInt64,
    initialParameters: [Double]? = nil, faults: [FaultSpecification] = [],
    readTime: ServiceSpecification? = nil, applyTime: ServiceSpecification? = nil,
    recordsTrace: Bool = false, replicas: Int = 1, warmup: Int = 0, hostThreads: Int = 1
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
    self.faults = faults
    self.readTime = readTime
    self.applyTime = applyTime
    self.recordsTrace = recordsTrace
    self.replicas = replicas
    self.warmup = warmup
    self.hostThreads = hostThreads
  }

  /// How the updates are divided among the workers.
  public var budget: UpdateBudget { UpdateBudget(policy, decomposition, workers: workers) }

  /// The number of examples of a run, from those that its workers have counted.
  ///
  /// In `blocks` a worker has the derivatives by a P-th of the parameters: of each of its examples it has processed a P-th.
  package func samples(counted: Int) -> Int {
    decomposition == .blocks ? (counted + workers - 1) / workers : counted
  }

  /// When the training loss is looked at.
  package var looks: LossLooks { LossLooks(every: lossEvery, areDenseAtFirst: looksEarly) }

  /// Whether reading a view or applying an update takes time.
  package var takesPhases: Bool { readTime != nil || applyTime != nil }

  /// Whether every update needs a view and a gradient of its own, to be told of.
  package var needsViews: Bool { recordsTrace || observer != nil }

  /// The feed of minibatches: one worker's, or, where a worker is named with each, everybody's.
  package func feed(exampleCount: Int, worker: Int = 0) -> MinibatchFeed {
    MinibatchFeed(
      decomposition: decomposition, budget: budget, batch: batch, sampling: sampling,
      minibatches: minibatches, seed: seed, exampleCount: exampleCount, worker: worker)
  }

  /// The largest number of examples a minibatch of the run can hold.
  package func largestMinibatch(exampleCount: Int) -> Int {
    MinibatchFeed.capacity(batch: batch, minibatches: minibatches, exampleCount: exampleCount)
  }

  /// Writes the first parameters: those that are given, or those that the model starts from.
  ///
  /// - Parameters:
  ///   - parameters: `[n]`, private memory.
  ///   - model: the objective.
  ///   - seed: the seed of the model's start; `nil` for the run's.
  package func initialize<Scalar: ModelScalar>(
    _ parameters: UnsafeMutablePointer<Scalar>, of model: some Objective<Scalar>,
    seed: UInt64? = nil
  ) {
    guard let initialParameters else {
      return model.initialize(parameters, seed: seed ?? self.seed)
    }
    for (index, value) in initialParameters.enumerated() { parameters[index] = Scalar(value) }
  }
}
