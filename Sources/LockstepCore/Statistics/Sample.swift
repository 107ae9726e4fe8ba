/// A handful of measurements, and what can be said of them.
public struct Sample: Equatable, Sendable {
  /// The measurements, ascending.
  public let values: [Double]

  /// Sorts measurements.
  ///
  /// - Parameter values: at least one, all finite.
  public init(_ values: [Double]) {
    precondition(!values.isEmpty, "a sample holds at least one measurement")
    self.values = values.sorted()
  }

  /// The middle measurement, or the mean of the two in the middle.
  public var median: Double { Self.median(values) }

  /// The 95 % bootstrap interval of the median, by percentiles.
  ///
  /// Few measurements make a rough interval: it never reaches beyond the smallest and the largest.
  ///
  /// - Parameters:
  ///   - resamples: the number of resamples.
  ///   - seed: the seed of the resampling.
  /// - Returns: both ends; they are equal for a single measurement.
  ///
  /// **Determinism:** bit-exact.
  ///
  /// **Reference:** Efron, Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13.
  public func medianInterval(resamples: Int = 2000, seed: UInt64 = 0) -> (Double, Double) {
    interval(resamples: resamples, seed: seed) { Self.median($0.sorted()) }
  }

  /// The median with its bootstrap interval.
  public var medianEstimate: Estimate {
    let (low, high) = medianInterval()
    return Estimate(value: median, low: low, high: high, count: values.count)
  }

  /// The arithmetic mean.
  public var mean: Double { Self.mean(values) }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// The 95 % bootstrap interval of any statistic, by percentiles.
  ///
  /// - Parameters:
  ///   - resamples: the number of resamples.
  ///   - seed: the seed of the resampling.
  ///   - statistic: the statistic of as many measurements as there are, in any order.
  ///
  /// **Determinism:** bit-exact.
  public func interval(
    resamples: Int = Bootstrap.resamples, seed: UInt64 = 0, of statistic: ([Double]) -> Double
  ) -> (Double, Double) {
    let (low, high) = Bootstrap.interval(count: values.count, resamples: resamples, seed: seed) {
      indices in statistic(indices.map { values[$0] })
    }
    return (low, high)
  }

  private static func median(_ sorted: [Double]) -> Double {
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
