import LockstepCore
import LockstepModels
import LockstepTelemetry

/// A configuration with every default filled in, now that the model and its data are known.
public struct ResolvedRun: Sendable {
  /// What was asked for.
  public let configuration: RunConfiguration
  /// What the engine gets.
  public let engine: EngineConfiguration

  /// The number of points of the loss curve where nothing else is asked for.
  public static let defaultCurvePoints = 20
  /// The number of noise probes along a run that is made for them, where nothing else is asked for.
  public static let defaultProbes = 50
  /// The number of passes over the data where nothing else is asked for.
  public static let defaultEpochs = 5.0
  /// The number of rounds of a model without data where nothing else is asked for.
  public static let defaultRounds = 1000

  /// Fills in the defaults.
  ///
  /// - Parameters:
  ///   - configuration: what was asked for.
  ///   - prepared: the configuration's model with its data.
  ///   - lossEvery: the number of updates between two points of the loss curve, where it was settled before;
  ///     `nil` for what the configuration says.
  /// - Throws: ``ConfigurationError``, ``DataError`` or ``NumPyError``.
  public init(
    _ configuration: RunConfiguration, _ prepared: PreparedModel, lossEvery: Int? = nil
  ) throws {
    self.configuration = configuration
    let examples = prepared.trainingCount
    let minibatches = try configuration.minibatchesPath.map { path throws(DataError) in
      try MinibatchFile(path: path, exampleCount: examples)
    }
    let batch: Int
    switch configuration.batch {
    case .examples(let count): batch = min(count, max(1, examples))
    case .full: batch = max(1, examples)
    }
    let initial = try configuration.initialParametersPath.map { path throws(NumPyError) in
      let array = try NumPyArray(contentsOf: path)
      guard array.shape.count == 1 else {
        throw .invalid(path: path, reason: "is not one flat array of parameters")
      }
      let elements = array.elements(as: Double.self)
      if let index = elements.firstIndex(where: { !$0.isFinite }) {
        throw .invalid(path: path, reason: "parameter \(index) is not a finite number")
      }
      return elements
    }
    let isJoint = UpdateBudget(
      configuration.policy, configuration.decomposition, workers: configuration.workers
    ).isJoint
    // How many updates one minibatch's worth of examples makes: every worker of `blocks` makes one
    // on the same minibatch, and a joint update takes a minibatch from every worker.
    let updatesPerBatch =
      configuration.decomposition == .blocks
      ? Double(configuration.workers) : isJoint ? 1 / Double(configuration.workers) : 1
    let updates: Int
    if let given = configuration.updates {
      updates = given
    } else if let minibatches {
      updates =
        configuration.decomposition == .blocks
        ? minibatches.count * configuration.workers : minibatches.count
    } else if examples > 0 {
      let epochs = configuration.epochs ?? Self.defaultEpochs
      let wanted = (epochs * Double(examples) / Double(batch) * updatesPerBatch).rounded(.up)
      guard wanted <= Double(RunConfiguration.largestUpdateCount) else {
        throw ConfigurationError.invalid(
          option: "--epochs", value: "\(epochs)", reason: "that is more than 10¹⁵ updates")
      }
      updates = max(1, Int(wanted))
    } else {
      updates =
        configuration.decomposition == .blocks
        ? Self.defaultRounds * configuration.workers : Self.defaultRounds
    }
    let virtual = configuration.virtual
    var engine = EngineConfiguration(
      decomposition: configuration.decomposition, policy: configuration.policy,
      workers: configuration.workers, optimizer: configuration.optimizer,
      learningRate: configuration.resolvedLearningRate,
      schedule: try configuration.resolvedSchedule.loaded(),
      batch: batch, sampling: configuration.sampling, minibatches: minibatches, updates: updates,
      targetLoss: configuration.targetLoss,
      lossEvery: lossEvery ?? configuration.lossEvery
        ?? max(1, (updates + Self.defaultCurvePoints - 1) / Self.defaultCurvePoints),
      seed: configuration.seed, initialParameters: initial,
      faults: virtual.faults, readTime: virtual.readTime, applyTime: virtual.applyTime,
      recordsTrace: configuration.recordsTrace || configuration.calibrationPath != nil,
      replicas: virtual.replicas ?? 1, warmup: virtual.warmup ?? 0,
      hostThreads: virtual.resolvedHostThreads)
    engine.clip = configuration.clip
    // Where nobody says how often, a target that is met early is to be seen early.
    engine.looksEarly = configuration.targetLoss != nil && configuration.lossEvery == nil
    self.engine = engine
    try checkRecords(joint: isJoint)
  }

  /// Refuses a trace or a curve of losses that would not fit into memory.
  func checkRecords(joint isJoint: Bool) throws(ConfigurationError) {
    // A loss as it is noted down, and as a part of the record's JSON (640 bytes measured).
    let losses = engine.updates / engine.lossEvery
    try Self.check(
      bytes: Double(losses) * 640, "a curve of \(NumberText.counted(losses, "loss", "losses"))",
      "record fewer (--record loss=EVERY)")
    guard engine.recordsTrace else { return }
    let isWhole =
      configuration.engine == .virtual && configuration.decomposition == .samples && !isJoint
      && configuration.virtual.readTime == nil && configuration.virtual.applyTime == nil
    let shards = isWhole ? 1.0 : Double(engine.workers)
    let iterations = Double(engine.updates) * (isJoint ? Double(engine.workers) : 1)
    // An iteration's times and versions, as they are noted down, as events and as text.
    try Self.check(
      bytes: iterations * (14 + 2 * shards) * 8 * 3, "a trace of \(Int(iterations)) iterations",
      "make fewer updates")
  }

  private static func check(
    bytes: Double, _ what: String, _ advice: String
  ) throws(ConfigurationError) {
    guard !MemoryAllowance.allows(bytes) else { return }
    throw .conflict(
      reason:
        "\(what) takes about \(NumberText.bytes(bytes)), more than this process may have; \(advice)"
    )
  }

  /// What is recorded, as it is written after `--record`, with spaces between.
  private var record: String {
    var items = ["loss=\(engine.lossEvery)"]
    if configuration.recordsTrace { items.append("trace") }
    if let noise = configuration.noise { items.append("noise=\(noise.every)") }
    return items.joined(separator: " ")
  }

  /// The most examples of an observed update: those of all workers, where the update is joint.
  var largestObservedBatch: Int {
    let batch = engine.minibatches?.longest ?? engine.batch
    return engine.budget.isJoint && engine.minibatches == nil ? batch * engine.workers : batch
  }

  /// Every option by its name, for the record.
  public func values(_ prepared: PreparedModel) -> [String: ConfigurationValue] {
    func text(_ value: String?) -> ConfigurationValue { value.map { .text($0) } ?? .null }
    let isVirtual = configuration.engine == .virtual
    let virtual = configuration.virtual
    return [
      "model": .text(configuration.model.specification),
      "positiveClass": prepared.positiveClass.map { .integer($0) } ?? .null,
      "data": text(prepared.data?.specification),
      "heldOut": text(prepared.data.map { _ in configuration.heldOut.specification }),
      "engine": .text(configuration.engine.rawValue),
      "decomposition": .text(configuration.decomposition.rawValue),
      "policy": .text(configuration.policy.specification),
      "workers": .integer(configuration.workers),
      "optimizer": .text(configuration.optimizer.specification),
      "learningRate": .number(engine.learningRate),
      "schedule": .text(engine.schedule.specification),
      "clip": configuration.clip.map { .number($0) } ?? .null,
      // A file of minibatches has a size for each of them.
      "batch": prepared.trainingCount == 0 || engine.minibatches != nil
        ? .null : .integer(engine.batch),
      "sampling": .text(configuration.sampling.rawValue),
      "updates": .integer(engine.updates),
      "epochs": configuration.epochs.map { .number($0) } ?? .null,
      "targetLoss": configuration.targetLoss.map { .number($0) } ?? .null,
      // Larger than any signed number: written out, not wrapped around.
      "seed": Int(exactly: configuration.seed).map { .integer($0) }
        ?? .text("\(configuration.seed)"),
      "kernels": .text(configuration.kernels.rawValue),
      "precision": .text(configuration.resolvedPrecision.rawValue),
      "pin": isVirtual ? .null : .text(configuration.resolvedPin),
      "service": text(isVirtual ? virtual.resolvedService?.specification : nil),
      "readTime": text(virtual.readTime?.specification),
      "applyTime": text(virtual.applyTime?.specification),
      "delay": text(virtual.delay?.specification),
      "delayPer": text(virtual.delay.map { _ in (virtual.delayScope ?? .read).rawValue }),
      "faults": virtual.faults.isEmpty
        ? .null : .text(virtual.faults.map(\.specification).joined(separator: " ")),
      "replicas": isVirtual ? .integer(virtual.replicas ?? 1) : .null,
      "warmup": isVirtual ? .integer(virtual.warmup ?? 0) : .null,
      "record": .text(record),
      "noiseShards": text(
        configuration.noise?.splits.map(\.specification).joined(separator: ",")),
      "noiseDirections": configuration.noise.map { .integer($0.directions) } ?? .null,
      "noiseHeldout": configuration.noise?.heldOutExamples.map { .integer($0) } ?? .null,
      "init": text(configuration.initialParametersPath),
      "save": text(configuration.savePath),
      "calibrate": text(configuration.calibrationPath),
      "batches": text(configuration.minibatchesPath),
    ]
  }
}
