import LockstepCore
import LockstepTelemetry

/// All runs of a plan.
public struct PlannedRuns: Sendable {
  /// Every run as often as the plan has it, in the plan's order.
  public let all: [PlannedRun]
  /// Each run once, in the order in which they are carried out.
  ///
  /// Seed after seed, so that a machine that slows down slows all configurations alike; and within
  /// a seed by id, which is as good as at random and always the same. Where runs are repeated, every
  /// configuration has its turn before any has its next.
  public let distinct: [PlannedRun]
  /// `p-` and a hash of what is asked for: the same for two plans that ask for the same runs in the
  /// same parts with the same axes, however they are written.
  public let digest: String
  /// How exactly the largest stable rate of each run is searched; `nil` where they are carried out as they are.
  let bisectionTolerance: Double?

  /// Creates the runs of a plan.
  init(_ all: [PlannedRun], bisectionTolerance: Double?, stability: Stability) {
    self.all = all
    self.bisectionTolerance = bisectionTolerance
    var seen: Set<String> = []
    distinct = all.filter { seen.insert($0.id).inserted }
      .sorted {
        ($0.repetition?.number ?? 0, $0.round, $0.id)
          < ($1.repetition?.number ?? 0, $1.round, $1.id)
      }
    let lines = all.map { "\($0.part ?? "")\t\($0.axisText)\t\($0.id)\n" }
    let judged = stability == .path ? "" : " by \(stability.rawValue)"
    let search = bisectionTolerance.map { "bisect learning-rate to \($0)\(judged)\n" } ?? ""
    digest = "p-" + StableHash.hexadecimal(search + lines.sorted().joined())
  }

  /// Some of the runs, each once, in the plan's order instead of that of their execution.
  public func inPlanOrder(_ runs: [PlannedRun]) -> [PlannedRun] {
    var wanted = Set(runs.map(\.id))
    return all.filter { wanted.remove($0.id) != nil }
  }

  /// Whether all runs of another plan are among these, and are meant in the same way.
  public func contains(_ other: PlannedRuns) -> Bool {
    let ids = Set(distinct.map(\.id))
    return bisectionTolerance == other.bisectionTolerance
      && other.distinct.allSatisfy { ids.contains($0.id) }
  }

  /// Divides records into those of this plan and those that it has nothing to do with.
  ///
  /// The records of a search are those of the rates that it may try.
  public func divided(_ runs: [StoredRun]) -> (own: [StoredRun], foreign: [StoredRun]) {
    let isOwn: (StoredRun) -> Bool
    if bisectionTolerance == nil {
      let ids = Set(distinct.map(\.id))
      isOwn = { ids.contains($0.id) }
    } else {
      func place(_ part: String?, _ axes: [String: ConfigurationValue]) -> String {
        "\(part ?? "")\n\(axes.setting(without: "learning-rate"))"
      }
      let searches = Dictionary(
        all.map { (place($0.part, $0.axes), $0) }, uniquingKeysWith: { one, _ in one })
      isOwn = { run in
        guard let rate = run.axes["learning-rate"].flatMap(AxisValue.number) else { return false }
        return searches[place(run.part, run.axes)]?.trial(at: rate).id == run.id
      }
    }
    return (runs.filter(isOwn), runs.filter { !isOwn($0) })
  }

  /// One of several disjoint shares of the runs, for several machines.
  ///
  /// Runs are dealt out in the order of their ids, so shares differ by at most one run.
  ///
  /// - Parameters:
  ///   - number: which, from 1.
  ///   - count: of how many.
  public func share(_ number: Int, of count: Int) -> [PlannedRun] {
    precondition(count >= 1 && (1...count).contains(number), "there is no such share")
    let ids = distinct.map(\.id).sorted()
    let mine = Set(ids.indices.filter { $0 % count == number - 1 }.map { ids[$0] })
    return distinct.filter { mine.contains($0.id) }
  }
}

extension SweepPlan {
  /// The largest number of runs unless somebody asks for more.
  public static let defaultLimit = 100_000

  /// Works out every run, and checks each of them.
  ///
  /// - Parameter limit: the largest number of runs.
  /// - Throws: ``PlanError`` for more runs than that, and for options that don't go together.
  /// - Complexity: some 20 µs a run.
  public func runs(limit: Int = defaultLimit) throws(PlanError) -> PlannedRuns {
    var total = 0
    let times = repetitions?.runs ?? 1
    if bisectionTolerance != nil {
      if repetitions != nil {
        throw parts[0].place.error(
          "repetitions: a search makes its own runs; leave one of bisect and repetitions out")
      }
      for axis in parts.flatMap(\.groups).flatMap({ $0 }) where axis.name == "learning-rate" {
        throw axis.place.error(
          "learning-rate is an axis and is searched by bisection; leave one of the two out")
      }
    }
    for part in parts {
      let (product, isTooMany) = (part.count ?? .max).multipliedReportingOverflow(by: times)
      let (sum, overflow) = total.addingReportingOverflow(isTooMany ? .max : product)
      guard !overflow, sum <= limit else {
        let count = part.count.flatMap {
          isTooMany || parts.count > 1 ? nil : NumberText.counted($0 * times, "run")
        }
        let longest = part.groups.flatMap { $0 }.max { $0.values.count < $1.values.count }
        throw (longest?.place ?? part.place).error(
          "the plan asks for \(count.map { "\($0), " } ?? "")more than "
            + "\(NumberText.counted(limit, "run")); take values out\(longest.map { " of \($0.name)" } ?? ""), or allow a sweep as many with "
            + "--limit")
      }
      total = sum
    }
    for group in parts.flatMap(\.groups) { try Axis.checkValues(group) }
    var runs: [PlannedRun] = []
    runs.reserveCapacity(total)
    for part in parts { try part.expand(into: &runs) }
    try checkStability(of: runs)
    if let repetitions { runs = runs.flatMap(repetitions.runs) }
    return PlannedRuns(runs, bisectionTolerance: bisectionTolerance, stability: stability)
  }
}

extension SweepPlan {
  /// Refuses a search whose runs cannot tell what it judges.
  private func checkStability(of runs: [PlannedRun]) throws(PlanError) {
    guard bisectionTolerance != nil else { return }
    for run in runs {
      guard let reason = stability.obstacle(in: run.trialConfiguration) else { continue }
      throw (parts.first { $0.name == run.part } ?? parts[0]).place.error(run.complaint(reason))
    }
  }
}

extension PlanPart {
  /// The configuration that all runs of the part start from.
  func base() throws(PlanError) -> RunConfiguration {
    do throws(ConfigurationError) {
      var result = RunConfiguration(model: try ModelSpecification(RunOptions.defaultModel))
      var given = RunOptions()
      for option in options { try given.set(option.name, option.text) }
      try given.apply(to: &result)
      return result
    } catch {
      throw place.error(PlanOptions.sentence(error))
    }
  }

  /// Whether somebody says which policy.
  private var hasPolicy: Bool {
    options.contains { $0.name == "policy" }
      || groups.contains { $0.contains { $0.name == "policy" } }
  }

  fileprivate func expand(into runs: inout [PlannedRun]) throws(PlanError) {
    let base = try base()
    let counts = groups.map { $0.first?.values.count ?? 1 }
    let values = groups.map { $0.map { $0.values.map(ConfigurationValue.init(axis:)) } }
    // The number of each group's value; the last group's changes fastest.
    var position = [Int](repeating: 0, count: groups.count)
    for _ in 0..<counts.reduce(1, *) {
      var configuration = base
      var axes: [String: ConfigurationValue] = [:]
      var round = 0
      do throws(ConfigurationError) {
        for (group, at) in position.enumerated() {
          for (index, axis) in groups[group].enumerated() {
            try RunOptions.option(named: axis.name).apply(axis.values[at], to: &configuration)
            axes[axis.name] = values[group][index][at]
            if axis.name == "seed" { round = at }
          }
        }
        if !hasPolicy { RunOptions.fillInPolicy(of: &configuration) }
        try configuration.validate()
      } catch {
        let run = PlannedRun(
          id: "", part: name, axes: axes, configuration: configuration, round: round)
        throw place.error(run.complaint(PlanOptions.sentence(error)))
      }
      runs.append(
        PlannedRun(
          id: RunIdentity(configuration).id, part: name, axes: axes,
          configuration: configuration, round: round))
      for group in position.indices.reversed() {
        position[group] += 1
        if position[group] < counts[group] { break }
        position[group] = 0
      }
    }
  }
}

extension PlannedRuns {
  /// Records, each once, with the part and the axes that the plan gives them first: those that they were stored
  /// with may be of a smaller plan.
  public func named(_ stored: [StoredRun]) -> [StoredRun] {
    let places = Dictionary(all.map { ($0.id, $0) }, uniquingKeysWith: { one, _ in one })
    return stored.map { run in
      guard let place = places[run.id] else { return run }
      return place.stored(run.record)
    }
  }

  /// The records of a plan's runs as often as the plan has them, in the plan's order.
  ///
  /// A run that two parts have in common is carried out, and stored, once; here it stands in both,
  /// with the axes that each of them has.
  public func placed(_ stored: [StoredRun]) -> [StoredRun] {
    let records = Dictionary(stored.map { ($0.id, $0.record) }, uniquingKeysWith: { one, _ in one })
    return all.compactMap { run in
      records[run.id].map(run.stored)
    }
  }
}
