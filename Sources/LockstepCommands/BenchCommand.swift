import ArgumentParser
import Foundation
import Lockstep
import Synchronization

/// `lockstep bench`: throughput and its limits on this machine.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure throughput, and its limits on this machine.",
    discussion: """
      Crosses models, policies, decompositions, numbers of workers and pin plans. Each \
      configuration is warmed up, then measured several times; the runs of all configurations are \
      interleaved, so that a machine that slows down slows all of them alike. Prints medians with \
      their intervals (below six runs: ranges) beside what the same pinned cores can do at most. Ctrl-C prints what \
      is complete; with --out the same command goes on from there.
      """)

  @OptionGroup var axes: BenchOptions
  @OptionGroup var reporting: ReportingOptions

  @Option(
    help: ArgumentHelp(
      "Write bench.json and the records of the runs to a folder, not over those of another plan.",
      valueName: "dir"))
  var out: String?

  func run() throws {
    let topology = try Topology(.live)
    let bench = try axes.bench(processingUnits: topology.machine.processingUnits)
    let results = try out.map { try Self.open($0, for: bench) }
    let store: any RunStore = results ?? MemoryStore()
    var answer = Interruption.Answer(
      ask: {
        bench.executor.interrupt()
        return store.count > 0
      }, nothing: "interrupted before a run was complete")
    if results != nil { answer.late = "interrupted; the same command goes on" }
    try Interruption.answering(answer) { try carryOut(bench, results, store, on: topology) }
  }

  /// Opens a folder of this plan, and empties one where every run is there: it is measured again.
  private static func open(_ path: String, for bench: Bench) throws -> ResultStore {
    try OutputFolder(path).check(
      that: "bench.json", is: BenchDocument.Plan(bench), under: "plan")
    let store = try ResultStore(opening: path, plan: bench.plan, runs: bench.runs)
    if bench.runs.distinct.allSatisfy({ store.contains($0.id) }) { try store.removeAll() }
    return store
  }

  private func carryOut(
    _ bench: Bench, _ results: ResultStore?, _ store: any RunStore, on topology: Topology
  ) throws {
    let display = Mutex(
      ProgressDisplay(reporting.progress, quiet: reporting.quiet, title: "bench"))
    let (document, failures) = try bench.measure(into: store, on: topology) { state in
      display.withLock { $0.show(state) }
    }
    Interruption.beginWriting()
    display.withLock { $0.finish() }
    if let results {
      try results.write(JSONFormat.encode(document), as: "bench.json")
      try SweepFolder.writeSummaries(
        of: results, plan: bench.plan, planned: bench.runs, on: topology)
    }
    if reporting.json {
      try Console.putJSON(document)
    } else {
      try Console.put(BenchReport(document).text)
    }
    WatchedSweep.tell(failures)
    if document.status == .interrupted { throw ExitStatus.interrupted }
    if !failures.isEmpty { throw ExitStatus.failed }
  }
}
