import ArgumentParser
import Foundation
import Lockstep
import Synchronization

/// `lockstep sweep`: many runs from a plan.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Carry out many runs: a grid of options, or a plan's.",
    discussion: """
      Axes are written NAME=VALUES, such as policy=barrier,bounded:4,hogwild workers=1..8 \
      'learning-rate=logspace(-3,-1,5)' seed=1..5; 'zip(model=mlp:8,mlp:16 batch=8,16)' pairs \
      axes. A plan's file takes their place. Options of run hold for all runs. Records go to a \
      folder; the same command goes on where it was stopped, whatever stopped it.
      """,
    subcommands: [SweepRunCommand.self],
    defaultSubcommand: SweepRunCommand.self)
}

/// The sweep itself.
struct SweepRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Carry out the runs of a plan.")

  @Argument(help: ArgumentHelp("A plan's file, or axes NAME=VALUES.", valueName: "plan"))
  var plan: [String] = []

  @OptionGroup var training: TrainingOptions
  @OptionGroup var reporting: ReportingOptions

  @Option(help: ArgumentHelp("The folder of the results.", valueName: "dir"))
  var out: String?

  @Option(
    parsing: .unconditional,
    help:
      "Simulated runs at a time; runs on threads have the machine to themselves. (default: cores)"
  )
  var jobs: Int?

  @Option(
    parsing: .unconditional, help: "The largest number of runs. (default: 100000)")
  var limit: Int?

  @Flag(help: "Take the plan's long version: what its full blocks say.")
  var full = false

  func run() throws {
    let plan = try readPlan()
    let runs = try plan.runs(limit: limit ?? SweepPlan.defaultLimit)
    guard let out else {
      throw ConfigurationError.conflict(
        reason: "a sweep needs a folder for its results; add --out DIR")
    }
    let topology = try Topology(.live)
    let store = try ResultStore(
      opening: out, document: PlanDocument.text(plan, digest: runs.digest), digest: runs.digest)
    let executor = SweepExecutor()
    let interruption = Interruption { executor.interrupt() }
    defer { interruption.end() }
    let display = Mutex(
      ProgressDisplay(
        reporting.progress, quiet: reporting.quiet,
        title: plan.name.map { "sweep \($0)" } ?? "sweep"))
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
    try SweepFolder.writeSummaries(of: store, plan: plan, on: topology)
    if outcome.isInterrupted { throw ExitStatus.stopped }
    if !outcome.failures.isEmpty { throw ExitStatus.failed }
  }

  private func readPlan() throws -> SweepPlan {
    let given = try training.given()
    if plan.count == 1, let path = plan.first, !path.contains("=") {
      guard given.names.isEmpty else {
        throw ConfigurationError.conflict(
          reason:
            "--\(given.names[0]) stands beside a plan's file; write it under the plan's options")
      }
      return try SweepPlan(contentsOf: path, variant: full ? .full : .quick)
    }
    return try SweepPlan(axes: plan, options: given)
  }
}
