/// The standard error of the mean of a stationary series whose neighbours resemble each other.
///
/// The variance of the mean is `σ²·τ/n`, with the autocorrelation time `τ = 1 + 2·Σ ρ_k`, summed up to the
/// first lag of five times what has been summed so far.
///
/// A series that is not much longer than `τ` shows too little of it: among such series just those are
/// believed that happen to look uncorrelated. So there is no error for fewer than 200 times `τ`.
///
/// **Reference:** Sokal, *Monte Carlo Methods in Statistical Mechanics: Foundations and New Algorithms*, 1997,
/// section 3; Madras, Sokal, *The Pivot Algorithm*, Journal of Statistical Physics 50, 1988, appendix C.
public struct CorrelatedMean: Equatable, Sendable {
  /// How many times as long as its autocorrelation time a series has to be.
  public static let shortest = 200.0

  /// The standard error of the mean; `nil` where the series is too short for one.
  public let error: Double?
  /// The autocorrelation time, in numbers of the series; `nil` for fewer than two.
  public let time: Double?

  /// Looks at a series.
  ///
  /// - Parameter values: in their order, all finite.
  /// - Complexity: O(n·τ).
  public init(_ values: [Double]) {
    let count = Double(values.count)
    guard values.count > 1 else {
      (error, time) = (nil, nil)
      return
    }
    let mean = values.reduce(0, +) / count
    let distances = values.map { $0 - mean }
    let variance = distances.reduce(0) { $0 + $1 * $1 } / count
    guard variance > 0 else {
      (error, time) = (0, 1)
      return
    }
    var sum = 1.0
    var lag = 1
    while lag < values.count {
      var product = 0.0
      for index in 0..<(values.count - lag) { product += distances[index] * distances[index + lag] }
      sum += 2 * product / count / variance
      if Double(lag) >= 5 * sum { break }
      lag += 1
    }
    // The mean was taken from the series itself, which hides a part of what its values have in common.
    let time = max(sum, 1 / count) * (1 + Double(2 * lag + 1) / count)
    self.time = time
    error = count >= Self.shortest * time ? (variance * time / count).squareRoot() : nil
  }
}
