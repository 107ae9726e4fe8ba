/// A number with an interval, and with what the interval is worth.
public struct Estimate: Equatable, Sendable {
  /// What an interval is worth.
  public enum Kind: Equatable, Sendable {
    /// There is none: both ends are the number itself.
    case none
    /// From the smallest to the largest measurement: too few for an interval that covers 95 %.
    case range
    /// An interval that covers the truth in this share of all cases, at least 0.95 or about that.
    case confidence(Double)
  }

  /// The number.
  public var value: Double
  /// The lower end; `-infinity` where nothing bounds it.
  public var low: Double
  /// The upper end; `infinity` where nothing bounds it.
  public var high: Double
  /// How many measurements it rests on.
  public var count: Int
  /// What the interval is worth.
  public var kind: Kind
  /// Whether the measurements are so skewed that the interval covers less than it says.
  public var isSkewed = false

  /// Creates an estimate.
  public init(
    value: Double, low: Double, high: Double, count: Int, kind: Kind = .confidence(0.95),
    isSkewed: Bool = false
  ) {
    self.value = value
    self.low = low
    self.high = high
    self.count = count
    self.kind = kind
    self.isSkewed = isSkewed
  }

  /// A number without an interval.
  public static func exact(_ value: Double, count: Int) -> Estimate {
    Estimate(value: value, low: value, high: value, count: count, kind: .none)
  }

  /// What is said beside a skewed sample's interval, everywhere.
  public static let skewedWords = "skewed sample: the interval covers less than 95 %"

  /// The same estimate with another number of measurements.
  public func counting(_ count: Int) -> Estimate {
    var estimate = self
    estimate.count = count
    return estimate
  }

  /// The same estimate with an interval that holds a number.
  public func holding(_ value: Double) -> Estimate {
    var estimate = self
    estimate.value = value
    estimate.low = min(low, value)
    estimate.high = max(high, value)
    return estimate
  }
}

extension Estimate.Kind {
  /// What it is called in tables and files: `none`, `range`, or the share as in `95 %`.
  public var name: String {
    switch self {
    case .none: "none"
    case .range: "range"
    case .confidence(let share): "\(Self.percent(share)) %"
    }
  }

  /// A share in per cent, to a tenth.
  private static func percent(_ share: Double) -> String {
    let tenths = Int((share * 1000).rounded(.down))
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}
