import LockstepCore
import LockstepParameters

/// A gradient rule with the rate of every update, ready for the hot loop.
///
/// Whoever keeps one keeps the schedule of the rate, too, as ``RateFactors`` asks.
///
/// **Concurrency:** a value; the parameters and the state it is applied to may be written by other
/// workers at the same time, as ``SharedScalar`` describes.
public struct Optimizer<Scalar: SharedScalar>: Sendable {
  /// The rule.
  public let specification: OptimizerSpecification
  /// The learning rate `η` at the start.
  public let rate: Scalar
  /// Whether the update is `θ ← θ − η·g`.
  public let isPlainDescent: Bool

  @usableFromInline let factors: RateFactors

  /// Creates the rule.
  ///
  /// - Parameters:
  ///   - specification: the rule.
  ///   - rate: the learning rate `η` at the start.
  ///   - schedule: how it changes; where it has a file, that has been read.
  ///   - updates: the number of updates of the run.
  public init(
    _ specification: OptimizerSpecification, rate: Double, schedule: RateSchedule = .constant,
    updates: Int = 1
  ) {
    self.specification = specification
    self.rate = Scalar(rate)
    isPlainDescent = specification == .sgd
    factors = RateFactors(schedule, updates: updates)
  }

  /// Whether the learning rate depends on the number of the update.
  @inlinable
  public var hasSchedule: Bool { !factors.isConstant }

  /// The learning rate of an update, by its number in the run, from 0.
  @inlinable
  @inline(__always)
  public func rate(at number: Int) -> Scalar {
    factors.isConstant ? rate : rate * Scalar(factors.factor(at: number))
  }

  /// Applies one update to a run of parameters.
  ///
  /// - Parameters:
  ///   - gradient: `[count]`, private.
  ///   - parameters: the shared parameter vector's storage.
  ///   - state: the shared state vectors' storage, as many as the rule needs.
  ///   - offset: where the run starts in the storage.
  ///   - count: its length.
  ///   - step: the number of this update of these parameters, from 1 (Adam's bias correction).
  ///   - number: that of the run's update, from 0, for the schedule of the rate.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func apply(
    _ gradient: UnsafePointer<Scalar>, to parameters: UnsafeMutablePointer<Scalar>,
    state: OptimizerState<Scalar>, offset: Int, count: Int, step: Int,
    number: Int
  ) {
    Scalar.racyApply(
      specification.rule, argument: specification.argument, to: parameters + offset,
      state: state.advanced(by: offset), gradient: gradient, rate: rate(at: number), step: step,
      count: count)
  }

  /// Makes an update's difference `Δ` of a run of parameters, which stay as they are.
  ///
  /// A rule that doesn't read the parameters is applied to zeros, which leaves `Δ` without the rounding
  /// of `θ + Δ`. Any other is applied to a copy of them.
  ///
  /// - Parameters:
  ///   - gradient: `[count]`.
  ///   - parameters: `[count]`, private.
  ///   - state: as many vectors as the rule needs, `[count]` each; they take the update.
  ///   - count: the number of parameters.
  ///   - step: the number of this update of these parameters, from 1.
  ///   - number: that of the run's update, from 0.
  ///   - difference: `[count]`, overwritten.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func makeDifference(
    _ gradient: UnsafePointer<Scalar>, at parameters: UnsafePointer<Scalar>,
    state: OptimizerState<Scalar>, count: Int, step: Int, number: Int,
    into difference: UnsafeMutablePointer<Scalar>
  ) {
    let readsParameters = specification.rule.readsParameters
    if readsParameters {
      difference.update(from: parameters, count: count)
    } else {
      difference.update(repeating: 0, count: count)
    }
    apply(
      gradient, to: difference, state: state, offset: 0, count: count, step: step, number: number)
    if readsParameters {
      for index in 0..<count { difference[index] -= parameters[index] }
    }
  }
}
