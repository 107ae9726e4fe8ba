import LockstepCore
import LockstepModels

extension SimulationConfiguration {
  /// How the updates are divided among the workers.
  public var budget: UpdateBudget { UpdateBudget(policy, decomposition, workers: workers) }

  /// The feed of any worker's minibatches.
  func feed(exampleCount: Int, budget: UpdateBudget, seed: UInt64) -> MinibatchFeed {
    MinibatchFeed(
      decomposition: decomposition, budget: budget, batch: batch, sampling: sampling,
      minibatches: minibatches, seed: seed, exampleCount: exampleCount, worker: 0)
  }

  /// Refuses what doesn't go together, before anything is allocated.
  ///
  /// - Throws: ``ConfigurationError`` or ``DataError`` with a sentence that says what to do.
  func check<Model: Objective>(_ model: Model) throws {
    try EngineChoice.virtual.check(workers: workers)
    if decomposition == .blocks, model.parameterCount < workers {
      throw ConfigurationError.invalid(
        option: "--workers", value: "\(workers)",
        reason: "with --decomposition blocks every worker owns at least one parameter, and this "
          + "model has \(model.parameterCount); take at most "
          + "\(NumberText.counted(model.parameterCount, "worker")) or --decomposition samples")
    }
    if let given = initialParameters, given.count != model.parameterCount {
      throw DataError.unsuitable(
        reason: "--init: the file holds \(NumberText.counted(given.count, "parameter")), this "
          + "model has \(NumberText.grouped(model.parameterCount))")
    }
    if let minibatches, model.trainingCount > 0 { try check(minibatches) }
  }

  /// The most workers that send each other messages: a round has as many messages as its square.
  static var largestMessageWorkerCount: Int { 4096 }

  /// Refuses what doesn't go together with delays.
  ///
  /// - Throws: as ``check(_:)``.
  func check<Model: Objective>(
    _ model: Model, delay: DelaySpecification, scope: DelayScope
  ) throws {
    if scope == .message, decomposition == .blocks {
      throw ConfigurationError.conflict(
        reason: "--delay-per message goes with --decomposition samples: a message is an update of "
          + "the whole vector on its way to a worker's cache")
    }
    if case .exchange = delay, decomposition == .samples {
      throw ConfigurationError.conflict(
        reason: "--delay \(delay.specification) goes with --decomposition blocks: it is foreign "
          + "shards that are exchanged")
    }
    if scope == .message, workers > Self.largestMessageWorkerCount {
      throw ConfigurationError.invalid(
        option: "--workers", value: "\(workers)",
        reason: "with --delay-per message every update is sent to every worker; take at most "
          + "\(Self.largestMessageWorkerCount) workers")
    }
    // No policy is looked at: the workers take turns.
    var turns = self
    turns.policy = Hogwild()
    try turns.check(model)
  }

  /// Refuses what doesn't go together with reading and applying that take time.
  func checkPhases(_ service: ServiceSpecification, parameters: Int) throws(ConfigurationError) {
    guard takesPhases else { return }
    let option = readTime == nil ? "--apply-time" : "--read-time"
    if case .adversarial = service {
      throw .conflict(
        reason: "\(option) is a time, and an adversary doesn't keep to times; leave one out")
    }
    if case .calibrated = service, readTime == nil || applyTime == nil {
      throw .conflict(
        reason: "--service calibrated:FILE is the whole iteration, or the computation alone where "
          + "--read-time and --apply-time say the rest; give both or neither")
    }
    let shards = min(workers, parameters)
    guard budget.isJoint || workers * shards <= ShardViews<Double>.largestTable else {
      throw .conflict(
        reason: "with \(option) each of \(NumberText.counted(workers, "view")) holds versions of "
          + "\(NumberText.counted(shards, "shard")), more "
          + "than \(ShardViews<Double>.largestTable) together; take fewer workers")
    }
  }

  private func check(_ file: MinibatchFile) throws {
    let budget = budget
    var needed = updates
    if budget.isJoint {
      for line in 0..<min(needed, file.count) {
        let count = file.offsets[line + 1] - file.offsets[line]
        guard count % workers == 0 else {
          throw DataError.unsuitable(
            reason: "--batches \(file.path), line \(line + 1): "
              + "\(NumberText.counted(count, "example")) cannot be shared "
              + "evenly by \(NumberText.counted(workers, "worker"))")
        }
      }
    } else if decomposition == .blocks {
      needed = budget.iterations(of: WorkerID(0), within: updates)
    }
    guard file.count >= needed else {
      throw DataError.unsuitable(
        reason: "--batches \(file.path): \(NumberText.counted(file.count, "line is", "lines are")) "
          + "too few, the run needs \(needed); make fewer updates or add lines")
    }
  }
}
