import LockstepCore
import LockstepParameters

/// A gradient rule with its constants as scalars, ready for the hot loop.
///
/// **Concurrency:** a value; the parameters and the state it is applied to may be written by other
/// workers at the same time, as ``SharedScalar`` describes.
public struct Optimizer<Scalar: SharedScalar>: Sendable {
  /// The rule.
  public let specification: OptimizerSpecification
  /// The learning rate `η` at the start.
  public let rate: Scalar

  @usableFromInline let schedule: RateSchedule
  @usableFromInline let updates: Int
  private let momentum: Scalar

  /// Adam's decay rates `β₁` and `β₂`.
  public static var adamDecays: (Double, Double) { (0.9, 0.999) }

  /// Creates the rule.
  ///
  /// - Parameters:
  ///   - specification: the rule.
  ///   - rate: the learning rate `η` at the start.
  ///   - schedule: how it changes.
  ///   - updates: the number of updates of the run.
  public init(
    _ specification: OptimizerSpecification, rate: Double, schedule: RateSchedule = .constant,
    updates: Int = 1
  ) {
    self.specification = specification
    self.rate = Scalar(rate)
    self.schedule = schedule
    self.updates = updates
    switch specification {
    case .momentum(let value), .nesterov(let value): momentum = Scalar(value)
    default: momentum = 0
    }
  }

  /// Whether the learning rate depends on the number of the update.
  @inlinable
  public var hasSchedule: Bool { schedule != .constant }

  /// The learning rate of an update, by its number in the run, from 0.
  @inlinable
  @inline(__always)
  public func rate(at number: Int) -> Scalar {
    schedule == .constant ? rate : rate * Scalar(schedule.factor(at: number, of: updates))
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
    let rate = rate(at: number)
    let w = parameters + offset
    guard let first = state.first else {
      Scalar.racyGradientDescent(w, gradient: gradient, rate: rate, count: count)
      return
    }
    switch specification {
    case .sgd: break
    case .momentum:
      Scalar.racyMomentum(
        w, velocity: first + offset, gradient: gradient, rate: rate, momentum: momentum,
        count: count)
    case .nesterov:
      Scalar.racyNesterov(
        w, velocity: first + offset, gradient: gradient, rate: rate, momentum: momentum,
        count: count)
    case .adagrad:
      Scalar.racyAdagrad(
        w, squares: first + offset, gradient: gradient, rate: rate, epsilon: 1e-10, count: count)
    case .rmsprop:
      Scalar.racyRMSProp(
        w, squares: first + offset, gradient: gradient, rate: rate, decay: Decay(0.99),
        epsilon: Scalar(1e-8), count: count)
    case .adam:
      guard let second = state.second else { break }
      let (beta1, beta2) = Self.adamDecays
      Scalar.racyAdam(
        w, means: first + offset, squares: second + offset, gradient: gradient, rate: rate,
        decays: (Decay(beta1), Decay(beta2)), epsilon: Scalar(1e-8),
        corrections: (
          Scalar(1 - Self.power(beta1, step)), Scalar(1 - Self.power(beta2, step))
        ), count: count)
    }
  }

  /// `base` to a whole power, by squaring: the same bits everywhere.
  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var factor = base
    var left = exponent
    while left > 0 {
      if left & 1 == 1 { result *= factor }
      factor *= factor
      left >>= 1
    }
    return result
  }
}

/// The shared state vectors an optimiser needs: none, one or two.
public struct OptimizerState<Scalar: SharedScalar>: @unchecked Sendable {
  // Invariant behind @unchecked: the memory is touched through the racing kernels only.
  /// The velocity, the sum of squares or the first moment.
  public var first: UnsafeMutablePointer<Scalar>?
  /// The second moment.
  public var second: UnsafeMutablePointer<Scalar>?

  /// Names the state vectors.
  public init(first: UnsafeMutablePointer<Scalar>?, second: UnsafeMutablePointer<Scalar>?) {
    self.first = first
    self.second = second
  }

  /// The state that belongs to shared parameters.
  public init(of parameters: SharedParameters<Scalar>) {
    first = parameters.state.first
    second = parameters.state.count > 1 ? parameters.state[1] : nil
  }
}
