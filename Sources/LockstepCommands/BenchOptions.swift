import ArgumentParser
import Foundation
import Lockstep

/// The options that say what `lockstep bench` measures.
struct BenchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A model, as for run; may be repeated. (default: mlp:128)", valueName: "model"),
    completion: Completions.of("model"))
  var model: [String] = []

  @Option(
    help: ArgumentHelp(
      "Policies with commas between them. (default: barrier,bounded:4,hogwild,locked)",
      valueName: "policies"), completion: Completions.of("policy"))
  var policy: [String] = []

  @Option(
    help: ArgumentHelp(
      "What the workers divide: blocks, samples or both. (default: blocks,samples)",
      valueName: "decompositions"), completion: Completions.of("decomposition"))
  var decomposition: [String] = []

  @Option(
    help: ArgumentHelp(
      "Numbers of workers and ranges: 1,2 or 1..4. (default: 1 and the processing units)",
      valueName: "workers"))
  var workers: [String] = []

  @Option(
    help: ArgumentHelp(
      "Where workers are pinned, as for run; may be repeated. (default: compact)",
      valueName: "plan"), completion: Completions.of("pin"))
  var pin: [String] = []

  @OptionGroup var learning: LearningOptions

  @Option(help: "How often each configuration is measured. (default: 5, with --quick 3)")
  var runs: Int?

  @Option(help: "About how long a measured run lasts. (default: 1, with --quick 0.2)")
  var seconds: Double?

  @Option(help: "Make exactly so many updates a run, instead of --seconds.")
  var updates: Int?

  @Option(help: "Make exactly so many passes over the data a run, instead of --seconds.")
  var epochs: Double?

  @Flag(help: "Short runs, few of them, and no locked policy by default: under 30 seconds.")
  var quick = false

  /// Reads the options into a plan.
  ///
  /// - Parameter processingUnits: how many the machine has.
  /// - Throws: ``ConfigurationError`` or ``PlanError``.
  func bench(processingUnits: Int) throws -> Bench {
    let lengths = [
      ("updates", updates.map { "\($0)" }), ("epochs", epochs.map { "\($0)" }),
      ("seconds", seconds.map { "\($0)" }),
    ].filter { $0.1 != nil }
    guard lengths.count <= 1 else {
      let names = lengths.map { "--\($0.0)" }.joined(separator: " and ")
      throw ConfigurationError.conflict(
        reason: "\(names) each say how long a run is; give one of them")
    }
    var given = RunOptions()
    for (name, text) in learning.texts + lengths where name != "seconds" {
      try given.set(name, text)
    }
    // Models and pin plans hold commas of their own.
    func whole(_ texts: [String]) -> [String] { texts.map { "[\($0)]" } }
    let policies = quick ? "barrier,bounded:4,hogwild" : "barrier,bounded:4,hogwild,locked"
    let axes: [(name: String, given: [String], usual: String)] = [
      ("model", whole(model), RunOptions.defaultModel), ("pin", whole(pin), "compact"),
      ("decomposition", decomposition, "blocks,samples"), ("policy", policy, policies),
      ("workers", workers, "1,\(min(processingUnits, 255))"),
    ]
    var plan = try SweepPlan(
      axes: axes.map { axis in
        "\(axis.name)=\(axis.given.isEmpty ? axis.usual : axis.given.joined(separator: ","))"
      }, options: given)
    for group in plan.parts[0].groups.indices {
      plan.parts[0].groups[group][0].values = plan.parts[0].groups[group][0].values.uniqued
    }
    plan.repetitions = try Repetitions(
      runs: runs ?? (quick ? 3 : 5),
      seconds: updates == nil && epochs == nil ? seconds ?? (quick ? 0.2 : 1) : nil)
    let bench = try Bench(plan, limitSeconds: quick ? 0.1 : 0.3)
    // A wrong plan is bad usage whatever the machine.
    for run in bench.runs.all { _ = try PinPlan(run.configuration.resolvedPin) }
    return bench
  }
}
