/// Classic asynchronous SGD: nobody waits for a clock, everybody for the one lock.
///
/// Every read and every apply is atomic under that lock. The baseline that shows what locks cost.
public struct Locked: SynchronizationPolicy, Equatable {
  /// The name on the command line.
  public static let name = "locked"

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
    WorkerRules(access: .exclusive, keepsPace: false)
  }
}
