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

  private init(_ estimate: Estimate, _ samples: [Double]) {
    (median, low, high) = (estimate.value, estimate.low, estimate.high)
    interval = estimate.kind.name
    self.samples = samples
  }

  /// Sums up measurements.
  ///
  /// - Parameter samples: by repetition; `nil` if there is none.
  public init?(_ samples: [Double]) {
    let samples = samples.filter(\.isFinite)
    guard !samples.isEmpty else { return nil }
    self.init(Intervals.median(samples), samples)
  }

  /// How many times larger one figure is than another.
  ///
  /// The estimate is the ratio of the medians; the interval is that of the ratios within each
  /// repetition, where both ran on the machine as it then was, widened to hold the estimate.
  ///
  /// - Parameter pairs: the two figures, by repetition.
  /// - Returns: `nil` if there is no pair, or the second figure is 0 in one.
  public init?(ratioOf pairs: [(Double, Double)]) {
    let ratios = pairs.map { $0.0 / $0.1 }
    guard !ratios.isEmpty, ratios.allSatisfy(\.isFinite) else { return nil }
    let ratio = Sample(pairs.map(\.0)).median / Sample(pairs.map(\.1)).median
    self.init(Intervals.median(ratios).holding(ratio), ratios)
  }

  /// The larger distance from the median to an end of the interval, as a share of the median.
  public var relativeUncertainty: Double? {
    guard let median, let low, let high, median > 0 else { return nil }
    return max(high - median, median - low) / median
  }
}
