/// How the learning rate changes along a run.
public enum RateSchedule: String, CaseIterable, Sendable {
  /// It doesn't.
  case constant
  /// It falls in a straight line, from the given rate at the start to zero at the end.
  case linear

  /// The share of the learning rate that an iteration takes.
  ///
  /// - Parameters:
  ///   - clock: the iteration's number, from 0.
  ///   - total: the number of iterations that a worker is expected to make.
  /// - Returns: 1 for a constant rate; otherwise from 1 down to no less than 0, also for a worker
  ///   that makes more iterations than expected.
  @inlinable
  @inline(__always)
  public func factor(at clock: Int, of total: Int) -> Double {
    switch self {
    case .constant: 1
    case .linear: max(0, 1 - Double(clock) / Double(max(1, total)))
    }
  }
}
