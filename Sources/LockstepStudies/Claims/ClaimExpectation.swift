/// What a claim expects of its number.
public enum ClaimExpectation: Equatable, Sendable {
  /// More than a bound.
  case above(Double)
  /// Less than a bound.
  case below(Double)
  /// From a lower to an upper bound.
  case between(Double, Double)
  /// Exactly a number.
  case equal(Double)

  /// The expectation in words.
  public var text: String {
    switch self {
    case .above(let bound): "> \(Self.text(bound))"
    case .below(let bound): "< \(Self.text(bound))"
    case .between(let low, let high): "\(Self.text(low)) to \(Self.text(high))"
    case .equal(let value): "= \(Self.text(value))"
    }
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }

  /// Judges an interval: reproduced where all of it is as expected, not reproduced where none of it is.
  func verdict(low: Double, high: Double) -> ClaimVerdict {
    switch self {
    case .above(let bound):
      low > bound ? .reproduced : high <= bound ? .notReproduced : .inconclusive
    case .below(let bound):
      high < bound ? .reproduced : low >= bound ? .notReproduced : .inconclusive
    case .between(let first, let last):
      low >= first && high <= last
        ? .reproduced : high < first || low > last ? .notReproduced : .inconclusive
    case .equal(let value):
      low == value && high == value
        ? .reproduced : low > value || high < value ? .notReproduced : .inconclusive
    }
  }
}
