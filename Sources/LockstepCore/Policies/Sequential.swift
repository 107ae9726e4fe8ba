/// One worker at a time, in turn, each on a fresh view: Gauss–Seidel.
///
/// Worker `p` may start its iteration `c` iff worker `p − 1` has completed `c + 1` iterations, and
/// worker 0 iff the last worker has completed `c`. The zero-staleness reference.
public struct Sequential: SynchronizationPolicy, Equatable {
  /// The name on the command line.
  public static let name = "sequential"

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
    let isFirst = worker.index == 0
    let predecessor = WorkerID(isFirst ? workers - 1 : worker.index - 1)
    return WorkerRules(
      start: ClockCondition(.worker(predecessor), lead: isFirst ? 0 : 1), keepsPace: true)
  }
}
