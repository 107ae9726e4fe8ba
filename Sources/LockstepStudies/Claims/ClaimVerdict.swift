import LockstepCore

extension Claim {
  /// The number, and what it says of the claim.
  ///
  /// - Parameter missing: how many runs have no number: a trend through part of them is another trend.
  /// - Returns: the number with its interval, of several groups that of the one that is furthest from what
  ///   is expected; `nil` where there is too little for one.
  func judge(_ items: [ClaimItem], missing: Int) -> (Estimate, ClaimVerdict)? {
    guard !summary.isTrend || missing == 0 else { return nil }
    var judged: [(estimate: Estimate, verdict: ClaimVerdict)] = []
    for group in groups(of: items) {
      guard let estimate = summary.range(of: group) else { return nil }
      judged.append((estimate, expectation.verdict(low: estimate.low, high: estimate.high)))
    }
    // The verdict of the worst group is the claim's.
    return judged.max { first, second in
      (first.verdict.severity, reach(of: first.estimate))
        < (second.verdict.severity, reach(of: second.estimate))
    }
  }

  /// The items that are summarized by themselves, in the order of their first members.
  private func groups(of items: [ClaimItem]) -> [[ClaimItem]] {
    guard !groups.isEmpty || summary == .furthestFromOne else { return [items] }
    var places: [[String]] = []
    var members: [[String]: [ClaimItem]] = [:]
    for item in items {
      // Without a grouping every configuration is a group of its seeds.
      let axes = groups.isEmpty ? item.place.keys.sorted() : groups
      let place = axes.map { item.place[$0] ?? "" }
      if members[place] == nil { places.append(place) }
      members[place, default: []].append(item)
    }
    return places.compactMap { members[$0] }
  }

  /// How far an interval reaches towards failing.
  private func reach(of estimate: Estimate) -> Double {
    func distance(from center: Double) -> Double {
      max(abs(estimate.low - center), abs(estimate.high - center))
    }
    if summary == .furthestFromOne { return distance(from: 1) }
    return switch expectation {
    case .above: -estimate.low
    case .below: estimate.high
    case .between(let low, let high): distance(from: (low + high) / 2)
    case .equal(let value): distance(from: value)
    }
  }
}

extension ClaimVerdict {
  /// How bad it is for the claim.
  fileprivate var severity: Int {
    switch self {
    case .reproduced: 0
    case .inconclusive: 1
    case .notReproduced: 2
    }
  }
}
