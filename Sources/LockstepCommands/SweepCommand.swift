import ArgumentParser
import Foundation
import Lockstep

/// `lockstep sweep`: many runs from a plan.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Carry out many runs: a grid of options, or a plan's.",
    discussion: """
      Axes are written NAME=VALUES, such as policy=barrier,bounded:4,hogwild workers=1..8 \
      'learning-rate=logspace(-3,-1,5)' seed=1..5; 'zip(model=mlp:8,mlp:16 batch=8,16)' pairs \
      axes. A plan's file takes their place. Options of run hold for all runs. Records go to a \
      folder; the same command resumes a sweep that was stopped, whatever stopped it. \
      'lockstep sweep merge DIR… --out DIR' joins the folders of shares.
      """)

  @Argument(
    help: ArgumentHelp("A plan's file, or axes NAME=VALUES.", valueName: "plan"),
    completion: .file(extensions: ["yaml", "yml"]))
  var plan: [String] = []

  @OptionGroup(title: "Sweeping") var sweep: SweepOptions
  @OptionGroup var reporting: ReportingOptions
  @OptionGroup(title: "What all runs have in common") var training: TrainingOptions

  func run() throws {
    // Options may stand before the word.
    if plan.first == SweepMergeCommand.name {
      return try SweepMergeCommand.join(Array(plan.dropFirst()), into: sweep.out, reporting)
    }
    let plan = try readPlan()
    let runs = try plan.runs(limit: sweep.largestCount())
    let (number, count) = try sweep.share()
    let share = count == 1 ? runs.distinct : runs.share(number, of: count)
    let options = try SweepExecutor.Options(checking: sweep.jobs)
    if sweep.dryRun { return try preview(plan, runs, share, options) }
    guard let out = sweep.out else {
      throw ConfigurationError.conflict(
        reason: "a sweep needs a folder for its results; add --out DIR")
    }
    let watched = WatchedSweep(
      title: plan.name.map { "sweep \($0)" } ?? "sweep", plan: plan, runs: runs, share: share,
      folder: out, options: options, reporting: reporting)
    let result = try watched.carryOut()
    let document = SweepDocument(
      folder: out, plan: runs.digest, runs: share.count, outcome: result.outcome,
      bisection: result.bisection)
    if reporting.json {
      try Console.putJSON(document)
    } else {
      let records = result.bisection == nil ? runs.placed(result.records) : []
      try Console.put(SweepReport(document, records: records, axes: plan.axisNames).text)
    }
    try WatchedSweep.tell(result.outcome)
  }

  private func preview(
    _ plan: SweepPlan, _ runs: PlannedRuns, _ share: [PlannedRun],
    _ options: SweepExecutor.Options
  ) throws {
    var known: Set<String> = []
    if let out = sweep.out {
      known = try ResultStore.ids(in: out)
      if let found = try ResultStore.digest(in: out), found != runs.digest,
        try !ResultStore.isPlan(in: out, containedIn: runs)
      {
        throw StoreError.otherPlan(folder: out, found: found, asked: runs.digest)
      }
    }
    let present: Int
    let missing: [(run: PlannedRun, count: Int)]
    if let tolerance = plan.bisectionTolerance {
      let records = try known.isEmpty ? [] : sweep.out.map(ResultStore.runs) ?? []
      let forecast = BisectionForecast(
        share, tolerance: tolerance, stability: plan.stability, records: records)
      (present, missing) = (forecast.finished, forecast.remaining)
    } else {
      missing = share.filter { !known.contains($0.id) }.map { ($0, 1) }
      present = share.count - missing.count
    }
    let preview = SweepPreview(
      plan: plan, runs: runs, share: share.count, present: present,
      trials: plan.bisectionTolerance == nil ? nil : missing.reduce(0) { $0 + $1.count },
      estimate: SweepEstimate(missing, jobs: options.jobs, on: try Topology(.live)))
    if reporting.json {
      try Console.putJSON(preview)
    } else {
      try Console.put(preview.text(jobs: options.jobs))
    }
  }

  /// Whether an argument is meant as a plan's file: it is no axis, and looks like a file or is one.
  private static func isFile(_ argument: String) -> Bool {
    guard !argument.contains("="), !argument.hasPrefix("zip(") else { return false }
    return argument.contains { $0 == "." || $0 == "/" }
      || FileManager.default.fileExists(atPath: argument)
  }

  private func readPlan() throws -> SweepPlan {
    let given = try training.given()
    let tolerance = try sweep.bisectionTolerance()
    let stability = try sweep.judgedStability()
    if plan.count == 1, let path = plan.first, Self.isFile(path) {
      guard given.names.isEmpty else {
        throw ConfigurationError.conflict(
          reason:
            "--\(given.names[0]) stands beside a plan's file; write it under the plan's options")
      }
      let yaml = try PlanText.read(path)
      var result = try SweepPlan(yaml: yaml, path: path, variant: sweep.full ? .full : .quick)
      if sweep.full {
        try result.checkIsLonger(than: SweepPlan(yaml: yaml, path: path), name: path)
      }
      if let tolerance { result.bisectionTolerance = tolerance }
      if let stability { result.stability = stability }
      return result
    }
    if sweep.full {
      throw ConfigurationError.conflict(
        reason: "--full chooses between versions in a plan's file; leave it out")
    }
    var result = try SweepPlan(axes: plan, options: given)
    result.bisectionTolerance = tolerance
    result.stability = stability ?? .path
    return result
  }
}
