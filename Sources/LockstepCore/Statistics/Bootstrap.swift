/// Resampling with replacement of whatever is exchangeable: runs, pairs, seeds.
public enum Bootstrap {
  /// How often statistics are resampled unless somebody says otherwise.
  public static let resamples = 2000

  /// The 95 % interval of a statistic, by percentiles.
  ///
  /// - Parameters:
  ///   - count: the number of units that are resampled; at least 1.
  ///   - resamples: the number of resamples; at least 40.
  ///   - seed: the seed of the resampling.
  ///   - statistic: the statistic of the units with the given indices; `nil` where it cannot be had
  ///     from them. Such resamples count at both ends, so they only widen the interval.
  /// - Returns: both ends.
  /// - Complexity: `resamples` times that of the statistic.
  ///
  /// **Determinism:** bit-exact.
  ///
  /// **Reference:** Efron, Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13.
  public static func interval(
    count: Int, resamples: Int = Self.resamples, seed: UInt64 = 0,
    of statistic: ([Int]) -> Double?
  ) -> (low: Double, high: Double) {
    interval(counts: [count], resamples: resamples, seed: seed) { statistic($0[0]) }
  }

  /// The same for a statistic of several samples, each resampled by itself.
  ///
  /// - Parameters:
  ///   - counts: the number of units of each sample; each at least 1.
  ///   - resamples: the number of resamples; at least 40.
  ///   - seed: the seed of the resampling.
  ///   - statistic: the statistic of the units with the given indices, by sample.
  ///
  /// **Determinism:** bit-exact.
  public static func interval(
    counts: [Int], resamples: Int = Self.resamples, seed: UInt64 = 0,
    of statistic: ([[Int]]) -> Double?
  ) -> (low: Double, high: Double) {
    var stream = RandomStream(seed: seed, purpose: .bootstrap)
    var indices = counts.map { Array(repeating: 0, count: $0) }
    var values: [Double] = []
    values.reserveCapacity(resamples)
    for _ in 0..<resamples {
      for sample in indices.indices {
        for unit in indices[sample].indices {
          indices[sample][unit] = stream.integer(below: counts[sample])
        }
      }
      if let value = statistic(indices), !value.isNaN { values.append(value) }
    }
    values.sort()
    let tail = Int(Double(resamples) * 0.025)
    let missing = resamples - values.count
    guard missing <= tail else { return (-.infinity, .infinity) }
    return (values[tail - missing], values[resamples - 1 - tail])
  }
}
