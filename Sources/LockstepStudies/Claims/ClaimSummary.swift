import Foundation
import LockstepCore

/// How a claim's many numbers become one.
public enum ClaimSummary: String, CaseIterable, Sendable {
  /// The arithmetic mean.
  case mean
  /// The median.
  case median
  /// The share of numbers that are not 0: how often a condition holds.
  case share
  /// The mean of that group whose interval reaches furthest from 1: a prediction's worst case.
  case furthestFromOne = "furthest-from-one"
  /// The exponent of a power law in `against`.
  case exponent
  /// The factor that comes with each step of `against`: the exponential of the slope of the logarithm.
  case factor

  /// Whether it looks at a trend.
  var isTrend: Bool { self == .exponent || self == .factor }

  /// What it makes of some items; `nil` where there are too few of them for it.
  ///
  /// Intervals are over seeds. From five on, whole seeds are resampled (percentile bootstrap). With two to
  /// four, resampling cannot reach beyond what was seen and would claim too much: then every seed gives a
  /// number of its own, and Student's interval of their mean is laid around the number; a trend's rests on
  /// the residuals of the fit (``PowerLaw``). A single seed has no interval: both ends are the number.
  func estimate(of items: [ClaimItem]) -> Estimate? {
    switch self {
    case .exponent: Self.trend(items) { $0 }
    case .factor: Self.trend(items) { exp($0) }.map(Self.exponential)
    case .mean, .furthestFromOne: Self.overSeeds(items) { Sample($0).mean }
    case .median: Self.overSeeds(items) { Sample($0).median }
    case .share:
      Self.overSeeds(items) { Double($0.count { $0 != 0 }) / Double($0.count) }
    }
  }

  private static func trend(
    _ items: [ClaimItem], _ transform: (Double) -> Double
  ) -> Estimate? {
    let points = items.compactMap { item in
      item.x.map { PowerLaw.Point(x: transform($0), y: item.value, seed: item.seed) }
    }
    // A trend through part of the numbers is another trend.
    guard points.count == items.count, let fit = PowerLaw(points), fit.omitted == 0 else {
      return nil
    }
    return fit.exponent
  }

  private static func exponential(_ estimate: Estimate) -> Estimate {
    Estimate(
      value: exp(estimate.value), low: exp(estimate.low), high: exp(estimate.high),
      count: estimate.count)
  }

  private static func overSeeds(
    _ items: [ClaimItem], _ statistic: ([Double]) -> Double
  ) -> Estimate? {
    guard !items.isEmpty else { return nil }
    let value = statistic(items.map(\.value))
    let groups = Dictionary(grouping: items, by: \.seed).sorted { $0.key < $1.key }
      .map { $0.value.map(\.value) }
    let (low, high): (Double, Double)
    if groups.count == 1 {
      (low, high) = (value, value)
    } else if groups.count < PowerLaw.fewestSeeds {
      let values = groups.map(statistic)
      let mean = Sample(values).mean
      let variance =
        values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
      let reach =
        StudentT.factor95(degrees: values.count - 1)
        * (variance / Double(values.count)).squareRoot()
      (low, high) = (value - reach, value + reach)
    } else {
      (low, high) = Bootstrap.interval(count: groups.count) { indices in
        statistic(indices.flatMap { groups[$0] })
      }
    }
    return Estimate(value: value, low: low, high: high, count: items.count)
  }
}
