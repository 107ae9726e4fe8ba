import LockstepCore
import LockstepModels

extension EngineConfiguration {
  /// The most workers that send each other messages: a round has as many messages as its square.
  static var largestMessageWorkerCount: Int { 4096 }

  /// Refuses what doesn't go together with delays.
  ///
  /// - Throws: ``ConfigurationError`` or ``DataError`` with a sentence that says what to do.
  func check(
    _ model: some Objective, delay: DelaySpecification, scope: DelayScope
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
    try check(model, on: .virtual)
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
}
