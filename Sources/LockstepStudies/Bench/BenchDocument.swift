import LockstepCore
import LockstepTelemetry
import LockstepTopology

/// The result of `lockstep bench` as one document: `lockstep.bench/1`.
public struct BenchDocument: Codable, Sendable {
  /// What was asked for.
  public struct Plan: Codable, Sendable {
    /// The models.
    public var models: [String]
    /// The data; `null` for the models' defaults.
    @ExplicitNull public var data: String?
    /// What is held out.
    public var heldOut: String
    /// The policies.
    public var policies: [String]
    /// What the workers divide.
    public var decompositions: [String]
    /// The numbers of workers.
    public var workers: [Int]
    /// The pin plans.
    public var pins: [String]
    /// The gradient rule.
    public var optimizer: String
    /// The learning rate; `null` for the optimiser's default.
    @ExplicitNull public var learningRate: Double?
    /// How the rate changes along a run; `null` where nobody said it.
    @ExplicitNull public var schedule: String?
    /// The norm that longer gradients are shortened to; `null` for none.
    @ExplicitNull public var clip: Double?
    /// The size of a minibatch.
    public var batch: String
    /// How minibatches are drawn.
    public var sampling: String
    /// The seed.
    public var seed: UInt64
    /// Who does the dense algebra.
    public var kernels: String
    /// The parameters' type.
    public var precision: String
    /// How often each configuration is measured.
    public var runs: Int
    /// The seconds of a run; `null` where its length is given otherwise.
    @ExplicitNull public var seconds: Double?
    /// The updates of a run; `null` where its length is given otherwise.
    @ExplicitNull public var updates: Int?
    /// The epochs of a run; `null` where its length is given otherwise.
    @ExplicitNull public var epochs: Double?

    /// Spells a plan out.
    public init(_ bench: Bench) {
      let runs = bench.runs.all.map(\.configuration)
      let shared = runs[0]
      models = runs.map(\.model.specification).uniqued
      data = shared.data?.specification
      heldOut = shared.heldOut.specification
      policies = runs.map(\.policy.specification).uniqued
      decompositions = runs.map(\.decomposition.rawValue).uniqued
      workers = runs.map(\.workers).uniqued
      pins = runs.map(\.resolvedPin).uniqued
      optimizer = shared.optimizer.specification
      learningRate = shared.learningRate
      schedule = shared.schedule?.specification
      clip = shared.clip
      batch = shared.batch.specification
      sampling = shared.sampling.rawValue
      seed = shared.seed
      kernels = shared.kernels.rawValue
      precision = shared.resolvedPrecision.rawValue
      self.runs = bench.plan.repetitions?.runs ?? 1
      seconds = bench.plan.repetitions?.seconds
      updates = shared.updates
      epochs = shared.epochs
    }
  }

  /// The name and number of this format.
  public var schema = "lockstep.bench/1"
  /// The machine.
  public var machine: MachineDescription
  /// What was asked for.
  public var plan: Plan
  /// Whether everything asked for was measured: `completed` or `interrupted`.
  public var status: RunStatus
  /// The load average of the minute before it began.
  @ExplicitNull public var loadAverage: Double?
  /// What the pinned cores can do at most.
  public var limits: [BenchLimits]
  /// The configurations, in the plan's order.
  public var configurations: [BenchSummary]
}
