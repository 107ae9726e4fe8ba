/// Stale synchronous parallel: nobody runs more than a bound ahead of the slowest.
///
/// Worker `p` may start an iteration iff `completed_p − min completed ≤ S`. A read at clock `c`
/// then sees every update of clocks up to `c − S − 1` from everybody, and clocks never differ by
/// more than `S + 1`.
///
/// **Reference:** Ho et al., *More Effective Distributed ML via a Stale Synchronous Parallel
/// Parameter Server*, NIPS 2013.
public struct BoundedStaleness: SynchronizationPolicy, Equatable {
  /// The name on the command line.
  public static let name = "bounded"

  /// How many iterations a worker may have completed beyond the slowest and still start another.
  public let bound: Int

  /// The largest bound: 2³¹ − 1, so that a clock plus a bound cannot overflow.
  public static let largestBound = Int(Int32.max)

  /// Creates the policy.
  ///
  /// - Parameter bound: `S`, in `0 ... largestBound`.
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)`` outside that range.
  public init(bound: Int) throws(ConfigurationError) {
    guard (0...Self.largestBound).contains(bound) else {
      throw .invalid(
        option: "--policy", value: "bounded:\(bound)",
        reason: "the bound S is " + NumberText.wholeNumber(in: 0...Self.largestBound))
    }
    self.bound = bound
  }

  /// Creates the policy from what follows its name.
  public init(argument: String?) throws(ConfigurationError) {
    guard let argument, let bound = Int(argument) else {
      throw .invalid(
        option: "--policy", value: argument.map { "bounded:\($0)" } ?? "bounded",
        reason: "write bounded:S with " + NumberText.wholeNumber(in: 0...Self.largestBound)
          + ", for example bounded:4")
    }
    try self.init(bound: bound)
  }

  /// The spelling on the command line.
  public var specification: String { "\(Self.name):\(bound)" }

  /// What `worker` has to wait for.
  public func rules(for worker: WorkerID, of workers: Int) -> WorkerRules {
    WorkerRules(start: ClockCondition(.everyone, .completed, lead: -bound), keepsPace: true)
  }
}
