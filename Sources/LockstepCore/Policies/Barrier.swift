/// Everybody computes at `w_t`, then everybody applies: plain (minibatch) gradient descent.
///
/// A worker may start iteration `c` iff all have completed `c`, and apply it iff all have computed
/// it. Every view is exactly `w_t`.
public struct Barrier: SynchronizationPolicy, Equatable {
  /// The name on the command line.
  public static let name = "barrier"

  /// Creates the policy.
  public init() {}

  /// Creates the policy from what follows its name.
  public init(argument: String?) throws(ConfigurationError) {
    try PolicySpecification.expectNoArgument(argument, policy: Self.name)
  }

  /// The spelling on the command line.
  public var specification: String { Self.name }

  /// What `worker` has to wait for.
  public func rules(for worker: WorkerID, of workers: Int) -> WorkerRules {
    WorkerRules(
      start: ClockCondition(.everyone, .completed),
      apply: ClockCondition(.everyone, .computed, lead: 1),
      keepsPace: true, joinsSteps: true)
  }
}
