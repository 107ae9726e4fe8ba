import ArgumentParser
import Foundation
import Lockstep

/// `lockstep noise`: the noise penalties along a run.
struct NoiseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "noise", abstract: "Measure the noise penalties along a run.",
    discussion: """
      Follows a run, with one seed after another, and probes some of its updates: the cost of moving all \
      shards at once beyond the cost that each shard promised alone (interaction), the error of the straight \
      line (linearisation) and the cost of the stale view (staleness); on the update's own batch, on another \
      one, and on held-out examples. Prints means over updates and seeds with 95 % intervals over the seeds \
      (Student's t), also as shares of the promised decrease. Ctrl-C prints the results so far.
      """)

  @OptionGroup var training: TrainingOptions
  @OptionGroup var reporting: ReportingOptions

  @Option(
    parsing: .unconditional,
    help: "Probe one update in this many, as --record noise=EVERY. (default: 50 probes a run)")
  var every: Int?

  @Option(
    parsing: .unconditional, help: "The number of runs, with seeds from --seed on.")
  var seeds = 3

  @Option(
    help: ArgumentHelp(
      "Write noise.json and noise.csv (one line a probe) to a folder, not over those of other options.",
      valueName: "dir"))
  var out: String?

  func run() throws {
    let (configuration, isEverySet) = try settings()
    let seeds = try NoiseMeasurement.seeds(from: configuration.seed, count: seeds)
    let measurement = NoiseMeasurement()
    let answer = Interruption.Answer(
      ask: { measurement.interrupt() }, nothing: "interrupted before the run began")
    try Interruption.answering(answer) {
      try carryOut(measurement, configuration, seeds: seeds, isEverySet: isEverySet)
    }
  }

  private func carryOut(
    _ measurement: NoiseMeasurement, _ configuration: RunConfiguration, seeds: [UInt64],
    isEverySet: Bool
  ) throws {
    let folder = try out.map { path throws(OutputError) in try OutputFolder(path) }
    let topology = try Topology(.live)
    // A wrong --pin is said before the data is loaded.
    if configuration.engine == .threads { _ = try configuration.placement(on: topology) }
    var display = ProgressDisplay(
      reporting.progress, quiet: reporting.quiet,
      title: "\(configuration.model.specification) \(configuration.policy.specification)")
    let (document, dataName) = try measurement.execute(
      configuration, seeds: seeds, isEverySet: isEverySet, on: topology,
      progress: { state in
        display.show(
          state.fraction,
          "seed \(state.seed), \(Format.count(state.updates)) of \(Format.count(state.total)) "
            + "updates")
      }, willBegin: { try folder?.check(that: "noise.json", is: $0, under: "configuration") })
    Interruption.beginWriting()
    display.finish()
    guard let document else { throw ExitStatus.interrupted }
    if let folder {
      try folder.write(JSONFormat.encode(document), as: "noise.json")
      try folder.write(Data(NoiseTable.csv(document.runs).utf8), as: "noise.csv")
    }
    if reporting.json {
      try Console.putJSON(document)
    } else {
      try Console.put(NoiseReport(document, dataName: dataName).text)
    }
    if document.runs.last?.status == .interrupted || document.runs.count < seeds.count {
      throw ExitStatus.interrupted
    }
  }

  /// The configuration of the runs, and whether it says how often to probe.
  private func settings() throws -> (RunConfiguration, Bool) {
    if let every, every < 1 {
      throw ConfigurationError.invalid(
        option: "--every", value: "\(every)",
        reason: "write "
          + NumberText.wholeNumber(of: "updates", in: 1...RunConfiguration.largestUpdateCount))
    }
    let isRecorded = training.usual.record.contains { $0.hasPrefix("noise=") }
    if every != nil, isRecorded {
      throw ConfigurationError.conflict(
        reason: "--every and --record noise=EVERY say the same; give one of them")
    }
    for (option, isGiven) in [
      ("--save", training.usual.save != nil), ("--calibrate", training.usual.calibrate != nil),
      ("--record trace", training.usual.record.contains("trace")),
    ] where isGiven {
      throw ConfigurationError.conflict(
        reason: "\(option) is about a single run, and noise makes several; use lockstep run")
    }
    return (try training.configuration(probing: every ?? 1), every != nil || isRecorded)
  }
}
