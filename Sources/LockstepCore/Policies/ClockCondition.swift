/// A condition on the clocks: *the subject's counter is at least my own clock plus a lead*.
///
/// Clocks only grow, so a condition that holds for a worker's current clock goes on holding; a
/// waiting worker can look at one blocking peer at a time and never miss a wake-up.
public struct ClockCondition: BitwiseCopyable, Equatable, Sendable {
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
  public enum Counter: BitwiseCopyable, Sendable {
    /// The number of iterations whose gradient is finished, applied or not.
    case computed
    /// The number of iterations that are applied: the worker's clock.
    case completed
  }

  // Small, because the event loop of virtual time holds two for each of a million workers.
  @usableFromInline let who: Int32
  @usableFromInline static var nobody: Int32 { -2 }
  @usableFromInline static var everyone: Int32 { -1 }

  /// Whose clocks are looked at.
  @inlinable
  public var subject: Subject {
    switch who {
    case Self.nobody: .nobody
    case Self.everyone: .everyone
    default: .worker(WorkerID(Int(who)))
    }
  }

  /// Which counter.
  public var counter: Counter
  /// How far ahead of the asking worker's clock the counter must be; negative allows staleness.
  public var lead: Int

  /// Creates a condition.
  public init(_ subject: Subject, _ counter: Counter = .completed, lead: Int = 0) {
    switch subject {
    case .nobody: who = Self.nobody
    case .everyone: who = Self.everyone
    case .worker(let worker): who = Int32(worker.index)
    }
    self.counter = counter
    self.lead = lead
  }

  /// The condition that always holds.
  public static let always = ClockCondition(.nobody)

  /// The value the subject's counter must reach for a worker at `clock`.
  @inlinable
  @inline(__always)
  public func target(at clock: Int) -> Int { clock &+ lead }

  /// The subject's counter: of everyone, the smallest; `Int.max` for nobody.
  ///
  /// - Parameters:
  ///   - workers: the number of workers.
  ///   - counter: reads a worker's counter; called once for each worker of the subject.
  /// - Complexity: O(P) for `everyone`, O(1) otherwise.
  @inlinable
  @inline(__always)
  public func subjectCounter(of workers: Int, _ counter: (Int) -> Int) -> Int {
    switch subject {
    case .nobody: return Int.max
    case .worker(let worker): return counter(worker.index)
    case .everyone:
      var least = Int.max
      for worker in 0..<workers { least = min(least, counter(worker)) }
      return least
    }
  }

  /// Whether the condition holds for a worker at `clock`.
  ///
  /// - Complexity: O(P) for `everyone`, O(1) otherwise.
  public func holds(at clock: Int, computed: [Int], completed: [Int]) -> Bool {
    let clocks = counter == .computed ? computed : completed
    return Admission.holds(
      subjectCounter(of: clocks.count) { clocks[$0] }, target: target(at: clock))
  }

  /// How many iterations the condition lets a worker make from `clock` on before it must look again.
  ///
  /// - Complexity: O(P) for `everyone`, O(1) otherwise.
  public func allowance(at clock: Int, computed: [Int], completed: [Int]) -> Int {
    let clocks = counter == .computed ? computed : completed
    return allowance(at: clock, of: clocks.count) { clocks[$0] }
  }

  /// How many iterations the condition lets a worker make from `clock` on before it must look again.
  ///
  /// - Parameters:
  ///   - clock: the worker's clock.
  ///   - workers: the number of workers.
  ///   - counter: reads a worker's counter.
  @inlinable
  @inline(__always)
  public func allowance(at clock: Int, of workers: Int, _ counter: (Int) -> Int) -> Int {
    // Nobody's counter has no target.
    if subject == .nobody { return Int.max }
    return Admission.allowance(
      subjectCounter(of: workers, counter), target: target(at: clock))
  }
}
