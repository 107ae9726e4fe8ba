import Foundation
import Lockstep

/// The means of noise probes as tables.
struct NoisePenaltyTable {
  private let summary: [NoiseSummary]

  init(_ summary: [NoiseSummary]) { self.summary = summary }

  /// The sets and numbers of shards, in order.
  private var groups: [(set: String, shards: Int)] {
    summary.filter { $0.measure == NoiseLabels.first }.map { ($0.set, $0.shards) }
  }

  /// One line for each set and number of shards: penalties as shares of the promised decrease.
  var short: String {
    let measures = ["interaction", "sequentialGap", "linearisation", "staleness"]
    var rows = [["set", "shards", "promised"] + measures.map { NoiseLabels.short($0) }]
    for group in groups {
      let shares = measures.map { name in
        NoiseLabels.percent(summary.penalty(name, group.set, group.shards)?.relative)
      }
      let promise = summary.find("promisedDecrease", group.set, group.shards)?.mean
      rows.append(
        [NoiseLabels.set(group.set), Format.count(group.shards), Format.number(promise)] + shares)
    }
    return Format.table(rows)
  }

  /// A table for each set and number of shards, with intervals.
  var long: String {
    let tables = groups.map { group in
      let members = summary.filter { $0.set == group.set && $0.shards == group.shards }
      let shards = NumberText.counted(group.shards, "shard")
      let rows = members.map { member in
        [
          NoiseLabels.long(member.measure) + (member.skewed ? " †" : ""),
          Format.number(member.mean),
          NoiseLabels.interval(member.low, member.high, Format.number),
          NoiseLabels.percent(member.relative),
          member.relative == nil
            ? ""
            : NoiseLabels.interval(member.relativeLow, member.relativeHigh, NoiseLabels.percent),
          Format.count(member.probes),
        ]
      }
      let title = "\(NoiseLabels.set(group.set)), \(shards)"
      return Format.table(
        [[title, "mean", "95 %", "of the promise", "95 %", "probes"]] + rows)
    }.joined(separator: "\n")
    let isSkewed = summary.contains(where: \.skewed)
    return tables + (isSkewed ? "† \(Estimate.skewedWords).\n" : "")
  }
}

/// How the numbers of noise probes are called.
enum NoiseLabels {
  /// The measure that every set has.
  static let first = "interaction"

  static func set(_ name: String) -> String {
    switch name {
    case "current": "current batch"
    case "other": "another batch"
    case "heldout": "held out"
    default: name
    }
  }

  static func short(_ measure: String) -> String {
    measure == "sequentialGap" ? "gap" : measure
  }

  static func long(_ measure: String) -> String {
    // The columns have to fit into the width of a page.
    NoiseRecord.numbers.first { $0.path == measure }?.words.replacing(" penalty", with: "")
      ?? measure
  }

  /// A share as a percentage of three significant digits.
  static func percent(_ share: Double?) -> String {
    guard let share, share.isFinite else { return "–" }
    if share == 0 { return "0 %" }
    return String(format: "%.3g %%", share * 100)
  }

  static func interval(
    _ low: Double?, _ high: Double?, _ format: (Double?) -> String
  ) -> String {
    guard let low, let high else { return "–" }
    return "\(format(low)) … \(format(high))"
  }
}

extension [NoiseSummary] {
  /// A measure's mean on a set.
  func find(_ measure: String, _ set: String, _ shards: Int) -> NoiseSummary? {
    first { $0.measure == measure && $0.set == set && $0.shards == shards }
  }

  /// A penalty's mean on a set; by its second-order form where there is no other.
  func penalty(_ measure: String, _ set: String, _ shards: Int) -> NoiseSummary? {
    let exact = find(measure, set, shards)
    if let exact, exact.mean != nil { return exact }
    return find(measure + "SecondOrder", set, shards) ?? exact
  }
}
