import LockstepCore

extension Claim {
  /// Checks the claim on the results of its study.
  ///
  /// - Throws: ``MetricError`` for a metric of an axis that no run has.
  public func check(on runs: [StoredRun]) throws(MetricError) -> ClaimResult {
    var result = ClaimResult(
      id: id, statement: statement, source: source, measured: measured, estimate: nil, low: nil,
      high: nil, expected: expectation.text, verdict: .inconclusive)
    let matching = runs.filter(matches)
    guard !matching.isEmpty else {
      result.remark = "no run matches"
      return result
    }
    for name in names { try name.metric.check(in: matching) }
    var items: [ClaimItem] = []
    for run in matching { items += try numbers(of: run) }
    for ratio in ratios { items = ratio.apply(items) }
    let expectedCount = isOverShards || !ratios.isEmpty ? items.count : matching.count
    guard let (estimate, verdict) = judge(items) else {
      result.remark = "there is too little to measure it on"
      return result
    }
    result.estimate = estimate.value
    result.low = estimate.low.isFinite ? estimate.low : nil
    result.high = estimate.high.isFinite ? estimate.high : nil
    result.verdict = verdict
    result.remark = remark(items, missing: expectedCount - items.count)
    return result
  }

  private func matches(_ run: StoredRun) -> Bool {
    guard parts.isEmpty || run.part.map(parts.contains) == true else { return false }
    return filters.allSatisfy { filter in
      run.option(filter.axis).map { filter.values.contains($0.spelling) } ?? false
    }
  }

  /// The numbers of one run.
  private func numbers(of run: StoredRun) throws(MetricError) -> [ClaimItem] {
    var splits: [Int?] = [nil]
    if isOverShards {
      splits = run.record.noise.map(\.shards).reduce(into: [Int]()) { found, count in
        if !found.contains(count) { found.append(count) }
      }
    }
    var items: [ClaimItem] = []
    for shards in splits {
      var numbers: [String: Double] = [:]
      if let shards { numbers["shards"] = Double(shards) }
      for name in names {
        let metric =
          try shards.map { count throws(MetricError) in
            name.metric.isOfNoise ? try Metric("\(name.metric)@shards=\(count)") : name.metric
          } ?? name.metric
        numbers[name.name] = metric.value(in: run)
      }
      guard let value = value.value({ numbers[$0] }) else { continue }
      var place = run.axes.mapValues(\.spelling)
      place["seed"] = nil
      place["part"] = run.part
      if let shards { place["shards"] = "\(shards)" }
      let isCensored =
        run.record.configuration["targetLoss"] ?? .null != .null
        && run.record.status != .targetReached
      items.append(
        ClaimItem(
          seed: run.seed, place: place, value: value, x: against?.value { numbers[$0] },
          isCensored: isCensored))
    }
    return items
  }

  /// The number, and what it says of the claim.
  private func judge(_ items: [ClaimItem]) -> (Estimate, ClaimVerdict)? {
    guard !groups.isEmpty || summary == .furthestFromOne else {
      return summary.estimate(of: items).map {
        ($0, expectation.verdict(low: $0.low, high: $0.high))
      }
    }
    var places: [[String]] = []
    var members: [[String]: [ClaimItem]] = [:]
    for item in items {
      // Without a grouping every configuration is a group of its seeds.
      let axes = groups.isEmpty ? item.place.keys.sorted() : groups
      let place = axes.map { item.place[$0] ?? "" }
      if members[place] == nil { places.append(place) }
      members[place, default: []].append(item)
    }
    let estimates = places.compactMap { members[$0].flatMap(summary.estimate) }
    guard estimates.count == places.count, let worst = estimates.max(by: isBetter) else {
      return nil
    }
    let verdicts = estimates.map { expectation.verdict(low: $0.low, high: $0.high) }
    let verdict: ClaimVerdict =
      verdicts.contains(.notReproduced)
      ? .notReproduced : verdicts.contains(.inconclusive) ? .inconclusive : .reproduced
    return (worst, verdict)
  }

  /// Whether one group's estimate is further from failing than another's.
  private func isBetter(_ first: Estimate, _ second: Estimate) -> Bool {
    switch expectation {
    case .above: first.low > second.low
    case .below: first.high < second.high
    case .between, .equal:
      max(abs(first.low - 1), abs(first.high - 1)) < max(abs(second.low - 1), abs(second.high - 1))
    }
  }

  private func remark(_ items: [ClaimItem], missing: Int) -> String? {
    var remarks: [String] = []
    if missing > 0 { remarks.append("\(missing) runs have no such number") }
    let censored = items.count(where: \.isCensored)
    if censored > 0 {
      remarks.append(
        "\(censored) of \(items.count) numbers are from runs that stopped before their target, and are bounds"
      )
    }
    let seeds = Set(items.map(\.seed)).count
    if seeds == 1, !summary.isTrend { remarks.append("one seed: no interval") }
    return remarks.isEmpty ? nil : remarks.joined(separator: "; ")
  }
}
