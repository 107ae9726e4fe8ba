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
  /// Intervals are over seeds, and of the kind that ``Intervals`` has for the summary: Student's for means and
  /// trends, order statistics for medians (below six seeds the range), Clopper and Pearson's for shares. A
  /// single seed has none, but for a trend through its points: both ends are the number.
  func estimate(of items: [ClaimItem]) -> Estimate? {
    switch self {
    case .exponent: Self.trend(items) { $0 }
    case .factor: Self.trend(items) { exp($0) }.map(Self.exponential)
    case .mean, .furthestFromOne: Intervals.mean(ofClusters: Self.bySeed(items))
    case .median: Self.median(items)
    case .share: Self.share(items)
    }
  }

  /// The same, where some items are bounds: the interval covers whatever they may be.
  ///
  /// Both ends come from the items as they are worst for that end, so that a verdict holds whether runs that
  /// stopped before their target would have reached it at once or never. An end that nothing bounds is
  /// infinite.
  func range(of items: [ClaimItem]) -> Estimate? {
    guard let estimate = estimate(of: items) else { return nil }
    let (low, high) = (items.tilted(up: false, along: self), items.tilted(up: true, along: self))
    guard low != items || high != items || items.contains(where: \.isBeyond) else {
      return estimate
    }
    guard let lowest = self.estimate(of: low), let highest = self.estimate(of: high) else {
      return Estimate(
        value: estimate.value, low: -.infinity, high: .infinity, count: estimate.count)
    }
    var range = estimate
    range.value = bounded(estimate.value, items, up: true)
    range.low = bounded(lowest.low, low, up: false)
    range.high = bounded(highest.high, high, up: true)
    return range
  }

  /// An end of an interval, infinite where numbers beyond all others decide it.
  private func bounded(_ end: Double, _ items: [ClaimItem], up: Bool) -> Double {
    guard isTrend else { return abs(end) >= ClaimItem.never / 1e10 ? end * .infinity : end }
    let beyond = items.filter(\.isBeyond).map { items.weight(of: $0, along: self) }
    let (rises, falls) = (beyond.contains { $0 > 0 }, beyond.contains { $0 < 0 })
    let bottom = self == .factor ? 0 : -Double.infinity
    if rises, up || !falls { return .infinity }
    return falls ? bottom : end
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
    var factor = estimate
    (factor.value, factor.low, factor.high) = (
      exp(estimate.value), exp(estimate.low), exp(estimate.high)
    )
    return factor
  }

  /// The numbers of each seed: they have the seed in common, and count as one.
  private static func bySeed(_ items: [ClaimItem]) -> [[Double]] {
    Dictionary(grouping: items, by: \.seed).sorted { $0.key < $1.key }
      .map { $0.value.map(\.value) }
  }

  private static func median(_ items: [ClaimItem]) -> Estimate? {
    guard !items.isEmpty else { return nil }
    return Intervals.median(bySeed(items).map { Sample($0).median })
      .holding(Sample(items.map(\.value)).median).counting(items.count)
  }

  private static func share(_ items: [ClaimItem]) -> Estimate? {
    func share(_ values: [Double]) -> Double {
      Double(values.count { $0 != 0 }) / Double(values.count)
    }
    guard !items.isEmpty else { return nil }
    return Intervals.share(
      bySeed(items).map(share), value: share(items.map(\.value)), count: items.count)
  }
}

extension ClaimItem {
  /// Whether it is beyond all numbers.
  fileprivate var isBeyond: Bool { abs(value) >= Self.never / 1e10 }
}

extension [ClaimItem] {
  /// The sign and size with which an item turns the slope of a trend; 1 for what isn't a trend.
  fileprivate func weight(of item: ClaimItem, along summary: ClaimSummary) -> Double {
    guard summary.isTrend, let x = item.x else { return 1 }
    func place(_ x: Double) -> Double { summary == .exponent ? log(x) : x }
    let places = compactMap(\.x).map(place)
    return place(x) - places.reduce(0, +) / Double(places.count)
  }

  /// The items as they make a summary largest, or smallest.
  fileprivate func tilted(up: Bool, along summary: ClaimSummary) -> [ClaimItem] {
    guard contains(where: \.isCensored) else { return self }
    return map { item in
      var item = item
      item.value = (weight(of: item, along: summary) >= 0) == up ? item.greatest : item.least
      return item
    }
  }
}
