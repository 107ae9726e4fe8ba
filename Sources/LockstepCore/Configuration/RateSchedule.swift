/// How the learning rate changes along a run.
public enum RateSchedule: String, CaseIterable, Sendable {
  /// It doesn't.
  case constant
  /// It falls in a straight line, from the given rate at the start to zero at the end.
  case linear

  /// The share of the learning rate that an update of the run takes.
  ///
  /// - Parameters:
  ///   - number: the update's number in the run, from 0.
  ///   - total: the number of updates of the run.
  /// - Returns: 1 for a constant rate; otherwise from 1 down towards 0, which a run that makes the
  ///   updates it was asked for doesn't reach.
  @inlinable
  @inline(__always)
  public func factor(at number: Int, of total: Int) -> Double {
    switch self {
    case .constant: 1
    case .linear: max(0, 1 - Double(number) / Double(max(1, total)))
    }
  }
}
