import LockstepCore
import LockstepModels
import LockstepSimulator
import LockstepTelemetry

/// The growth rates that are known without simulating: those of plain gradient descent on a quadratic, where
/// what a worker sees follows a law with few states.
public struct ExactGrowth: Equatable, Sendable {
  /// The growth of the mean and of the mean square, per update.
  public var moments: MomentGrowth
  /// Whether nothing but additive noise is random, so that single paths grow as their mean square does.
  public var isDetermined: Bool

  /// Finds the rates of a run.
  ///
  /// - Returns: `nil` where they are not known; ``reason(_:)`` says why.
  public init?(_ configuration: RunConfiguration) {
    guard Self.reason(configuration) == nil, let rates = Self.rates(configuration) else {
      return nil
    }
    self = rates
  }

  /// Why the moments of a run are not known exactly; `nil` where they are.
  public static func reason(_ configuration: RunConfiguration) -> String? {
    let virtual = configuration.virtual
    guard case .quadratic(let quadratic) = configuration.model.kind else {
      return "the model is no quadratic"
    }
    guard quadratic.eigenvalues != nil else { return "the quadratic's matrix is from a file" }
    guard configuration.engine == .virtual else { return "the engine is not virtual" }
    guard configuration.optimizer == .sgd else { return "the optimizer is not sgd" }
    guard configuration.clip == nil else { return "long gradients are clipped" }
    guard configuration.resolvedSchedule == .constant else { return "the rate is not constant" }
    guard configuration.decomposition == .samples || isDescentInRounds(configuration) else {
      return "the workers divide the parameters (--decomposition blocks)"
    }
    guard virtual.faults.isEmpty, virtual.readTime == nil, virtual.applyTime == nil else {
      return "workers suffer faults, or reading or applying takes time"
    }
    guard virtual.delayScope != .message else { return "messages are delayed one by one" }
    return rates(configuration) == nil
      ? "the views' law has too many states (known: fresh views, exponential service without waiting, "
        + "delays of up to \(MomentGrowth.longestDelay), geometric delays)" : nil
  }

  /// Whether a run in `blocks` is plain gradient descent: one step for each round of its workers.
  private static func isDescentInRounds(_ configuration: RunConfiguration) -> Bool {
    configuration.workers == 1
      || configuration.policy.specification == Barrier.name && configuration.virtual.delay == nil
  }

  private static func rates(_ configuration: RunConfiguration) -> ExactGrowth? {
    guard case .quadratic(let quadratic) = configuration.model.kind,
      let eigenvalues = quadratic.eigenvalues
    else { return nil }
    let rate = configuration.resolvedLearningRate
    let strengths = eigenvalues.map { rate * ($0 + configuration.model.l2) }
    func known(_ moments: MomentGrowth?, isDetermined: Bool) -> ExactGrowth? {
      moments.map { ExactGrowth(moments: $0, isDetermined: isDetermined) }
    }
    if configuration.decomposition == .blocks {
      // A round of all workers is as many updates.
      let updates = Double(configuration.workers)
      let round = MomentGrowth.fastest(strengths) { .fresh($0) }
      return known(
        round.map { MomentGrowth(mean: $0.mean / updates, meanSquare: $0.meanSquare / updates) },
        isDetermined: true)
    }
    if configuration.workers == 1, configuration.virtual.delay == nil {
      return known(MomentGrowth.fastest(strengths) { .fresh($0) }, isDetermined: true)
    }
    if let delay = configuration.virtual.delay {
      guard let law = try? DelayLaw(delay) else { return nil }
      return known(law.growth(strengths), isDetermined: law.isConstant)
    }
    switch configuration.policy.specification {
    case "barrier", "sequential":
      return known(MomentGrowth.fastest(strengths) { .fresh($0) }, isDetermined: true)
    case "hogwild", "locked":
      guard case .exponential = configuration.virtual.resolvedService else { return nil }
      let workers = configuration.workers
      return known(
        MomentGrowth.fastest(strengths) { .memoryless($0, workers: workers) }, isDetermined: false)
    default: return nil
    }
  }

  private init(moments: MomentGrowth, isDetermined: Bool) {
    self.moments = moments
    self.isDetermined = isDetermined
  }
}

extension EnsembleRecord {
  /// Adds what is known exactly to what was measured.
  mutating func note(_ growth: ExactGrowth?) {
    guard let growth else { return }
    func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
    growthRate = finite(growth.moments.meanSquare)
    growthRateError = growthRate.map { _ in 0 }
    meanGrowthRate = finite(growth.moments.mean)
  }
}
