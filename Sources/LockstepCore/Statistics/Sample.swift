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

  /// The median with its interval: order statistics, or the range of fewer than six.
  public var medianEstimate: Estimate { Intervals.median(values) }

  /// The mean with Student's interval.
  public var meanEstimate: Estimate { Intervals.mean(values) }

  /// The arithmetic mean.
  public var mean: Double { Self.mean(values) }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// The median of ascending numbers.
  static func median(_ sorted: [Double]) -> Double {
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
