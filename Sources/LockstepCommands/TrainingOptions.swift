import ArgumentParser
import Foundation
import Lockstep

/// The options of one training run, shared by every command that trains.
struct TrainingOptions: ParsableArguments {
  // Groups with a title stand in a help page in this order, before all options without one.
  @OptionGroup(title: "Training") var usual: UsualOptions
  @OptionGroup(title: "Virtual time") var virtual: VirtualOptions
  @OptionGroup(title: "Noise probes") var noise: NoiseOptions

  /// What the help says of an option that names one file, which several runs would write over.
  static let singleRun = "Only lockstep run takes it."

  /// Reads the options into a configuration.
  ///
  /// - Parameter probing: one update in how many is probed for noise, unless `--record` says it.
  /// - Throws: ``ConfigurationError``.
  func configuration(probing: Int? = nil) throws(ConfigurationError) -> RunConfiguration {
    var options = try given()
    if let probing, options["record"]?.contains("noise=") != true {
      let others = options["record"].map { $0 + " " } ?? ""
      try options.set("record", "\(others)noise=\(probing)")
    }
    return try options.configuration()
  }

  /// The options that were given, as text.
  ///
  /// - Throws: ``ConfigurationError``, where the table of options lacks one of these.
  func given() throws(ConfigurationError) -> RunOptions {
    func list(_ values: [String]) -> String? {
      values.isEmpty ? nil : values.joined(separator: " ")
    }
    let texts: [(String, String?)] = [
      ("model", usual.model), ("engine", usual.engine),
      ("decomposition", usual.decomposition), ("policy", usual.policy),
      ("workers", usual.workers), ("updates", usual.updates),
      ("epochs", usual.epochs), ("target-loss", usual.targetLoss), ("pin", usual.pin),
      ("service", virtual.service), ("read-time", virtual.readTime),
      ("apply-time", virtual.applyTime), ("delay", virtual.delay),
      ("delay-per", virtual.delayScope), ("fault", list(virtual.fault)),
      ("replicas", virtual.replicas), ("warmup", virtual.warmup),
      ("host-threads", virtual.hostThreads),
      ("record", list(usual.record)), ("noise-shards", noise.shards),
      ("noise-directions", noise.directions), ("noise-heldout", noise.heldOut),
      ("init", usual.initialParameters), ("batches", usual.batches), ("save", usual.save),
      ("calibrate", usual.calibrate),
    ]
    var result = RunOptions()
    for (name, value) in texts + usual.learning.texts { try result.set(name, value) }
    return result
  }
}

/// The options of nearly every run.
struct UsualOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The model: \(ModelEntry.grammar). (default: \(RunOptions.defaultModel))",
      valueName: "model"),
    completion: Completions.of("model"))
  var model: String?

  @OptionGroup var learning: LearningOptions

  @Option(
    help: "The engine: threads (real workers), or virtual (simulated workers). (default: threads)",
    completion: Completions.of("engine"))
  var engine: String?

  @Option(
    help:
      "What the workers divide: blocks (parameters) or samples (minibatches). (default: blocks)",
    completion: Completions.of("decomposition"))
  var decomposition: String?

  @Option(
    help: ArgumentHelp(
      "When a worker may start an iteration: sequential, barrier, bounded:S, hogwild or locked. "
        + "(default: barrier, and hogwild with --delay)"), completion: Completions.of("policy"))
  var policy: String?

  @Option(parsing: .unconditional, help: "The number of workers. (default: 1)")
  var workers: String?

  @Option(
    parsing: .unconditional,
    help: "The number of updates to make. (default: 5 epochs; 1000 rounds of models without data)")
  var updates: String?

  @Option(
    parsing: .unconditional, help: "The number of passes over the training set. (default: 5)")
  var epochs: String?

  @Option(
    name: .customLong("target-loss"), parsing: .unconditional,
    help: "Stop when the training loss is at most this.")
  var targetLoss: String?

  @Option(
    help: ArgumentHelp(
      "Where workers are pinned: none, compact, scatter, cores, sockets, numa, core:0-3, "
        + "pu:0,2, os:0-3,8 or a 0x mask. (default: compact)", valueName: "plan"),
    completion: Completions.of("pin"))
  var pin: String?

  @Option(
    help: ArgumentHelp(
      "What to record: loss=EVERY, the number of updates between two losses; noise=EVERY, the same "
        + "for noise probes; or trace, which only lockstep run takes; may be repeated."),
    completion: Completions.of("record"))
  var record: [String] = []

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp("Start from the parameters in a NumPy file.", valueName: "file.npy"),
    completion: .file(extensions: ["npy"]))
  var initialParameters: String?

  @Option(
    help: ArgumentHelp(
      "Store how long reading, computing and applying took, for --service calibrated:FILE. "
        + TrainingOptions.singleRun,
      valueName: "file"), completion: .file())
  var calibrate: String?

  @Option(
    help: ArgumentHelp(
      "Write the last parameters as a NumPy file. " + TrainingOptions.singleRun,
      valueName: "file.npy"),
    completion: .file(extensions: ["npy"]))
  var save: String?

  @Option(
    help: ArgumentHelp(
      "Take the minibatches from a file: example numbers from 0, one minibatch a line.",
      valueName: "file"), completion: .file())
  var batches: String?
}

/// What a run trains on and how it steps, shared by every command that runs anything.
struct LearningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The data set: digits, fashion-mnist[:DIR], idx:DIR, libsvm:FILE, csv:FILE, "
        + "ratings:FILE or synthetic:KEY=V,….", valueName: "data"),
    completion: Completions.of("data"))
  var data: String?

  @Option(
    name: .customLong("held-out"), parsing: .unconditional,
    help: ArgumentHelp(
      "The held-out set: automatic, a fraction of the examples (drawn at random; FRACTION,seed=N), "
        + "or another data set. "
        + "(default: automatic)",
      valueName: "held-out"), completion: Completions.of("held-out"))
  var heldOut: String?

  @Option(
    help: ArgumentHelp("\(OptimizerSpecification.grammar). (default: sgd)"),
    completion: Completions.of("optimizer"))
  var optimizer: String?

  @Option(
    name: .customLong("learning-rate"), parsing: .unconditional,
    help: "The learning rate. (default: by optimizer and model)")
  var learningRate: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The rate along the run: \(RateSchedule.grammar). (default: linear for epochs without a rate)"
    ), completion: Completions.of("schedule"))
  var schedule: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Shorten every worker's gradient to this Euclidean norm where it is longer; not with noise "
        + "probes."))
  var clip: String?

  @Option(
    parsing: .unconditional,
    help: "The number of examples of a minibatch, or full. (default: 32)")
  var batch: String?

  @Option(
    help: "How minibatches are drawn: shuffled or replacement. (default: shuffled)",
    completion: Completions.of("sampling"))
  var sampling: String?

  @Option(
    parsing: .unconditional,
    help: "The seed of everything random, from 0 to 18446744073709551615. (default: 1)")
  var seed: String?

  @Option(
    help: "Dense algebra by blas, or portable: the same bits on every processor. (default: blas)",
    completion: Completions.of("kernels"))
  var kernels: String?

  @Option(
    help: ArgumentHelp(
      "The parameters' type: single or double. (default: single; double in virtual time and with "
        + "noise probes)"), completion: Completions.of("precision"))
  var precision: String?

  /// The options that were given, as text, by name.
  var texts: [(String, String?)] {
    [
      ("data", data), ("held-out", heldOut), ("optimizer", optimizer),
      ("learning-rate", learningRate), ("schedule", schedule), ("clip", clip), ("batch", batch),
      ("sampling", sampling), ("seed", seed), ("kernels", kernels),
      ("precision", precision),
    ]
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
