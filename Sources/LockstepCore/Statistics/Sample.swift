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
    var stream = RandomStream(seed: seed, purpose: .bootstrap)
    var medians: [Double] = []
    medians.reserveCapacity(resamples)
    for _ in 0..<resamples {
      let resample = values.indices.map { _ in values[stream.integer(below: values.count)] }
      medians.append(Self.median(resample.sorted()))
    }
    medians.sort()
    let tail = Double(resamples) * 0.025
    return (medians[Int(tail)], medians[resamples - 1 - Int(tail)])
  }

  private static func median(_ sorted: [Double]) -> Double {
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
