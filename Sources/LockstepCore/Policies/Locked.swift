/// Classic asynchronous SGD: no waiting for anybody's clock, but every read and every apply is
/// atomic under one lock. The baseline that shows what locks cost.
public struct Locked: SynchronizationPolicy, Equatable {
  public static let name = "locked"

  /// Creates the policy.
  public init() {}

  public init(argument: String?) throws(ConfigurationError) {
    try PolicySpecification.expectNoArgument(argument, policy: Self.name)
  }

  public var specification: String { Self.name }

  public func rules(for worker: WorkerID, of workers: Int) -> WorkerRules {
    WorkerRules(access: .exclusive, keepsPace: false)
  }
}
