import Foundation

/// The intervals of everything that is measured several times: the one place that all tables, pages, claims
/// and files take theirs from.
///
/// Means and ratios of means have Student's interval: right where the measurements, or their means over a
/// run, are about normal, with any number of them from 2 on. Medians have order statistics, which need no
/// such assumption but at least six measurements; below that the range is given, and called so.
/// `Documentation/Statistics.md` has the measured coverage.
///
/// Measurements that have a seed in common resemble each other. They are one *cluster*, and clusters are
/// what is counted.
///
/// **Determinism:** bit-exact; nothing is resampled.
public enum Intervals {
  // MARK: Means

  /// The mean of independent measurements, with Student's interval.
  ///
  /// - Parameter values: at least one, all finite.
  public static func mean(_ values: [Double]) -> Estimate {
    mean(ofClusters: values.map { [$0] })
      ?? Estimate(value: .nan, low: -.infinity, high: .infinity, count: 0)
  }

  /// The mean of all measurements of several clusters.
  ///
  /// - Parameter clusters: the measurements by cluster, all finite; empty clusters are left out.
  /// - Returns: `nil` where there is none. A single cluster has no interval.
  public static func mean(ofClusters clusters: [[Double]]) -> Estimate? {
    let clusters = clusters.filter { !$0.isEmpty }
    guard let first = clusters.first?.first else { return nil }
    let count = clusters.reduce(0) { $0 + $1.count }
    // What is always the same is known exactly, whatever the sum's last bit.
    if clusters.allSatisfy({ $0.allSatisfy { $0 == first } }) {
      return clusters.count == 1
        ? .exact(first, count: count)
        : Estimate(value: first, low: first, high: first, count: count)
    }
    return ratio(
      of: clusters.map { $0.reduce(0, +) }, to: clusters.map { Double($0.count) })?.counting(count)
  }

  /// The sum of some numbers over the sum of others, one pair for each cluster, with Fieller's interval:
  /// the ratios `θ` for which the mean of `a − θb` is not significantly different from 0.
  ///
  /// - Parameters:
  ///   - numerators: the sums of each cluster above the line.
  ///   - denominators: those below it.
  /// - Returns: `nil` where there is no pair, or the second sum is not above 0. Where the second mean may be
  ///   0 by its own scatter nothing bounds the ratio, and both ends are infinite. A single cluster has no
  ///   interval.
  ///
  /// **Reference:** Fieller, *Some Problems in Interval Estimation*, Journal of the Royal Statistical Society
  /// B 16, 1954.
  public static func ratio(
    of numerators: [Double], to denominators: [Double]
  ) -> Estimate? {
    precondition(numerators.count == denominators.count, "a ratio is of pairs")
    let count = numerators.count
    let total = denominators.reduce(0, +)
    guard total > 0 else { return nil }
    let value = numerators.reduce(0, +) / total
    guard count > 1 else { return .exact(value, count: count) }
    let mean = total / Double(count)
    // Around θ̂ the mean of the residuals a − θ̂b is 0, so that nothing large cancels.
    let residuals = zip(numerators, denominators).map { $0 - value * $1 }
    var (rr, rb, bb) = (0.0, 0.0, 0.0)
    for (residual, denominator) in zip(residuals, denominators) {
      let distance = denominator - mean
      rr += residual * residual
      rb += residual * distance
      bb += distance * distance
    }
    let factor = StudentT.factor95(degrees: count - 1)
    let scale = factor * factor / Double(count) / Double(count - 1)
    (rr, rb, bb) = (rr * scale, rb * scale, bb * scale)
    let curvature = mean * mean - bb
    guard curvature > 0 else {
      return Estimate(value: value, low: -.infinity, high: .infinity, count: count)
    }
    let root = (rb * rb + curvature * rr).squareRoot()
    return Estimate(
      value: value, low: value + (-rb - root) / curvature, high: value + (-rb + root) / curvature,
      count: count,
      isSkewed: Skewness.isNotable(residuals))
  }

  // MARK: Medians

  /// The fewest measurements of which the smallest and the largest enclose the median in 95 % of all cases.
  public static let fewestForMedian = 6

  /// The median of independent measurements, with the exact interval of the sign test.
  ///
  /// - Parameter values: at least one.
  public static func median(_ values: [Double]) -> Estimate {
    median(least: values, greatest: values).holding(Sample.median(values.sorted()))
  }

  /// The interval of a median whose measurements are only known to lie between two bounds each.
  ///
  /// With `n` measurements the `k`-th smallest and the `k`-th largest enclose the median in
  /// `1 − 2·P(B < k)` of all cases, `B` binomial of `n` and a half; `k` is the largest for which that is 95 %
  /// or more. With fewer than six there is none, and both ends are those of the range.
  ///
  /// - Parameters:
  ///   - least: the lower bounds, at least one.
  ///   - greatest: the upper bounds, as many.
  /// - Returns: the interval, around a value that says nothing.
  ///
  /// **Reference:** David and Nagaraja, *Order Statistics*, 2003, section 7.1.
  static func median(least: [Double], greatest: [Double]) -> Estimate {
    let count = least.count
    precondition(count > 0 && greatest.count == count, "a median is of something")
    let (lows, highs) = (least.sorted(), greatest.sorted())
    let (rank, coverage) = medianRank(count)
    let kind: Estimate.Kind =
      count == 1 ? .none : count < fewestForMedian ? .range : .confidence(coverage)
    return Estimate(
      value: lows[(count - 1) / 2], low: lows[rank - 1], high: highs[count - rank], count: count,
      kind: kind)
  }

  /// The `k` of the interval of a median, and what it covers.
  ///
  /// - Parameter count: the number of measurements, at least 1.
  static func medianRank(_ count: Int) -> (rank: Int, coverage: Double) {
    // P(B = k) = C(n, k)/2ⁿ, in logarithms so that large samples don't underflow.
    var logTerm = -Double(count) * M_LN2
    var below = exp(logTerm)
    var rank = 1
    while 2 * (rank + 1) <= count {
      logTerm += log(Double(count - rank + 1) / Double(rank))
      let next = below + exp(logTerm)
      if 2 * next > 0.05 { break }
      below = next
      rank += 1
    }
    return (rank, 1 - 2 * below)
  }

  // MARK: How many times as large

  /// By what factor one sample lies above another, with the interval of the Mann–Whitney test: exact where
  /// the two are alike but for a factor.
  ///
  /// - Parameters:
  ///   - mine: the bounds of each measurement, none negative; equal where it is known.
  ///   - theirs: those of the other sample.
  /// - Returns: the interval, around a value that says nothing: the range of all ratios where there are too
  ///   few measurements for 95 %.
  /// - Complexity: O(n·m·log nm).
  ///
  /// **Reference:** Hollander, Wolfe, Chicken, *Nonparametric Statistical Methods*, 2014, section 4.3, on
  /// logarithms.
  static func factor(
    of mine: [(least: Double, greatest: Double)], to theirs: [(least: Double, greatest: Double)]
  ) -> Estimate {
    func ratio(_ a: Double, _ b: Double, unknown: Double) -> Double {
      if a == 0 && b == 0 { return 1 }
      return a == .infinity && b == .infinity ? unknown : a / b
    }
    var (lows, highs) = ([Double](), [Double]())
    for one in mine {
      for other in theirs {
        lows.append(ratio(one.least, other.greatest, unknown: 0))
        highs.append(ratio(one.greatest, other.least, unknown: .infinity))
      }
    }
    lows.sort()
    highs.sort()
    let pairs = lows.count
    let (rank, coverage) = MannWhitney.rank(mine.count, theirs.count)
    let kind: Estimate.Kind = rank == 0 ? .range : .confidence(coverage)
    return Estimate(
      value: lows[pairs / 2], low: lows[max(rank, 1) - 1], high: highs[pairs - max(rank, 1)],
      count: mine.count + theirs.count, kind: kind)
  }

  // MARK: Shares

  /// How often something holds, with Clopper and Pearson's interval, in which each cluster is one trial.
  ///
  /// Where it always holds, or never, that is what was seen, and both ends say so.
  ///
  /// - Parameter clusters: the share of each cluster in which it holds, at least one.
  ///
  /// **Reference:** Clopper, Pearson, *The Use of Confidence or Fiducial Limits Illustrated in the Case of
  /// the Binomial*, Biometrika 26, 1934.
  public static func share(_ clusters: [Double], value: Double, count: Int) -> Estimate {
    guard clusters.count > 1 else { return .exact(value, count: count) }
    if clusters.allSatisfy({ $0 == 0 }) || clusters.allSatisfy({ $0 == 1 }) {
      return Estimate(value: value, low: value, high: value, count: count)
    }
    let sum = clusters.reduce(0, +)
    let trials = clusters.count
    // Parts of a cluster count against the interval's width at both ends.
    let (fewest, most) = (Int(sum.rounded(.down)), Int(sum.rounded(.up)))
    let low = fewest == 0 ? 0 : 1 - binomialLimit(trials - fewest, of: trials)
    let high = most == trials ? 1 : binomialLimit(most, of: trials)
    return Estimate(
      value: value, low: min(low, value), high: max(high, value), count: count)
  }

  /// The largest probability with which at most `successes` of `trials` still come in 2.5 % of all cases.
  private static func binomialLimit(_ successes: Int, of trials: Int) -> Double {
    var (low, high) = (0.0, 1.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      var logTerm = Double(trials) * log1p(-middle)
      var sum = exp(logTerm)
      for number in 0..<successes {
        logTerm += log(Double(trials - number) / Double(number + 1)) + log(middle / (1 - middle))
        sum += exp(logTerm)
      }
      if sum > 0.025 { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
