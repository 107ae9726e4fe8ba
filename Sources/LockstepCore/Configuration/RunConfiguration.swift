/// The size of a minibatch.
public enum BatchSize: Equatable, Sendable {
  /// A number of examples.
  case examples(Int)
  /// The whole training set.
  case full

  /// Reads a whole number from 1, or `full`.
  ///
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)`` for anything else.
  public init(_ text: String) throws(ConfigurationError) {
    if text == "full" {
      self = .full
    } else if let count = Int(text), (1...Int(Int32.max)).contains(count) {
      self = .examples(count)
    } else {
      throw .invalid(
        option: "--batch", value: text,
        reason: "write " + NumberText.wholeNumber(of: "examples", in: 1...Int(Int32.max))
          + ", or full"
      )
    }
  }

  /// The spelling on the command line.
  public var specification: String {
    switch self {
    case .examples(let count): "\(count)"
    case .full: "full"
    }
  }
}

/// One training run, as it was asked for: what the options said, and the defaults for the rest.
///
/// What depends on the model or the data, such as the number of updates in an epoch, is resolved
/// when both are there.
public struct RunConfiguration: Sendable {
  /// What is trained.
  public var model: ModelSpecification
  /// What it is trained on; `nil` for the model's default.
  public var data: DataSpecification?
  /// What is held out.
  public var heldOut: HeldOut = .automatic
  /// Which engine.
  public var engine = EngineChoice.threads
  /// What the workers divide.
  public var decomposition = Decomposition.blocks
  /// Who may start an iteration when.
  public var policy: any SynchronizationPolicy = Barrier()
  /// The number of workers.
  public var workers = 1
  /// The gradient rule.
  public var optimizer = OptimizerSpecification.sgd
  /// The learning rate; `nil` for the optimiser's default.
  public var learningRate: Double?
  /// How the learning rate changes; `nil` for the default, which depends on whether a rate is given.
  public var schedule: RateSchedule?
  /// The largest Euclidean norm of a worker's gradient, to which longer ones are shortened; `nil` for
  /// any.
  public var clip: Double?
  /// The size of a minibatch.
  public var batch = BatchSize.examples(32)
  /// How minibatches are drawn.
  public var sampling = SamplingMethod.shuffled
  /// The number of updates, where it is given.
  public var updates: Int?
  /// The number of passes over the training set, where it is given.
  public var epochs: Double?
  /// The training loss at which to stop.
  public var targetLoss: Double?
  /// The run's seed.
  public var seed: UInt64 = 1
  /// Who does the dense linear algebra.
  public var kernels = KernelChoice.blas
  /// The type of the parameters; `nil` for the engine's default.
  public var precision: Precision?
  /// Where the workers are pinned, as written after `--pin`; `nil` for ``defaultPin``.
  public var pin: String?
  /// What only the virtual-time engine has.
  public var virtual = VirtualConfiguration()
  /// The number of updates between two points of the loss curve; `nil` for about twenty points.
  public var lossEvery: Int?
  /// What was asked for of noise probes.
  public var probes = NoiseRequest()
  /// The noise probes of the run, with the defaults filled in; `nil` for none.
  public var noise: NoiseSpecification? {
    get { probes.specification }
    set { probes = NoiseRequest(newValue) }
  }
  /// Whether every iteration is noted down.
  public var recordsTrace = false
  /// The file that whoever runs it writes the measured durations of iterations to.
  public var calibrationPath: String?
  /// The file the first parameters are read from.
  public var initialParametersPath: String?
  /// The file the last parameters are written to.
  public var savePath: String?
  /// The file the minibatches are read from.
  public var minibatchesPath: String?

  /// Where workers are pinned unless somebody says otherwise.
  public static let defaultPin = "compact"

  /// Where the workers are pinned.
  public var resolvedPin: String { pin ?? Self.defaultPin }

  /// The type of the parameters: simulations and noise probes are about small differences, so theirs
  /// are double.
  public var resolvedPrecision: Precision {
    precision ?? (engine == .threads && noise == nil ? .single : .double)
  }

  /// Creates the configuration of a model, with the default for everything else.
  public init(model: ModelSpecification) {
    self.model = model
  }

  /// The learning rate an optimiser starts from where none is given.
  public var resolvedLearningRate: Double {
    learningRate ?? optimizer.rule.rate(for: model, resolvedSchedule)
  }

  /// The largest number of updates: centuries of work, and far from where sums of counts overflow.
  public static let largestUpdateCount = 1_000_000_000_000_000

  /// How the learning rate changes along the run.
  ///
  /// A rate that somebody chose stays as it is, and so does that of a run of a number of updates, which
  /// may be a piece of a longer one. A run of whole epochs for which nobody chose a rate is a training
  /// from start to end: its rate falls to zero, which ends closer to the optimum than a constant one.
  public var resolvedSchedule: RateSchedule {
    if let schedule { return schedule }
    if !model.entry.takesData { return .constant }
    let isWhole = updates == nil && minibatchesPath == nil
    return learningRate == nil && isWhole ? .linear : .constant
  }

  /// Checks what can be checked without the data.
  ///
  /// - Throws: ``ConfigurationError`` for a value out of range or options that don't go together.
  public func validate() throws(ConfigurationError) {
    try engine.check(workers: workers)
    try virtual.validate(self)
    try probes.validate(self)
    if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
      throw .invalid(
        option: "--learning-rate", value: "\(learningRate)",
        reason: "the rate is a finite number above 0")
    }
    if let clip, !(clip > 0 && clip.isFinite) {
      throw .invalid(
        option: "--clip", value: "\(clip)", reason: "the largest norm is a finite number above 0")
    }
    if clip != nil, noise != nil {
      throw .conflict(
        reason:
          "noise probes compare the shards of a step, and a clipped gradient isn't the sum of "
          + "its clipped shards; leave out --clip or the probes")
    }
    if let updates, !(1...Self.largestUpdateCount).contains(updates) {
      throw .invalid(
        option: "--updates", value: "\(updates)",
        reason: updates < 1
          ? "at least one update is needed" : "that is more than 10¹⁵ updates")
    }
    if let epochs, !(epochs > 0 && epochs.isFinite) {
      throw .invalid(
        option: "--epochs", value: "\(epochs)", reason: "the number of epochs is finite and above 0"
      )
    }
    if updates != nil, epochs != nil {
      throw .conflict(reason: "--updates and --epochs both say how long to train; give one of them")
    }
    if calibrationPath != nil, engine != .threads {
      throw .conflict(
        reason: "--calibrate measures real threads; leave it out, or --engine virtual")
    }
    if recordsTrace, virtual.delay != nil {
      throw .conflict(
        reason: "a trace (--trace, --record trace) holds events in time, and under --delay no time "
          + "passes; take --service instead")
    }
    if let targetLoss, !targetLoss.isFinite {
      throw .invalid(
        option: "--target-loss", value: "\(targetLoss)", reason: "the target is a finite number")
    }
    if let lossEvery, !(1...Self.largestUpdateCount).contains(lossEvery) {
      throw .invalid(
        option: "--record", value: "loss=\(lossEvery)",
        reason: "write loss=EVERY with "
          + NumberText.wholeNumber(of: "updates", in: 1...Self.largestUpdateCount))
    }
    if minibatchesPath != nil, epochs != nil {
      throw .conflict(
        reason: "--epochs doesn't go with --batches, whose lines say how long an epoch is")
    }
    if !model.entry.takesData {
      for (option, isGiven) in [
        ("--data", data != nil), ("--epochs", epochs != nil),
        ("--batches", minibatchesPath != nil), ("--held-out", heldOut != .automatic),
      ] where isGiven {
        throw .conflict(
          reason: "\(option) doesn't go with --model \(model.entry.name), which has no data")
      }
    }
  }
}
