import LockstepStudies
import LockstepTelemetry

/// The noise penalty along everything that varies.
extension FigureMaker {
  mutating func noiseFigures() -> [Figure] {
    let probed = section.runs.filter { !$0.record.noise.isEmpty }
    guard !probed.isEmpty else { return [] }
    var figures: [Figure] = []
    var along = abscissas
    if let staleness = Abscissa.staleness(in: section) { along.append(staleness) }
    let byWorkers = Self.split(of: probed, prefersWorkers: true)
    let byParameters = Self.split(of: probed, prefersWorkers: false)
    for penalty in [Penalty.interaction, .staleness] {
      for (split, isByWorkers) in [(byWorkers, true), (byParameters, false)] {
        guard let split, let name = measure(penalty, split, probed) else { continue }
        for abscissa in along where (abscissa.name == "workers") == isByWorkers {
          figures += self.penalty(penalty, name, along: abscissa, split: split)
        }
      }
    }
    return shardFigures(probed) + figures
  }

  /// The kinds of penalties that are shown.
  enum Penalty {
    case interaction
    case staleness

    var title: String {
      switch self {
      case .interaction: "Interaction penalty"
      case .staleness: "Staleness penalty"
      }
    }
  }

  /// How shards are chosen where probes hold several splits.
  struct Split {
    var suffix: String
    var words: String
  }

  /// The split that runs are compared at; `nil` where they have none in common.
  static func split(of runs: [StoredRun], prefersWorkers: Bool) -> Split? {
    var common: Set<Int>?
    var (hasOne, hasParameters, hasWorkers) = (true, true, true)
    for run in runs {
      let shards = Set(run.record.noise.map(\.shards))
      if shards.count > 1 { hasOne = false }
      if !shards.contains(run.record.parameterCount) { hasParameters = false }
      if !shards.contains(run.record.workers.count) { hasWorkers = false }
      common = common.map { $0.intersection(shards) } ?? shards
    }
    if hasOne {
      let words =
        hasParameters
        ? "one parameter per shard" : hasWorkers ? "one shard per worker" : "one split per run"
      return Split(suffix: "", words: words)
    }
    if hasWorkers, prefersWorkers || !hasParameters {
      return Split(suffix: "@shards=workers", words: "one shard per worker")
    }
    if hasParameters {
      return Split(suffix: "@shards=parameters", words: "one parameter per shard")
    }
    return common?.max().map { Split(suffix: "@shards=\($0)", words: "\($0) shards") }
  }

  /// The name of a measure that all the runs' probes have.
  private func measure(_ penalty: Penalty, _ split: Split, _ probed: [StoredRun]) -> String? {
    switch penalty {
    case .staleness:
      return probed.contains { $0.record.noise.contains { ($0.staleness ?? 0) != 0 } }
        ? "staleness" : nil
    case .interaction:
      guard let exact = try? Metric("noise.interaction\(split.suffix)") else { return nil }
      // One kind of estimate for all, or lines would compare the estimates as well.
      return probed.allSatisfy { exact.value(in: $0) != nil }
        ? "interaction" : "interactionSecondOrder"
    }
  }

  /// A penalty as it is, and relative to the promised decrease.
  private mutating func penalty(
    _ penalty: Penalty, _ name: String, along abscissa: Abscissa, split: Split
  ) -> [Figure] {
    let sets = Metric.evaluationSets.filter { set in
      section.runs.contains { $0.record.noise.contains { $0.set == set } }
    }
    let order = name == "interactionSecondOrder" ? ", to second order" : ""
    let slices = comparison(along: abscissa).slices
    let lines = slices.map(\.lines.count).max() ?? 1
    // With few lines the sets are lines beside them; otherwise each set has its figure. Where other
    // axes already make several figures, those of the batch of the update have to do.
    let panels = lines <= 2 ? [sets] : sets.map { [$0] }.prefix(slices.count > 1 ? 1 : sets.count)
    var figures: [Figure] = []
    for panel in panels {
      for isRelative in [false, true] {
        let measures = panel.compactMap { set -> (String, (StoredRun) -> Double?)? in
          let path = "noise.\(name)[\(set)]\(isRelative ? ".relative" : "")\(split.suffix)"
          guard let metric = try? Metric(path) else { return nil }
          return (panel.count > 1 ? Self.words(of: set) : "", { metric.value(in: $0) })
        }
        guard !measures.isEmpty else { continue }
        let on = panel.count == 1 && sets.count > 1 ? " on the \(Self.words(of: panel[0]))" : ""
        let made = comparisons(
          "noise-\(penalty)" + (isRelative ? "-relative" : "") + on,
          penalty.title + on,
          y: .init(
            label: penalty.title.lowercased()
              + (isRelative ? " / promised decrease" : order),
            unit: isRelative ? nil : "loss", prefersLogarithm: true),
          along: abscissa, measures, fitsPowers: true)
        for var figure in made {
          figure.caption =
            "Means over each run's probes\(order), \(split.words). " + figure.caption
          figure.isAside = isRelative
          if panels.count == 1, panel.count < sets.count {
            figure.notes.append("results.jsonl has the other evaluation sets.")
          }
          figures.append(figure)
        }
      }
    }
    return Self.paired(figures)
  }

  /// An evaluation set in words.
  private static func words(of set: String) -> String {
    switch set {
    case "current": "current batch"
    case "other": "other batch"
    default: "held-out set"
    }
  }

  /// Puts each figure of relative numbers right behind the absolute one it adds to.
  private static func paired(_ figures: [Figure]) -> [Figure] {
    let asides = figures.filter(\.isAside)
    var left = asides
    var result: [Figure] = []
    for figure in figures where !figure.isAside {
      result.append(figure)
      if let index = left.firstIndex(where: { $0.title == figure.title }) {
        result.append(left.remove(at: index))
      }
    }
    return result + left
  }

  /// The penalty against the number of shards, where runs were probed at several.
  private mutating func shardFigures(_ probed: [StoredRun]) -> [Figure] {
    var expanded: [StoredRun] = []
    for run in probed {
      let shards = Set(run.record.noise.map(\.shards)).sorted()
      guard shards.count > 1 else { continue }
      for count in shards {
        var copy = run
        copy.axes["shards"] = .integer(count)
        copy.record.noise = run.record.noise.filter { $0.shards == count }
        expanded.append(copy)
      }
    }
    guard !expanded.isEmpty else { return [] }
    var maker = FigureMaker(Section(name: section.name, runs: expanded))
    let split = Split(suffix: "", words: "contiguous shards")
    guard let abscissa = maker.abscissas.first(where: { $0.name == "shards" }),
      let name = measure(.interaction, split, expanded)
    else { return [] }
    return maker.penalty(.interaction, name, along: abscissa, split: split)
  }
}
