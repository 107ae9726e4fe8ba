import LockstepCore
import LockstepTelemetry

/// A figure measured several times: its median, how sure that is, and every measurement.
public struct BenchEstimate: Codable, Equatable, Sendable {
  /// The median.
  @ExplicitNull public var median: Double?
  /// The lower end of the median's interval.
  @ExplicitNull public var low: Double?
  /// The upper end.
  @ExplicitNull public var high: Double?
  /// What the interval is worth: `range` from the smallest to the largest of fewer than six measurements,
  /// a share such as `96.8 %` for more, or `none` for one.
  public var interval: String?
  /// The measurements, by repetition.
  public var samples: [Double]

  /// Sums up measurements.
  ///
  /// - Parameter samples: by repetition; `nil` if there is none.
  public init?(_ samples: [Double]) {
    let samples = samples.filter(\.isFinite)
    guard !samples.isEmpty else { return nil }
    let estimate = Intervals.median(samples)
    median = estimate.value
    low = estimate.low
    high = estimate.high
    interval = estimate.kind.name
    self.samples = samples
  }

  /// How many times larger one figure is than another.
  ///
  /// The estimate is the ratio of the medians; the interval is that of the ratios within each
  /// repetition, where both ran on the machine as it then was, widened to hold the estimate.
  ///
  /// - Parameters:
  ///   - numerators: one figure, by repetition.
  ///   - denominators: the other, by the same repetitions.
  /// - Returns: `nil` if there is no pair, or a denominator is 0.
  public init?(ratioOf numerators: [Double], to denominators: [Double]) {
    let ratios = zip(numerators, denominators).map { $0 / $1 }
    guard !ratios.isEmpty, ratios.allSatisfy(\.isFinite) else { return nil }
    let count = ratios.count
    let ratio =
      Sample(Array(numerators.prefix(count))).median
      / Sample(Array(denominators.prefix(count))).median
    let estimate = Intervals.median(ratios)
    median = ratio
    low = min(ratio, estimate.low)
    high = max(ratio, estimate.high)
    interval = estimate.kind.name
    samples = ratios
  }

  /// The larger distance from the median to an end of the interval, as a share of the median.
  public var relativeUncertainty: Double? {
    guard let median, let low, let high, median > 0 else { return nil }
    return max(high - median, median - low) / median
  }
}

/// A value that is written as `null`, never left out, where it cannot be had.
@propertyWrapper
public struct NullIfMissing<Value: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
  /// The value, if there is one.
  public var wrappedValue: Value?

  /// Wraps a value.
  public init(wrappedValue: Value?) {
    self.wrappedValue = wrappedValue
  }

  /// Reads the value, or `null`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  /// Writes the value, or `null`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue {
      try container.encode(wrappedValue)
    } else {
      try container.encodeNil()
    }
  }
}
