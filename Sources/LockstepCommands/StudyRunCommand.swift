import ArgumentParser
import Foundation
import Lockstep

/// `lockstep study run`.
struct StudyRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Carry out a study, check its claims, and write its page.",
    discussion: """
      Ends with 1 if a claim is not reproduced, or a run failed. Results are kept: the same command \
      resumes a study that was stopped, and checks the claims again.
      """)

  @Argument(help: "The study's name, or a file.", completion: .list(BundledStudies.names))
  var name: String

  @Option(
    help: ArgumentHelp("The folder of the results. (default: results/NAME)", valueName: "dir"),
    completion: .directory)
  var out: String?

  @Flag(help: "Take the study's long version.")
  var full = false

  @Option(
    parsing: .unconditional, help: "Simulated runs at a time. (default: one per core)")
  var jobs: Int?

  @OptionGroup var reporting: ReportingOptions

  func run() throws {
    let yaml = try StudyCommand.yaml(of: name)
    let study = try Study(yaml: yaml, path: name, variant: full ? .full : .quick)
    if full {
      try study.plan.checkIsLonger(
        than: Study(yaml: yaml, path: name, variant: .quick).plan, name: study.name)
    }
    let runs = try study.plan.runs()
    // Whatever is done now, the results so far are in the folder.
    let answer = Interruption.Answer(
      nothing: "stopped early; the same command resumes", status: .stopped)
    try Interruption.answering(answer) { try carryOut(study, runs) }
  }

  private func carryOut(_ study: Study, _ runs: PlannedRuns) throws {
    let folder = out ?? "results/\(study.name)\(full ? "-full" : "")"
    let watched = WatchedSweep(
      title: study.name, plan: study.plan, runs: runs, share: runs.distinct, folder: folder,
      options: try SweepExecutor.Options(checking: jobs), reporting: reporting)
    let result = try watched.carryOut { store in
      try store.write(Data(study.yaml.utf8), as: "study.yaml")
    }
    let isStopped = result.outcome.isInterrupted
    let claims = isStopped ? [] : study.check(on: runs.placed(result.records))
    var page: String?
    if !isStopped {
      try result.store.write(JSONFormat.encode(claims), as: "claims.json")
      page = try writePage(of: result, in: folder)
    }
    let document = StudyResult(
      study: study.name, folder: folder, page: page, outcome: result.outcome, claims: claims,
      ranking: isStopped ? nil : TargetRanking(result.records))
    if reporting.json {
      try Console.putJSON(document)
    } else if !isStopped {
      try Console.put(StudyReport(study.title, document).text)
    }
    try WatchedSweep.tell(result.outcome)
    if claims.contains(where: { $0.verdict == .notReproduced }) { throw ExitStatus.failed }
  }

  /// Writes the page.
  ///
  /// - Returns: its path; `nil` where no run could be carried out, so that there is nothing to show.
  private func writePage(of result: WatchedSweep.Result, in folder: String) throws -> String? {
    guard !result.records.isEmpty else { return nil }
    let page = "\(folder)/index.html"
    try OutputFolder.write(Data(try Report(folder: folder).html.utf8), to: page)
    return page
  }
}

/// What `lockstep study run --json` prints: `lockstep.study/1`.
struct StudyResult: Encodable {
  let schema = "lockstep.study/1"
  /// The study's name.
  let study: String
  /// The folder.
  let folder: String
  /// The page; left out where there is none.
  let page: String?
  /// The number of runs that there are results of.
  let runs: Int
  /// Whether it was stopped before the end, so that no claim was checked.
  let interrupted: Bool
  /// Runs that could not be carried out.
  let failures: [SweepFailure]
  /// The claims, in the study's order.
  let claims: [ClaimResult]
  /// Which configuration reached its target first; left out where runs had no target.
  let ranking: TargetRanking?

  init(
    study: String, folder: String, page: String?, outcome: SweepOutcome, claims: [ClaimResult],
    ranking: TargetRanking?
  ) {
    self.study = study
    self.folder = folder
    self.page = page
    runs = outcome.executed + outcome.present
    interrupted = outcome.isInterrupted
    failures = outcome.failures
    self.claims = claims
    self.ranking = ranking
  }
}
