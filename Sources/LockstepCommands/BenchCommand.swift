import ArgumentParser
import Foundation
import Lockstep

/// `lockstep bench`: throughput and its limits on this machine.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure throughput, and its limits on this machine.",
    discussion: """
      Crosses models, policies, decompositions, numbers of workers and pin plans. Each \
      configuration is warmed up, then measured several times; the runs of all configurations are \
      interleaved, so that a machine that slows down slows all of them alike. Prints medians with \
      their intervals (below six runs: ranges) beside what the same pinned cores can do at most. Ctrl-C prints what \
      is complete.
      """)

  @OptionGroup var axes: BenchOptions
  @OptionGroup var reporting: ReportingOptions

  @Option(
    help: ArgumentHelp(
      "Write bench.json and bench.csv (one line a run) to a folder, not over those of another plan.",
      valueName: "dir"))
  var out: String?

  func run() throws {
    let topology = try Topology(.live)
    let plan = try axes.plan(processingUnits: topology.machine.processingUnits)
    let measurement = BenchMeasurement()
    let answer = Interruption.Answer(
      ask: { measurement.interrupt() }, nothing: "interrupted before a run was complete")
    try Interruption.answering(answer) { try carryOut(measurement, plan, on: topology) }
  }

  private func carryOut(
    _ measurement: BenchMeasurement, _ plan: BenchPlan, on topology: Topology
  ) throws {
    let folder = try out.map { path throws(OutputError) in try OutputFolder(path) }
    try folder?.check(that: "bench.json", is: BenchDocument.Plan(plan), under: "plan")
    var display = ProgressDisplay(reporting.progress, quiet: reporting.quiet, title: "bench")
    let outcome = try measurement.execute(plan, on: topology) { state in
      display.show(state.fraction, state.activity)
    }
    Interruption.beginWriting()
    display.finish()
    let document = BenchDocument(plan, outcome, machine: topology.machine)
    if let folder {
      try folder.write(JSONFormat.encode(document), as: "bench.json")
      try folder.write(Data(BenchTable.csv(outcome).utf8), as: "bench.csv")
    }
    if reporting.json {
      try Console.putJSON(document)
    } else {
      try Console.put(BenchReport(document).text)
    }
    if outcome.isInterrupted { throw ExitStatus.interrupted }
  }
}
