import Foundation

/// A number with a 95 % interval.
public struct IntervalEstimate: Equatable, Sendable {
  /// The number.
  public let value: Double
  /// The lower end of the interval.
  public let low: Double
  /// The upper end of the interval.
  public let high: Double

  /// Creates an estimate.
  public init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }
}

/// Intervals for means along several runs, whose measurements are alike for two reasons: those of
/// one run have the run in common, and neighbours along a run resemble each other.
///
/// A resample draws as many runs as there are, with replacement; within each drawn run it draws
/// contiguous blocks of `⌈n^⅓⌉` of its `n` measurements, around the end to the beginning, until
/// there are `n` again. The interval is between the 2.5 % and the 97.5 % point of the resamples.
///
/// With few runs the interval is a rough one: of runs that differ more from each other than the
/// measurements along one of them, three tell little.
///
/// **Determinism:** bit-exact.
///
/// **Reference:** Davison, Hinkley, *Bootstrap Methods and their Application*, 1997, section 3.8;
/// Politis, Romano, *A Circular Block-Resampling Procedure for Stationary Data*, 1992.
public enum ClusterBootstrap {
  /// The mean of all measurements.
  ///
  /// - Parameters:
  ///   - runs: the measurements of each run, in their order along it; all finite.
  ///   - resamples: the number of resamples.
  ///   - seed: the seed of the resampling.
  /// - Returns: `nil` where there is no measurement.
  public static func mean(
    of runs: [[Double]], resamples: Int = 2000, seed: UInt64 = 0
  ) -> IntervalEstimate? {
    ratio(
      of: runs, to: runs.map { $0.map { _ in 1 } }, resamples: resamples, seed: seed)
  }

  /// The ratio of the mean of some measurements to the mean of others made at the same moments.
  ///
  /// - Parameters:
  ///   - runs: the measurements of each run, in their order along it; all finite.
  ///   - others: what they are compared with, as many in each run; all finite.
  ///   - resamples: the number of resamples, at least 40.
  ///   - seed: the seed of the resampling.
  /// - Returns: `nil` where there is no measurement, or the second mean is not above 0. The ends of
  ///   the interval are infinite where that of some resample isn't: then nothing bounds the ratio.
  /// - Complexity: O(n + resamples·n^⅔) for `n` measurements.
  public static func ratio(
    of runs: [[Double]], to others: [[Double]], resamples: Int = 2000, seed: UInt64 = 0
  ) -> IntervalEstimate? {
    precondition(
      runs.map(\.count) == others.map(\.count) && resamples >= 40,
      "each measurement is compared with another")
    let series = zip(runs, others).filter { !$0.0.isEmpty }.map { Series($0, $1) }
    var total = (0.0, 0.0)
    for run in series {
      total.0 += run.sum.0
      total.1 += run.sum.1
    }
    guard total.1 > 0 else { return nil }
    var stream = RandomStream(seed: seed, purpose: .bootstrap)
    var ratios: [Double] = []
    ratios.reserveCapacity(resamples)
    for _ in 0..<resamples {
      var sum = (0.0, 0.0)
      for _ in series {
        series[stream.integer(below: series.count)].resample(&stream, into: &sum)
      }
      guard sum.1 > 0 else {
        return IntervalEstimate(
          value: total.0 / total.1, low: -.infinity, high: .infinity)
      }
      ratios.append(sum.0 / sum.1)
    }
    ratios.sort()
    let tail = Int(Double(resamples) * 0.025)
    return IntervalEstimate(
      value: total.0 / total.1, low: ratios[tail], high: ratios[resamples - 1 - tail])
  }

  /// One run's measurements as sums from the first on, twice around.
  private struct Series {
    let count: Int
    let block: Int
    private let first: [Double]
    private let second: [Double]

    init(_ values: [Double], _ others: [Double]) {
      count = values.count
      block = max(1, Int(cbrt(Double(values.count)).rounded(.up)))
      first = Self.sums(values)
      second = Self.sums(others)
    }

    var sum: (Double, Double) { (first[count], second[count]) }

    private static func sums(_ values: [Double]) -> [Double] {
      var sums = [0.0]
      sums.reserveCapacity(2 * values.count + 1)
      var sum = 0.0
      for _ in 0..<2 {
        for value in values {
          sum += value
          sums.append(sum)
        }
      }
      return sums
    }

    /// Adds as many measurements as there are, in blocks.
    func resample(_ stream: inout RandomStream, into sum: inout (Double, Double)) {
      var left = count
      while left > 0 {
        let start = stream.integer(below: count)
        let end = start + min(block, left)
        sum.0 += first[end] - first[start]
        sum.1 += second[end] - second[start]
        left -= end - start
      }
    }
  }
}
