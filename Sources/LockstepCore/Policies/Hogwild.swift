/// No waiting and no lock: reads and writes race by design, one element at a time.
///
/// **Reference:** Niu, Recht, Ré, Wright, *HOGWILD!: A Lock-Free Approach to Parallelizing
/// Stochastic Gradient Descent*, NIPS 2011.
public struct Hogwild: SynchronizationPolicy, Equatable {
  /// The name on the command line.
  public static let name = "hogwild"

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
    WorkerRules(keepsPace: false)
  }
}
