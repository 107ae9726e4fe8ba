import Foundation
import LockstepCore
import LockstepStudies
import LockstepTelemetry
import LockstepTopology

/// The tables of a page, as markup.
struct PageTables: Sendable {
  private let folder: ResultFolder
  /// The largest number of rows in the table of runs.
  static let largestRunCount = 200

  init(_ folder: ResultFolder) { self.folder = folder }

  // MARK: Summary

  /// The runs in one sentence.
  var facts: String {
    let runs = folder.runs
    var parts = [NumberText.counted(runs.count, "run")]
    let seeds = Set(runs.map(\.seed)).count
    if seeds > 1 { parts.append("\(seeds) seeds") }
    let statuses = [RunStatus.completed, .targetReached, .diverged, .stalled, .interrupted]
    let ends = statuses.compactMap { status -> String? in
      let count = runs.count { $0.record.status == status }
      guard count > 0, status != .completed || count < runs.count else { return nil }
      let words = status == .targetReached ? "reached the target" : status.rawValue
      return "\(NumberText.grouped(count)) \(words)"
    }
    parts += ends
    let virtual = runs.count { $0.record.isVirtual }
    parts.append(
      virtual == runs.count
        ? "in virtual time" : virtual == 0 ? "on real threads" : "on threads and in virtual time")
    let time = runs.reduce(0) { $0 + $1.record.wallSeconds }
    parts.append("\(NumberText.short(time)) s of run time in total")
    return parts.joined(separator: " · ")
  }

  // MARK: Claims

  /// The claims with what came of them; empty where there are none.
  var claims: String {
    guard !folder.claims.isEmpty else { return "" }
    var text = "<section><h2>Claims</h2><ul class=\"claims\">"
    for claim in folder.claims {
      let (symbol, style) =
        switch claim.verdict {
        case .reproduced: ("✓", "yes")
        case .notReproduced: ("✗", "no")
        case .inconclusive: ("?", "open")
        }
      text +=
        "<li class=\"\(style)\"><p class=\"verdict\"><span aria-hidden=\"true\">\(symbol)</span> "
      text += Markup.escape(claim.verdict.rawValue) + "</p><div><p class=\"statement\">"
      text += Markup.escape(claim.statement) + "</p><p><b>\(Self.number(claim))</b> "
      text +=
        Markup.escape(claim.measured) + "; expected " + Markup.escape(claim.expected) + ".</p>"
      if let remark = claim.remark { text += "<p>\(Markup.escape(remark))</p>" }
      text += "<p class=\"note\">\(Markup.escape(claim.source)) · \(Markup.escape(claim.id))</p>"
      text += "</div></li>"
    }
    return text + "</ul></section>\n"
  }

  private static func number(_ claim: ClaimResult) -> String {
    guard let estimate = claim.estimate, claim.low != nil || claim.high != nil else {
      return claim.estimate.map { NumberText.short($0) } ?? "–"
    }
    return interval(
      estimate, claim.low, claim.high, lowest: -.infinity, isRange: claim.interval == "range")
  }

  /// A number with its interval, whose ends are open where they aren't known.
  private static func interval(
    _ value: Double?, _ low: Double?, _ high: Double?, lowest: Double, isRange: Bool = false
  ) -> String {
    guard let value else { return "–" }
    return
      "\(NumberText.short(value)) (\(isRange ? "range " : "")\(NumberText.short(low ?? lowest)) to "
      + "\(NumberText.short(high ?? .infinity)))"
  }

  // MARK: Ranking

  /// Which configuration reaches the target loss first; empty where runs had no target.
  var ranking: String {
    guard let ranking = TargetRanking(folder.runs) else { return "" }
    let unit = ranking.isVirtual ? "time units" : "s"
    let head =
      ranking.names + [
        "updates to the target", "updates per \(ranking.isVirtual ? "time unit" : "second")",
        "samples per \(ranking.isVirtual ? "time unit" : "second")",
        "time to the target (\(unit))", "times the first", "runs that reached it",
      ]
    func number(_ value: Double?) -> String { value.map { NumberText.short($0) } ?? "–" }
    let rows = ranking.entries.enumerated().map { rank, entry -> [String] in
      let settings = ranking.names.map { entry.settings[$0]?.spelling ?? "–" }
      return settings + [
        number(entry.updates), number(entry.rate), number(entry.sampleRate),
        Self.interval(entry.time, entry.timeLow, entry.timeHigh, lowest: 0),
        rank == 0
          ? "1" : Self.interval(entry.ratio, entry.ratioLow, entry.ratioHigh, lowest: 0),
        "\(entry.reached) of \(entry.runs)",
      ]
    }
    var text =
      "<section><h2>Soonest at the target loss</h2><p>\(Markup.escape(ranking.sentence))</p>"
    text += Self.table([head] + rows, isList: false)
    text +=
      "<p class=\"note\">Medians over seeds; runs that did not get there are censored. "
    text += Markup.escape(ranking.intervals)
    if let sentence = ranking.resolutionSentence { text += " \(Markup.escape(sentence))" }
    if ranking.omitted > 0 {
      text += " \(NumberText.counted(ranking.omitted, "later one")) left out."
    }
    return text + "</p></section>\n"
  }

  // MARK: Setup

  /// What all runs have in common, and the machines.
  var setup: String {
    let runs = folder.runs
    guard let first = runs.first else { return "" }
    let names = Set(runs.flatMap(\.record.configuration.keys)).sorted()
    var rows: [[String]] = []
    for name in names where name != "seed" {
      let value = first.record.configuration[name]
      let isSame = runs.allSatisfy { $0.record.configuration[name] == value }
      if isSame {
        if let value, value != .null { rows.append([name, value.spelling]) }
      } else {
        rows.append([name, Self.values(name, runs)])
      }
    }
    var text = "<section class=\"setup\"><div><h2>Configuration</h2>"
    text += Self.table([["option", "value"]] + rows, isList: true) + "</div><div><h2>Machine</h2>"
    var machines: [MachineDescription] = []
    for run in runs where !machines.contains(run.record.machine) {
      machines.append(run.record.machine)
    }
    for machine in machines.prefix(8) {
      text += Self.table(
        [
          ["", ""], ["processor", machine.processor],
          [
            "cores",
            "\(machine.cores), \(NumberText.counted(machine.processingUnits, "processing unit"))",
          ],
          ["NUMA nodes", "\(machine.numaNodes)"],
          ["memory", NumberText.bytes(Double(machine.memoryBytes))], ["system", machine.kernel],
        ], isList: true)
    }
    if machines.count > 8 {
      text +=
        "<p class=\"note\">\(NumberText.counted(machines.count - 8, "more machine")) left out.</p>"
    }
    let crowded = runs.count { $0.record.oversubscribed }
    if crowded > 0 {
      text +=
        "<p class=\"note\">\(NumberText.grouped(crowded)) of the runs had more workers than "
        + "processing units: their timings tell about sharing a core as well.</p>"
    }
    return text + "</div></section>\n"
  }

  /// The values that an option takes, as far as they fit.
  private static func values(_ name: String, _ runs: [StoredRun]) -> String {
    let values = runs.map { $0.record.configuration[name]?.spelling ?? "–" }.uniqued
    let shown = NaturalOrder.sorted(values).prefix(12).joined(separator: ", ")
    return values.count > 12 ? "\(shown), … (\(values.count) in all)" : shown
  }

  // MARK: Runs

  /// The runs, as many as a page can hold.
  var runs: String {
    let runs = folder.runs
    let axes = Set(runs.flatMap(\.axes.keys)).sorted()
    let hasParts = runs.contains { $0.part != nil }
    let columns = Self.numberColumns(runs)
    let head =
      ["run"] + (hasParts ? ["part"] : []) + axes + ["status"] + columns.map(\.heading)
    let rows = runs.prefix(Self.largestRunCount).map { run -> [String] in
      let record = run.record
      func number(_ value: Double?) -> String { value.map { NumberText.short($0) } ?? "–" }
      return [run.id] + (hasParts ? [run.part ?? ""] : [])
        + axes.map { run.axes[$0]?.spelling ?? "" }
        + [record.status.rawValue] + columns.map { number($0.value(record)) }
    }
    var text = "<section><h2>Runs</h2>"
    if runs.count > Self.largestRunCount {
      text +=
        "<p class=\"note\">The first \(Self.largestRunCount) of "
        + "\(NumberText.grouped(runs.count)) runs; results.csv beside this page has all.</p>"
    }
    text += "<details\(runs.count <= 24 ? " open" : "")><summary>"
    text += "\(NumberText.counted(min(runs.count, Self.largestRunCount), "run"))</summary>"
    return text + Self.table([head] + rows, isList: false) + "</details></section>\n"
  }

  /// The numbers of the table of runs: one definition for each heading, and no heading without a number.
  ///
  /// Real and virtual time have columns of their own.
  private static func numberColumns(
    _ runs: [StoredRun]
  ) -> [(heading: String, value: (RunRecord) -> Double?)] {
    let unit = SpeedUnit(comparing: runs)
    let noun = unit.rawValue
    let columns: [(heading: String, value: (RunRecord) -> Double?)] = [
      ("updates", { Double($0.updates) }), ("final loss", { $0.loss.final }),
      ("\(noun)/s", { $0.isVirtual ? nil : unit.speed(of: $0) }),
      ("\(noun)/time unit", { $0.isVirtual ? unit.speed(of: $0) : nil }),
      ("mean τ", { $0.staleness.mean }), ("time (s)", { $0.isVirtual ? nil : $0.wallSeconds }),
      ("time (units)", { $0.virtualTime }),
      ("simulated in (s)", { $0.isVirtual ? $0.wallSeconds : nil }),
    ]
    return columns.filter { column in
      column.heading == "final loss" || runs.contains { column.value($0.record) != nil }
    }
  }

  /// A table of a row of headings and rows of cells.
  private static func table(_ rows: [[String]], isList: Bool) -> String {
    var text = "<div class=\"scroll\"><table\(isList ? " class=\"list\"" : "")>"
    for (index, row) in rows.enumerated() {
      if index == 0 {
        guard !isList else { continue }
        text += "<thead><tr>" + row.map { "<th>\(Markup.escape($0))" }.joined() + "</thead>"
        continue
      }
      text += "<tr>"
      for (column, cell) in row.enumerated() {
        text += isList && column == 0 ? "<th scope=\"row\">" : "<td>"
        text += Markup.escape(cell)
      }
    }
    return text + "</table></div>"
  }
}
