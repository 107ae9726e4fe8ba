/// No waiting and no lock: reads and writes race by design, one element at a time.
///
/// **Reference:** Niu, Recht, Ré, Wright, *HOGWILD!: A Lock-Free Approach to Parallelizing
/// Stochastic Gradient Descent*, NIPS 2011.
public struct Hogwild: SynchronizationPolicy, Equatable {
  public static let name = "hogwild"

  /// Creates the policy.
  public init() {}

  public init(argument: String?) throws(ConfigurationError) {
    try PolicySpecification.expectNoArgument(argument, policy: Self.name)
  }

  public var specification: String { Self.name }

  public func rules(for worker: WorkerID, of workers: Int) -> WorkerRules {
    WorkerRules(keepsPace: false)
  }
}
