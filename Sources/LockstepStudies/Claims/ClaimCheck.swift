import LockstepCore

extension Claim {
  /// Checks the claim on the results of its study.
  public func check(on runs: [StoredRun]) -> ClaimResult {
    var result = ClaimResult(
      id: id, statement: statement, source: source, measured: measured, estimate: nil, low: nil,
      high: nil, expected: expectation.text, verdict: .inconclusive)
    let matching = runs.filter { run in
      isOfParts(run) && filters.allSatisfy { $0.matches(run) }
    }
    guard !matching.isEmpty else {
      result.remark = mismatch(in: runs)
      return result
    }
    let found = matching.map(numbers)
    let missing = found.count(where: \.isEmpty)
    var items = found.flatMap(\.self)
    guard !items.isEmpty else {
      result.remark =
        "none of \(NumberText.counted(matching.count, "run")) has \(lacking(in: matching))"
      return result
    }
    for ratio in ratios {
      items = ratio.apply(items)
      guard !items.isEmpty else {
        result.remark =
          "no two runs differ in \(ratio.axis) \(ratio.numerator) and \(ratio.denominator) only"
        return result
      }
    }
    guard let (estimate, verdict) = judge(items, missing: missing) else {
      result.remark =
        summary.isTrend
        ? "a trend needs a number above 0 from every run, and two values of '\(against?.text ?? "")'"
        : "there is too little to measure it on"
      return result
    }
    result.estimate = estimate.value.isFinite ? estimate.value : nil
    result.low = estimate.low.isFinite ? estimate.low : nil
    result.high = estimate.high.isFinite ? estimate.high : nil
    result.verdict = verdict
    result.interval = estimate.kind.name
    result.remark = remark(items, estimate, missing: missing)
    return result
  }

  private func isOfParts(_ run: StoredRun) -> Bool {
    parts.isEmpty || run.part.map(parts.contains) == true
  }

  /// Why no run matches.
  private func mismatch(in runs: [StoredRun]) -> String {
    let inParts = runs.filter(isOfParts)
    let empty = filters.first { filter in !inParts.contains(where: filter.matches) }
    guard !inParts.isEmpty else {
      return runs.isEmpty
        ? "there is no run" : "no run is of the part \(parts.joined(separator: " or "))"
    }
    let unmet = empty.map { [$0] } ?? filters
    return "no run has "
      + unmet.map { "\($0.axis) \($0.values.joined(separator: " or "))" }.joined(separator: " and ")
  }

  /// The metrics that no run has, by the paths that the claim gives; all of them, where each is in some run.
  private func lacking(in runs: [StoredRun]) -> String {
    guard !isOverShards else { return "such a number" }
    let missing = names.filter { name in
      runs.allSatisfy { name.metric.range(in: $0) == nil }
    }
    guard !missing.isEmpty else { return "such a number" }
    return missing.map { $0.metric.description }.joined(separator: " or ")
  }

  /// The numbers of one run.
  private func numbers(of run: StoredRun) -> [ClaimItem] {
    var splits: [Int?] = [nil]
    if isOverShards {
      splits = run.record.noise.map(\.shards).uniqued
    }
    return splits.compactMap { shards in
      var least: [String: Double] = [:]
      var greatest: [String: Double] = [:]
      if let shards { (least["shards"], greatest["shards"]) = (Double(shards), Double(shards)) }
      for name in names {
        let metric = shards.map(name.metric.at) ?? name.metric
        guard let range = metric.range(in: run) else { continue }
        (least[name.name], greatest[name.name]) = (range.lowerBound, range.upperBound)
      }
      guard let number = value.value({ least[$0] }) else { return nil }
      var place = run.axes.mapValues(\.spelling)
      place["seed"] = nil
      place["part"] = run.part
      if let shards { place["shards"] = "\(shards)" }
      var item = ClaimItem(
        seed: run.seed, place: place, value: number, x: against?.value { least[$0] })
      if least != greatest { item.widen(to: value.value { greatest[$0] }) }
      return item
    }
  }

  private func remark(_ items: [ClaimItem], _ estimate: Estimate, missing: Int) -> String? {
    var remarks: [String] = []
    if missing > 0 {
      remarks.append("\(NumberText.counted(missing, "run has", "runs have")) no such number")
    }
    let censored = items.count(where: \.isCensored)
    if censored > 0 {
      remarks.append(
        "bounds instead of numbers, from runs that stopped before their target: \(censored) of "
          + "\(items.count)")
    }
    let seeds = Set(items.map(\.seed)).count
    if seeds == 1, !summary.isTrend { remarks.append("one seed: no interval") }
    if estimate.kind == .range, estimate.low < estimate.high {
      remarks.append(
        "the range of \(seeds) seeds, too few for a 95 % interval of a median (that takes "
          + "\(Intervals.fewestForMedian))")
    }
    if estimate.isSkewed { remarks.append(Estimate.skewedWords) }
    return remarks.isEmpty ? nil : remarks.joined(separator: "; ")
  }
}

extension Claim.Filter {
  /// Whether a run has one of the values.
  func matches(_ run: StoredRun) -> Bool {
    run.option(axis).map { values.contains($0.spelling) } ?? false
  }
}
