import ArgumentParser
import Foundation
import Lockstep
import Synchronization

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
    do {
      return try String(contentsOfFile: name, encoding: .utf8)
    } catch {
      throw PlanError.notFound(path: name, reason: OutputError.reason(error))
    }
  }
}

/// `lockstep study list`.
struct StudyListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the bundled studies.")

  func run() throws {
    let width = BundledStudies.names.map(\.count).max() ?? 0
    var text = ""
    for name in BundledStudies.names {
      let study = try Study(yaml: StudyCommand.yaml(of: name), path: name, variant: .quick)
      let runs = try study.plan.runs().distinct.count
      text += name.padding(toLength: width + 2, withPad: " ", startingAt: 0)
      text += "\(study.title) (\(runs) runs, \(study.claims.count) claims)\n"
    }
    try Console.put(text)
  }
}

/// `lockstep study show`.
struct StudyShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print a study: a file to start one's own from.")

  @Argument(help: "The study's name, or a file.")
  var name: String

  func run() throws { try Console.put(try StudyCommand.yaml(of: name)) }
}

/// `lockstep study run`.
struct StudyRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Carry out a study, check its claims, and write its page.",
    discussion: """
      Ends with 1 if a claim is not reproduced. Results are kept: the same command goes on where it was \
      stopped, and checks the claims again.
      """)

  @Argument(help: "The study's name, or a file.")
  var name: String

  @Option(
    help: ArgumentHelp("The folder of the results. (default: results/NAME)", valueName: "dir"))
  var out: String?

  @Flag(help: "Take the study's long version.")
  var full = false

  @Option(
    parsing: .unconditional, help: "Simulated runs at a time. (default: one per core)")
  var jobs: Int?

  @OptionGroup var reporting: ReportingOptions

  func run() throws {
    let study = try Study(
      yaml: StudyCommand.yaml(of: name), path: name, variant: full ? .full : .quick)
    let runs = try study.plan.runs()
    let topology = try Topology(.live)
    let folder = out ?? "results/\(study.name)\(full ? "-full" : "")"
    let executor = SweepExecutor()
    let interruption = Interruption { executor.interrupt() }
    defer { interruption.end() }
    let store = try ResultStore(
      opening: folder, document: PlanDocument.text(study.plan, digest: runs.digest),
      digest: runs.digest)
    try store.write(Data(study.yaml.utf8), as: "study.yaml")
    let display = Mutex(
      ProgressDisplay(reporting.progress, quiet: reporting.quiet, title: study.name))
    var options = SweepExecutor.Options()
    if let jobs { options.jobs = jobs }
    let outcome = try executor.execute(
      runs.distinct, into: store, options: options, on: topology
    ) { state in
      display.withLock { display in
        let failed = state.failed > 0 ? ", \(Format.count(state.failed)) failed" : ""
        display.show(
          Double(state.finished) / Double(max(1, state.total)),
          "\(Format.count(state.finished)) of \(Format.count(state.total)) runs\(failed)")
      }
    }
    display.withLock { $0.finish() }
    let records = try SweepFolder.writeSummaries(of: store, plan: study.plan, on: topology)
    if outcome.isInterrupted { throw ExitStatus.stopped }
    for failure in outcome.failures {
      Console.say("lockstep: \(failure.axes): \(failure.reason)")
    }
    let claims = try study.check(on: runs.placed(records))
    try store.write(JSONFormat.encode(claims), as: "claims.json")
    let page = "\(folder)/index.html"
    try OutputFolder.write(Data(try Report(folder: folder).html.utf8), to: page)
    let result = StudyResult(
      study: study, folder: folder, page: page, outcome: outcome, claims: claims)
    if reporting.json {
      try Console.putJSON(result)
    } else {
      try Console.put(ClaimTable(study.title, result).text)
    }
    if !outcome.failures.isEmpty || claims.contains(where: { $0.verdict == .notReproduced }) {
      throw ExitStatus.failed
    }
  }
}

/// What `lockstep study run --json` prints: `lockstep.study/1`.
struct StudyResult: Encodable {
  let schema = "lockstep.study/1"
  let study: String
  let folder: String
  let page: String
  let runs: Int
  let failures: [SweepFailure]
  let claims: [ClaimResult]

  init(study: Study, folder: String, page: String, outcome: SweepOutcome, claims: [ClaimResult]) {
    self.study = study.name
    self.folder = folder
    self.page = page
    runs = outcome.executed + outcome.present
    failures = outcome.failures
    self.claims = claims
  }
}
