import LockstepCore

/// The loss of a linear model, as a function of an example's margin `m = x·w` and target `y`.
///
/// Both functions compute in double precision through ``PortableMath``: the same bits everywhere.
public enum LinearLoss: Sendable, CaseIterable {
  /// `½·(m − y)²`.
  case squared
  /// `log(1 + e^(−y·m))`, `y = ±1`.
  case logistic
  /// `max(0, 1 − y·m)`, `y = ±1`.
  case hinge

  /// The loss.
  @inline(__always)
  func value(margin: Double, target: Double) -> Double {
    switch self {
    case .squared: 0.5 * (margin - target) * (margin - target)
    case .logistic: PortableMath.softplus(-(target * margin))
    // Not max(0, …), which would hide a NaN.
    case .hinge: target * margin >= 1 ? 0 : 1 - target * margin
    }
  }

  /// The derivative of the loss by the margin; for the hinge the subgradient that is 0 at the kink.
  @inline(__always)
  func derivative(margin: Double, target: Double) -> Double {
    switch self {
    case .squared: margin - target
    case .logistic: -target * PortableMath.logistic(-(target * margin))
    case .hinge: target * margin >= 1 ? 0 : -target
    }
  }

  /// The second derivative of the loss by the margin; for the hinge 0, also at the kink.
  @inline(__always)
  func secondDerivative(margin: Double, target: Double) -> Double {
    switch self {
    case .squared: 1
    case .logistic: PortableMath.logistic(margin) * PortableMath.logistic(-margin)
    case .hinge: 0
    }
  }

  /// Whether the targets are the two classes −1 and 1.
  public var isClassifier: Bool { self != .squared }
}
