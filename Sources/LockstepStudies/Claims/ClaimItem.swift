/// One number that a claim is about, with what it can be matched and resampled by.
struct ClaimItem: Equatable, Sendable {
  /// The seed of its run: what is resampled.
  var seed: Int
  /// The part of the plan, and the axes' values: what it is matched by.
  var place: [String: String]
  /// The number.
  var value: Double
  /// What it is plotted against, where the claim is about a trend.
  var x: Double?
  /// Whether its run ended before it reached its target, so that the number is only a bound.
  var isCensored: Bool
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
      guard item.place[axis] == numerator, let partner = partners[key(item)], partner.value != 0
      else { return nil }
      var ratio = item
      ratio.value /= partner.value
      ratio.isCensored = item.isCensored || partner.isCensored
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
