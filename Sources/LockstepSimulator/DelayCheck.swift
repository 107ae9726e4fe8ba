import LockstepCore
import LockstepModels

/// What doesn't go together in a delay-driven run.
enum DelayCheck {
  /// The most workers that send each other messages: a round has as many messages as its square.
  static let largestMessageWorkerCount = 4096

  /// Checks a run before anything is allocated.
  ///
  /// - Throws: ``ConfigurationError`` or ``DataError`` with a sentence that says what to do.
  static func check<Model: Objective>(
    _ configuration: EngineConfiguration, model: Model, delay: DelaySpecification,
    scope: DelayScope
  ) throws {
    let workers = configuration.workers
    try configuration.check(model, on: .virtual)
    if scope == .message, configuration.decomposition == .blocks {
      throw ConfigurationError.conflict(
        reason: "--delay-per message goes with --decomposition samples: a message is an update of "
          + "the whole vector on its way to a worker's cache")
    }
    if case .exchange = delay, configuration.decomposition == .samples {
      throw ConfigurationError.conflict(
        reason: "--delay \(delay.specification) goes with --decomposition blocks: it is foreign "
          + "shards that are exchanged")
    }
    if scope == .message, workers > largestMessageWorkerCount {
      throw ConfigurationError.invalid(
        option: "--workers", value: "\(workers)",
        reason: "with --delay-per message every update is sent to every worker; take at most "
          + "\(largestMessageWorkerCount) workers")
    }
  }
}
