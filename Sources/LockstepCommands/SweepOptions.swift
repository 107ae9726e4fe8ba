import ArgumentParser
import Foundation
import Lockstep

/// What only `lockstep sweep` takes.
struct SweepOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The folder of the results.", valueName: "dir"), completion: .directory)
  var out: String?

  @Option(
    parsing: .unconditional,
    help:
      "Simulated runs at a time; runs on threads have the machine alone. (default: one per core)")
  var jobs: Int?

  @Option(parsing: .unconditional, help: "The largest number of runs. (default: 100000)")
  var limit: Int?

  @Flag(
    name: .customLong("dry-run"),
    help: "Print how many runs there are and about how long they take.")
  var dryRun = false

  @Flag(help: "Take the plan's long version, with its full blocks.")
  var full = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Carry out the I-th of N shares, for several machines; sweep merge joins their folders.",
      valueName: "i/n"))
  var shard: String?

  @Option(
    help: ArgumentHelp(
      "Search the largest stable value, for every configuration of the axes: learning-rate.",
      valueName: "option"))
  var bisect: String?

  @Option(
    parsing: .unconditional,
    help: "How exactly to search, as a share of the value. (default: 0.01)")
  var tolerance: Double?

  @Option(
    help: ArgumentHelp(
      """
      Which stability a search judges: path (single runs shrink), mean (their mean does), or \
      mean-square (the mean of their squares does). (default: path)
      """, valueName: "kind"), completion: .list(Stability.allCases.map(\.rawValue)))
  var stability: String?

  /// Which stability a search judges; `nil` where nobody says.
  ///
  /// - Throws: ``ConfigurationError``.
  func judgedStability() throws(ConfigurationError) -> Stability? {
    try stability.map { text throws(ConfigurationError) in
      try .choice(text, option: "--stability")
    }
  }

  /// How exactly to search; `nil` where nothing is searched.
  ///
  /// - Throws: ``ConfigurationError``.
  func bisectionTolerance() throws(ConfigurationError) -> Double? {
    guard let bisect else {
      guard tolerance == nil else {
        throw .conflict(reason: "--tolerance says how exactly to --bisect; give that, too")
      }
      guard stability == nil else {
        throw .conflict(reason: "--stability says what to --bisect by; give that, too")
      }
      return nil
    }
    guard bisect == "learning-rate" else {
      throw .unknown(
        option: "--bisect", value: bisect, choices: ["learning-rate"], nearest: nil)
    }
    let value = tolerance ?? 0.01
    guard value >= 1e-9, value <= 1 else {
      throw .invalid(
        option: "--tolerance", value: "\(value)", reason: "write a share from 1e-9 to 1")
    }
    return value
  }

  /// Which share of the runs is meant: the number, from 1, and of how many.
  ///
  /// - Throws: ``ConfigurationError``.
  func share() throws(ConfigurationError) -> (number: Int, count: Int) {
    guard let shard else { return (1, 1) }
    let parts = shard.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let number = parts[0], let count = parts[1],
      (1...100_000).contains(count), (1...count).contains(number)
    else {
      throw .invalid(
        option: "--shard", value: shard, reason: "write I/N with 1 ≤ I ≤ N, such as 1/4")
    }
    return (number, count)
  }

  /// The largest number of runs.
  ///
  /// - Throws: ``ConfigurationError``.
  func largestCount() throws(ConfigurationError) -> Int {
    guard let limit else { return SweepPlan.defaultLimit }
    guard limit >= 1 else {
      throw .invalid(
        option: "--limit", value: "\(limit)",
        reason: "write " + NumberText.wholeNumber(of: "runs", in: 1...Int.max))
    }
    return limit
  }
}
