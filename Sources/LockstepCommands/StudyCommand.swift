import ArgumentParser
import Foundation
import Lockstep

/// `lockstep study`: plans with claims that are checked on their results.
struct StudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study", abstract: "Check published claims on runs of one's own.",
    discussion: """
      A study is a plan of runs with claims about their results. Each claim comes out reproduced, not \
      reproduced or inconclusive, with its number, its interval and its source.
      """,
    subcommands: [StudyListCommand.self, StudyShowCommand.self, StudyRunCommand.self])

  /// A bundled study, or one in a file.
  ///
  /// - Throws: ``ConfigurationError`` for a name that is none; ``PlanError`` for a file.
  static func yaml(of name: String) throws -> String {
    if let text = BundledStudies.yaml(of: name) { return text }
    guard name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml") else {
      throw ConfigurationError.unknown(
        option: "study", value: name, choices: BundledStudies.names,
        nearest: Suggestion.nearest(to: name, among: BundledStudies.names))
    }
    return try PlanText.read(name)
  }
}

extension SweepPlan {
  /// Makes sure that a long version is one: it differs from the quick one.
  ///
  /// - Throws: ``ConfigurationError/conflict(reason:)``.
  func checkIsLonger(than quick: SweepPlan, name: String) throws(ConfigurationError) {
    guard self != quick else {
      throw .conflict(reason: "\(name) has no long version (no full block); leave out --full")
    }
  }
}

/// `lockstep study list`.
struct StudyListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the bundled studies.")

  @Flag(help: "Print one JSON document instead of text.")
  var json = false

  /// One study.
  private struct Entry: Encodable {
    let name: String
    let title: String
    let runs: Int
    /// The number of runs of its long version; left out where it has none.
    let fullRuns: Int?
    let claims: Int
  }

  func run() throws {
    let entries = try BundledStudies.names.map { name in
      let yaml = try StudyCommand.yaml(of: name)
      let study = try Study(yaml: yaml, path: name, variant: .quick)
      let full = try Study(yaml: yaml, path: name, variant: .full).plan
      return Entry(
        name: name, title: study.title, runs: try study.plan.runs().distinct.count,
        fullRuns: full == study.plan ? nil : try full.runs().distinct.count,
        claims: study.claims.count)
    }
    guard !json else { return try Console.putJSON(entries) }
    let width = entries.map(\.name.count).max() ?? 0
    try Console.put(
      entries.map { entry in
        entry.name.padding(toLength: width + 2, withPad: " ", startingAt: 0)
          + "\(entry.title) (\(NumberText.counted(entry.runs, "run")), "
          + (entry.fullRuns.map { "\(Format.count($0)) with --full, " } ?? "")
          + "\(NumberText.counted(entry.claims, "claim")))\n"
      }.joined())
  }
}

/// `lockstep study show`.
struct StudyShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print a study, as a start for a study of your own.")

  @Argument(help: "The study's name, or a file.", completion: .list(BundledStudies.names))
  var name: String

  func run() throws { try Console.put(try StudyCommand.yaml(of: name)) }
}
