/// Who may start an iteration, and who may apply one, when.
///
/// A policy is a pure value. It looks at nothing but the clocks, and it answers with *rules*: for
/// each worker, what its own next step has to wait for. The threads and the virtual-time engine
/// carry out the same rules, and a test walks through every reachable state of up to four workers.
///
/// A new policy is one file with one type, its line in ``PolicySpecification/allPolicies``, and
/// its tests.
public protocol SynchronizationPolicy: Sendable {
  /// The name on the command line, before any `:`.
  static var name: String { get }

  /// A policy from what follows the name on the command line.
  ///
  /// - Parameter argument: the text after `NAME:`, or `nil` where there is none.
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)``.
  init(argument: String?) throws(ConfigurationError)

  /// The spelling on the command line, which ``init(argument:)`` reads back.
  var specification: String { get }

  /// What `worker` has to wait for, in a run of `workers` workers.
  func rules(for worker: WorkerID, of workers: Int) -> WorkerRules
}

extension SynchronizationPolicy {
  /// What each worker has to wait for, by its number.
  public func rules(of workers: Int) -> [WorkerRules] {
    (0..<workers).map { rules(for: WorkerID($0), of: workers) }
  }
}

/// What one worker has to wait for, and how it may touch the shared parameters.
public struct WorkerRules: Equatable, Sendable {
  /// Must hold before the worker reads its view.
  public var start: ClockCondition
  /// Must hold before the worker applies its update.
  public var apply: ClockCondition
  /// How reads and applies touch the shared parameters.
  public var access: SharedAccess
  /// Whether the rules bound how far apart the workers' clocks can drift.
  ///
  /// Where they do, all workers make the same number of iterations; where they don't, a faster
  /// worker makes more.
  public var keepsPace: Bool
  /// Whether the updates of one clock are one joint step.
  ///
  /// With the `samples` decomposition the workers' gradients are then averaged.
  public var joinsSteps: Bool

  /// Whether the rules leave no choice of the order in which updates are made, so that a run has the same
  /// bits each time: all at once, or one worker after the other.
  public var isDeterministic: Bool {
    if joinsSteps { return true }
    if case .worker = start.subject { return access == .racing }
    return false
  }

  /// Creates rules.
  public init(
    start: ClockCondition = .always, apply: ClockCondition = .always,
    access: SharedAccess = .racing, keepsPace: Bool, joinsSteps: Bool = false
  ) {
    self.start = start
    self.apply = apply
    self.access = access
    self.keepsPace = keepsPace
    self.joinsSteps = joinsSteps
  }
}

/// How reads and applies touch the shared parameters.
public enum SharedAccess: Sendable {
  /// Without a lock. What keeps reads and applies apart, if anything, are the clock conditions.
  case racing
  /// Each read and each apply is atomic, under one lock.
  case exclusive
}
