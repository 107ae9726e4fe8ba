import ArgumentParser
import Foundation
import Lockstep

/// The options of one training run, shared by every command that trains.
struct TrainingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What to train: quadratic:KEY=V,…, least-squares, logistic, svm, mlp:H1xH2… or "
        + "factorization:RANK.", valueName: "model"))
  var model = "mlp:128"

  @Option(
    help: ArgumentHelp(
      "What to train on: digits, fashion-mnist[:DIR], idx:DIR, libsvm:FILE, csv:FILE, "
        + "ratings:FILE or synthetic:KEY=V,….", valueName: "data"))
  var data: String?

  @Option(
    name: .customLong("held-out"), parsing: .unconditional,
    help: ArgumentHelp(
      "What to judge by: automatic, a fraction of the examples, or another data set.",
      valueName: "held-out"))
  var heldOut = "automatic"

  @Option(help: "Who carries it out: threads (real workers), or virtual (simulated ones).")
  var engine = "threads"

  @Option(help: "What the workers divide: blocks (parameters) or samples (minibatches).")
  var decomposition = "blocks"

  @Option(
    help: ArgumentHelp(
      "Who may start an iteration when: sequential, barrier, bounded:S, hogwild or locked. "
        + "(default: barrier, and hogwild with --delay)"))
  var policy: String?

  @Option(parsing: .unconditional, help: "The number of workers.")
  var workers = 1

  @Option(help: "sgd, momentum:M, nesterov:M, adagrad, rmsprop or adam.")
  var optimizer = "sgd"

  @Option(
    name: .customLong("learning-rate"), parsing: .unconditional,
    help: "The learning rate. (default: by optimizer)")
  var learningRate: Double?

  @Option(
    parsing: .unconditional,
    help: "The rate along the run: constant or linear. (default: linear for epochs without a rate)")
  var schedule: String?

  @Option(parsing: .unconditional, help: "The number of examples of a minibatch, or full.")
  var batch = "32"

  @Option(help: "How minibatches are drawn: shuffled or replacement.")
  var sampling = "shuffled"

  @Option(parsing: .unconditional, help: "The number of updates to make.")
  var updates: Int?

  @Option(
    parsing: .unconditional, help: "The number of passes over the training set. (default: 5)")
  var epochs: Double?

  @Option(
    name: .customLong("target-loss"), parsing: .unconditional,
    help: "Stop when the training loss is at most this.")
  var targetLoss: Double?

  @Option(parsing: .unconditional, help: "The seed of everything random.")
  var seed: UInt64 = 1

  @Option(help: "Dense algebra by blas, or portable: the same bits on every processor.")
  var kernels = "blas"

  @Option(
    help: ArgumentHelp(
      "The parameters' type: single or double. (default: single; double in virtual time and with "
        + "noise probes)"))
  var precision: String?

  @Option(
    help: ArgumentHelp(
      "Where workers are pinned: none, compact, scatter, cores, sockets, numa, core:0-3, "
        + "pu:0,2, os:0-3,8 or a 0x mask. (default: compact)", valueName: "plan"))
  var pin: String?

  @OptionGroup(title: "Virtual time") var virtual: VirtualOptions

  @Option(
    help: ArgumentHelp(
      "What to record: loss=EVERY, the number of updates between two losses; noise=EVERY, the same "
        + "for noise probes; or trace; may be repeated."))
  var record: [String] = []

  @OptionGroup(title: "Noise probes") var noise: NoiseOptions

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp("Start from the parameters in a NumPy file.", valueName: "file.npy"))
  var initialParameters: String?

  @Option(
    help: ArgumentHelp(
      "Store how long reading, computing and applying took, for --service calibrated:FILE.",
      valueName: "file"))
  var calibrate: String?

  @Option(help: ArgumentHelp("Write the last parameters as a NumPy file.", valueName: "file.npy"))
  var save: String?

  @Option(
    help: ArgumentHelp(
      "Take the minibatches from a file: example numbers from 0, one minibatch a line.",
      valueName: "file"))
  var batches: String?

  /// Reads the options into a configuration.
  ///
  /// - Parameter probing: one update in how many is probed for noise, unless `--record` says it.
  /// - Throws: ``ConfigurationError``.
  func configuration(probing: Int? = nil) throws -> RunConfiguration {
    var result = RunConfiguration(model: try ModelSpecification(model))
    result.data = try data.map { text throws(ConfigurationError) in try DataSpecification(text) }
    result.heldOut = try HeldOut(heldOut)
    result.engine = try Self.choice(engine, option: "--engine")
    result.decomposition = try Self.choice(decomposition, option: "--decomposition")
    result.virtual = try virtual.configuration()
    result.policy = try PolicySpecification.parse(
      policy ?? (virtual.delay == nil ? "barrier" : "hogwild"))
    result.workers = workers
    result.optimizer = try OptimizerSpecification(optimizer)
    result.learningRate = learningRate
    result.schedule = try schedule.map { text throws(ConfigurationError) in
      try Self.choice(text, option: "--schedule")
    }
    result.batch = try BatchSize(batch)
    result.sampling = try Self.choice(sampling, option: "--sampling")
    result.updates = updates
    result.epochs = epochs
    result.targetLoss = targetLoss
    result.seed = seed
    result.kernels = try Self.choice(kernels, option: "--kernels")
    result.precision = try precision.map { text throws(ConfigurationError) in
      try Self.choice(text, option: "--precision")
    }
    result.pin = pin
    result.initialParametersPath = initialParameters
    result.savePath = save
    result.calibrationPath = calibrate
    result.minibatchesPath = batches
    result.noise = probing.map { NoiseSpecification(every: $0) }
    for item in record { try Self.read(record: item, into: &result) }
    try noise.read(into: &result)
    try result.validate()
    return result
  }

  private static func read(
    record: String, into result: inout RunConfiguration
  ) throws(ConfigurationError) {
    if record == "trace" {
      result.recordsTrace = true
      return
    }
    let parts = record.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard ["loss", "noise"].contains(name) else {
      throw .unknown(
        option: "--record", value: record, choices: ["loss=EVERY", "noise=EVERY", "trace"],
        nearest: Suggestion.nearest(to: name, among: ["loss", "noise", "trace"]))
    }
    guard parts.count == 2, let every = Int(parts[1]), every >= 1 else {
      throw .invalid(
        option: "--record", value: record,
        reason: "write \(name)=EVERY with a whole number of updates from 1")
    }
    if name == "loss" {
      result.lossEvery = every
    } else {
      result.noise = NoiseSpecification(every: every)
    }
  }

  /// Reads an option whose values are the raw values of an enumeration.
  static func choice<Choice: RawRepresentable & CaseIterable>(
    _ text: String, option: String
  ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
    guard let value = Choice(rawValue: text) else {
      let names = Choice.allCases.map(\.rawValue)
      throw .unknown(
        option: option, value: text, choices: names,
        nearest: Suggestion.nearest(to: text, among: names))
    }
    return value
  }
}

/// How a command reports, shared by every command that takes a while.
struct ReportingOptions: ParsableArguments {
  @Flag(help: "Print one JSON document instead of text.")
  var json = false

  @Option(help: "Show progress: auto, plain or none.")
  var progress = ProgressStyle.auto

  @Flag(help: "Say nothing but the result.")
  var quiet = false
}
