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

  @Option(
    help: ArgumentHelp("The data set, as for run.", valueName: "data"),
    completion: Completions.of("data"))
  var data: String?

  @Option(
    name: .customLong("held-out"),
    help: ArgumentHelp("The held-out set, as for run.", valueName: "held-out"))
  var heldOut = "automatic"

  @Option(
    help: ArgumentHelp("\(OptimizerSpecification.grammar)."),
    completion: Completions.of("optimizer"))
  var optimizer = "sgd"

  @Option(
    name: .customLong("learning-rate"), help: "The learning rate. (default: by optimizer)")
  var learningRate: Double?

  @Option(help: "The number of examples of a minibatch, or full.")
  var batch = "32"

  @Option(
    help: "How minibatches are drawn: shuffled or replacement.",
    completion: Completions.of("sampling"))
  var sampling = "shuffled"

  @Option(help: "The seed of everything random.")
  var seed: UInt64 = 1

  @Option(
    help: "Dense algebra by blas, or portable: the same bits on every processor.",
    completion: Completions.of("kernels"))
  var kernels = "blas"

  @Option(help: "The parameters' type: single or double.", completion: Completions.of("precision"))
  var precision = "single"

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
  /// - Throws: ``ConfigurationError``.
  func plan(processingUnits: Int) throws(ConfigurationError) -> BenchPlan {
    var models: [ModelSpecification] = []
    for text in BenchAxes.distinct(model.isEmpty ? ["mlp:128"] : model) {
      models.append(try ModelSpecification(text))
    }
    guard let first = models.first else { throw .conflict(reason: "--model needs a value") }
    var shared = RunConfiguration(model: first)
    if let data { shared.data = try DataSpecification(data) }
    shared.heldOut = try HeldOut(heldOut)
    shared.optimizer = try OptimizerSpecification(optimizer)
    shared.learningRate = learningRate
    shared.batch = try BatchSize(batch)
    shared.sampling = try .choice(sampling, option: "--sampling")
    shared.seed = seed
    shared.kernels = try .choice(kernels, option: "--kernels")
    let scalar: Precision = try .choice(precision, option: "--precision")
    shared.precision = scalar
    let policies = quick ? "barrier,bounded:4,hogwild" : "barrier,bounded:4,hogwild,locked"
    let pins = BenchAxes.distinct(pin.isEmpty ? ["compact"] : pin)
    // A wrong plan is bad usage whatever the machine.
    for text in pins { _ = try PinPlan(text) }
    return try BenchPlan(
      models: models, policies: BenchAxes.policies(policy.isEmpty ? [policies] : policy),
      decompositions: BenchAxes.decompositions(
        decomposition.isEmpty ? ["blocks,samples"] : decomposition),
      workers: BenchAxes.workers(
        workers.isEmpty ? ["1,\(min(processingUnits, 255))"] : workers),
      pins: pins, shared: shared, length: length(), runs: runs ?? (quick ? 3 : 5),
      limitSeconds: quick ? 0.1 : 0.3)
  }

  private func length() throws(ConfigurationError) -> BenchPlan.Length {
    let given = [
      ("--seconds", seconds != nil), ("--updates", updates != nil), ("--epochs", epochs != nil),
    ].filter(\.1).map(\.0)
    guard given.count <= 1 else {
      throw .conflict(
        reason: "\(given.joined(separator: " and ")) each say how long a run is; give one of them")
    }
    if let updates { return .updates(updates) }
    if let epochs { return .epochs(epochs) }
    return .seconds(seconds ?? (quick ? 0.2 : 1))
  }
}
