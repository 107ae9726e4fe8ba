import Foundation
import Lockstep
import Synchronization

/// The runs of a plan, carried out into a folder while somebody watches: what `sweep` and `study run` share.
///
/// Opens the folder, shows progress, stops at Ctrl-C, and writes the folder's tables at the end, also of a
/// sweep that was stopped.
struct WatchedSweep {
  /// What came of it.
  struct Result {
    /// The folder, still open.
    var store: ResultStore
    /// The runs that were carried out, that were there, and that failed.
    var outcome: SweepOutcome
    /// What was found, where something was searched.
    var bisection: [BisectionResult]?
    /// Every record of the plan's runs.
    var records: [StoredRun]
  }

  /// The most failed runs that are told one by one.
  static let largestFailureCount = 20

  /// What stands before the progress bar.
  var title: String
  /// The plan.
  var plan: SweepPlan
  /// All of its runs.
  var runs: PlannedRuns
  /// Those that are meant.
  var share: [PlannedRun]
  /// Where results go.
  var folder: String
  /// How many runs at a time.
  var options: SweepExecutor.Options
  /// How progress is shown.
  var reporting: ReportingOptions

  /// Carries out what the folder lacks.
  ///
  /// - Parameter prepare: called with the folder before the first run.
  /// - Throws: ``StoreError``, ``TopologyError``, and what `prepare` throws.
  func carryOut(prepare: (ResultStore) throws -> Void = { _ in }) throws -> Result {
    guard !folder.isEmpty else {
      throw ConfigurationError.invalid(
        option: "--out", value: "''", reason: "give the name of a folder")
    }
    let executor = SweepExecutor()
    let answer = Interruption.Answer(
      ask: {
        executor.interrupt()
        return true
      }, late: "stopped early; the same command resumes", status: .stopped)
    return try Interruption.answering(answer) { try carryOut(executor, prepare) }
  }

  private func carryOut(
    _ executor: SweepExecutor, _ prepare: (ResultStore) throws -> Void
  ) throws -> Result {
    let topology = try Topology(.live)
    try ThreadAllowance.require(SweepExecutor.threads(for: share, options: options))
    let store = try ResultStore(opening: folder, plan: plan, runs: runs)
    try prepare(store)
    let display = Mutex(
      ProgressDisplay(reporting.progress, quiet: reporting.quiet, title: title))
    defer { display.withLock { $0.finish() } }
    let show = { @Sendable (state: SweepProgress) in display.withLock { $0.show(state) } }
    let outcome: SweepOutcome
    var bisection: [BisectionResult]?
    if let tolerance = plan.bisectionTolerance {
      let found = try executor.bisect(
        runs.inPlanOrder(share), tolerance: tolerance, stability: plan.stability, into: store,
        options: options,
        on: topology, progress: show)
      (outcome, bisection) = (found.sweep, found.results)
    } else {
      outcome = try executor.execute(
        share, into: store, options: options, on: topology, progress: show)
    }
    if executor.isInterrupted { Interruption.beginWriting() }
    let records = try SweepFolder.writeSummaries(
      of: store, plan: plan, planned: runs, on: topology)
    Self.tell(foreign: records.foreign, in: folder)
    if let bisection { try SweepFolder.write(bisection, to: store, plan: plan) }
    return Result(store: store, outcome: outcome, bisection: bisection, records: records.own)
  }

  /// The most records of other plans that are told one by one.
  static let largestForeignCount = 5

  /// Says on standard error which records of a folder are not the plan's.
  static func tell(foreign: [StoredRun], in folder: String) {
    guard !foreign.isEmpty else { return }
    let shown = foreign.prefix(largestForeignCount).map(\.id).joined(separator: ", ")
    let more = foreign.count > largestForeignCount ? ", …" : ""
    let records = NumberText.counted(foreign.count, "record")
    Console.say(
      "lockstep: \(folder)/\(ResultStore.Name.results) holds \(records) of another plan "
        + "(\(shown)\(more)), left out of every table")
  }

  /// Says on standard error which runs failed.
  static func tell(_ failures: [SweepFailure]) {
    for failure in failures.prefix(largestFailureCount) {
      let part = failure.part.map { "\($0): " } ?? ""
      Console.say("lockstep: \(failure.id) (\(part)\(failure.axes)) failed: \(failure.reason)")
    }
    if !failures.isEmpty {
      let runs = NumberText.counted(failures.count, "run")
      Console.say("lockstep: \(runs) failed; the same command tries again")
    }
  }

  /// Says on standard error what did not go as it should.
  ///
  /// - Throws: ``ExitStatus/stopped`` where it was interrupted, ``ExitStatus/failed`` where a run failed.
  static func tell(_ outcome: SweepOutcome) throws(ExitStatus) {
    tell(outcome.failures)
    if outcome.isInterrupted {
      Console.say("lockstep: stopped early; the same command resumes")
      throw .stopped
    }
    if !outcome.failures.isEmpty { throw .failed }
  }
}

extension SweepExecutor.Options {
  /// Reads `--jobs`; `nil` is the default.
  ///
  /// - Throws: ``ConfigurationError`` for a number that makes no sense.
  init(checking jobs: Int?) throws(ConfigurationError) {
    self.init()
    guard let jobs else { return }
    guard (1...1024).contains(jobs) else {
      throw .invalid(
        option: "--jobs", value: "\(jobs)", reason: "write " + NumberText.wholeNumber(in: 1...1024))
    }
    self.jobs = jobs
  }
}

extension ProgressDisplay {
  /// Shows how far a sweep is.
  mutating func show(_ state: SweepProgress) {
    let failed = state.failed > 0 ? ", \(Format.count(state.failed)) failed" : ""
    show(
      (Double(state.finished) + state.share) / Double(max(1, state.total)),
      "\(Format.count(state.finished)) of \(NumberText.counted(state.total, "run"))\(failed)"
        + (state.activity.map { ": \($0)" } ?? ""))
  }
}
