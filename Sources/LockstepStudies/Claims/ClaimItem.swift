/// One number that a claim is about, with what it can be matched and resampled by.
struct ClaimItem: Equatable, Sendable {
  /// What stands for a number beyond all others.
  static let never = 1e100

  /// The seed of its run: what is resampled.
  var seed: Int
  /// The part of the plan, and the axes' values: what it is matched by.
  var place: [String: String]
  /// The number; where its run stopped before its target, what it would be had the run reached it then.
  var value: Double
  /// What it is plotted against, where the claim is about a trend.
  var x: Double?
  /// The least that it can be: less than ``greatest`` only where its run stopped before its target.
  var least: Double
  /// The greatest that it can be; ``never`` where nothing bounds it.
  var greatest: Double

  /// Creates a number that is known.
  init(seed: Int, place: [String: String], value: Double, x: Double? = nil) {
    self.seed = seed
    self.place = place
    self.value = value
    self.x = x
    least = value
    greatest = value
  }

  /// Whether its run ended before it reached its target, so that the number is only a bound.
  var isCensored: Bool { least != greatest }

  /// Notes what the number would be, had its run never reached the target; `nil` for no idea.
  mutating func widen(to other: Double?) {
    let ends = [value, other ?? -Self.never, other ?? Self.never].map(Self.clipped)
    least = ends.min() ?? value
    greatest = ends.max() ?? value
  }

  /// A number no further out than ``never``.
  private static func clipped(_ value: Double) -> Double { min(max(value, -never), never) }

  /// The ratio of two, in the place of the first.
  ///
  /// - Returns: `nil` where the second is 0.
  func divided(by other: ClaimItem) -> ClaimItem? {
    guard other.value != 0 else { return nil }
    var ratio = self
    ratio.value = Self.clipped(value / other.value)
    (ratio.least, ratio.greatest) = (ratio.value, ratio.value)
    guard isCensored || other.isCensored else { return ratio }
    guard other.least > 0 || other.greatest < 0 else {
      ratio.widen(to: nil)
      return ratio
    }
    let ends = [
      least / other.least, least / other.greatest, greatest / other.least,
      greatest / other.greatest,
    ].map(Self.clipped)
    ratio.least = ends.min() ?? ratio.value
    ratio.greatest = ends.max() ?? ratio.value
    return ratio
  }
}

/// Divides each number by its partner's: the one that differs in one axis only.
struct PairedRatio: Equatable, Sendable {
  /// The axis.
  var axis: String
  /// Its value above the line.
  var numerator: String
  /// Its value below the line.
  var denominator: String
  /// Further axes that go with it, and may differ.
  var ignored: [String]

  /// The ratios, in the order of their numerators; items without a partner, or with one that is 0, are
  /// left out.
  func apply(_ items: [ClaimItem]) -> [ClaimItem] {
    // On a machine with one core, one worker and one per core are the same, and there is nothing to compare.
    guard numerator != denominator else { return [] }
    var partners: [[String]: ClaimItem] = [:]
    for item in items where item.place[axis] == denominator { partners[key(item)] = item }
    return items.compactMap { item in
      guard item.place[axis] == numerator, let partner = partners[key(item)],
        var ratio = item.divided(by: partner)
      else { return nil }
      for name in [axis] + ignored { ratio.place[name] = nil }
      return ratio
    }
  }

  /// What two partners have in common.
  private func key(_ item: ClaimItem) -> [String] {
    ["\(item.seed)"]
      + item.place.keys.sorted().filter { $0 != axis && !ignored.contains($0) }
      .flatMap { [$0, item.place[$0] ?? ""] }
  }
}
