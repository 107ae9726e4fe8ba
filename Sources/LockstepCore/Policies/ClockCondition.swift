/// A condition on the clocks: *the subject's counter is at least my own clock plus a lead*.
///
/// Clocks only grow, so a condition that holds for a worker's current clock goes on holding; a
/// waiting worker can look at one blocking peer at a time and never miss a wake-up.
public struct ClockCondition: Equatable, Sendable {
  /// Whose clocks are looked at.
  public enum Subject: Equatable, Sendable {
    /// Nobody's: the condition always holds.
    case nobody
    /// Every worker's, the asking one's included.
    case everyone
    /// One worker's.
    case worker(WorkerID)
  }

  /// Which of a worker's two counters is looked at.
  public enum Counter: Sendable {
    /// The number of iterations whose gradient is finished, applied or not.
    case computed
    /// The number of iterations that are applied: the worker's clock.
    case completed
  }

  /// Whose clocks are looked at.
  public var subject: Subject
  /// Which counter.
  public var counter: Counter
  /// How far ahead of the asking worker's clock the counter must be; negative allows staleness.
  public var lead: Int

  /// Creates a condition.
  public init(_ subject: Subject, _ counter: Counter = .completed, lead: Int = 0) {
    self.subject = subject
    self.counter = counter
    self.lead = lead
  }

  /// The condition that always holds.
  public static let always = ClockCondition(.nobody)

  /// The value the subject's counter must reach for a worker at `clock`.
  @inlinable
  public func target(at clock: Int) -> Int { clock + lead }

  /// Whether the condition holds for a worker at `clock`.
  ///
  /// - Complexity: O(P) for `everyone`, O(1) otherwise.
  public func holds(at clock: Int, computed: [Int], completed: [Int]) -> Bool {
    let clocks = counter == .computed ? computed : completed
    switch subject {
    case .nobody: return true
    case .everyone: return clocks.allSatisfy { $0 >= target(at: clock) }
    case .worker(let worker): return clocks[worker.index] >= target(at: clock)
    }
  }
}
