import LockstepCore

/// The warm-up of one configuration: finds out how many updates a measured run takes.
///
/// Where a run lasts a time, the trials grow until one is long enough to judge by; where a run's
/// length is given, one short trial warms the caches and the clock frequency up.
struct BenchCalibration {
  /// The number of updates of the next trial; `nil` if no other is needed.
  private(set) var next: Int?
  /// The number of updates of a measured run.
  private(set) var result: Int

  private let seconds: Double?

  /// The share of a run's time that a trial must last to be judged by.
  private static let shareToJudgeBy = 0.2
  /// The most that a trial grows by.
  private static let largestGrowth = 32.0
  /// The most updates of a run.
  private static let largestCount = 1e12

  /// Begins the warm-up of a configuration.
  ///
  /// - Throws: ``ConfigurationError``, ``DataError`` or ``NumPyError``.
  init(
    _ configuration: RunConfiguration, _ length: BenchPlan.Length, _ model: PreparedModel
  ) throws {
    switch length {
    case .seconds(let seconds):
      self.seconds = seconds
      result = 32 * configuration.workers
      next = result
    case .updates, .epochs:
      seconds = nil
      result = try ResolvedRun(configuration, model).engine.updates
      next = max(1, min(result, max(result / 10, configuration.workers)))
    }
  }

  /// Learns from a trial.
  mutating func note(updates: Int, seconds spent: Double) {
    guard let seconds else {
      next = nil
      return
    }
    let rate = Double(updates) / max(spent, 1e-9)
    result = max(1, Int(min(Self.largestCount, rate * seconds)))
    let isLongEnough = spent >= seconds * Self.shareToJudgeBy || updates >= result
    let grown = Int(min(Self.largestCount, Double(updates) * Self.largestGrowth))
    let aim = max(updates + 1, Int(min(Self.largestCount, rate * seconds * 0.4)))
    next = isLongEnough ? nil : min(grown, aim)
  }
}
