/// Who may go on, how far, and which publications may let somebody go on.
///
/// The threads' clocks, the simulator's clocks, the conditions themselves and the explorer in the tests
/// all ask these functions. They know two numbers only: the *counter* of a condition's subject (of
/// everyone: the smallest counter) and the *target* that it has to reach.
public enum Admission {
  /// Whether a counter has reached a target.
  @inlinable
  @inline(__always)
  public static func holds(_ counter: Int, target: Int) -> Bool { counter >= target }

  /// How many iterations a worker may make before it must look at the counter again.
  ///
  /// The target moves with the worker's clock, one iteration at a time.
  ///
  /// - Parameters:
  ///   - counter: the counter as it stands.
  ///   - target: the target at the worker's clock.
  /// - Returns: at least 1 where the condition holds at the worker's clock; 0 otherwise.
  @inlinable
  @inline(__always)
  public static func allowance(_ counter: Int, target: Int) -> Int {
    holds(counter, target: target) ? counter &- target &+ 1 : 0
  }

  /// Whether another worker's counter keeps a publication from making any condition on everyone true.
  ///
  /// A publication that moves a counter from `old` makes the condition with target T true if
  /// `old < T` and every counter has reached T, wherever T lies between the old and the new value. A
  /// counter that has not passed `old` rules out all of them.
  @inlinable
  @inline(__always)
  public static func isHeldBack(from old: Int, by other: Int) -> Bool { other <= old }

  /// Whether every condition of a policy that can make a worker wait is one on everyone's counters.
  ///
  /// - Parameter rules: the rules of all workers.
  public static func waitsAreForEveryone(_ rules: [WorkerRules]) -> Bool {
    rules.allSatisfy {
      [$0.start.subject, $0.apply.subject].allSatisfy { $0 == .everyone || $0 == .nobody }
    }
  }
}
