import ArgumentParser
import Foundation
import Lockstep

/// `lockstep run`: one training run.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Train a model with pinned workers under a policy.",
    discussion: """
      Prints the losses, the throughput, the staleness of the views and the time that each worker spent in \
      each phase. Ctrl-C ends the run and prints the results so far.
      """)

  @OptionGroup var training: TrainingOptions
  @OptionGroup var reporting: ReportingOptions

  @Option(
    help: ArgumentHelp(
      "Write record.json and loss.csv to a folder, not over those of other options.",
      valueName: "dir"), completion: .directory)
  var out: String?

  @Option(
    help: ArgumentHelp(
      "Record every iteration in a file: complete as .csv or .jsonl, for Perfetto as .json.",
      valueName: "file"), completion: .file())
  var trace: String?

  func run() throws {
    var configuration = try training.configuration()
    if trace != nil, !configuration.recordsTrace {
      configuration.recordsTrace = true
      try configuration.validate()
    }
    if configuration.recordsTrace, trace == nil, out == nil {
      throw ConfigurationError.conflict(
        reason: "--record trace needs a place for the trace; add --trace FILE or --out DIR")
    }
    let run = TrainingRun()
    let answer = Interruption.Answer(
      ask: { run.interrupt() }, nothing: "interrupted before the run began")
    try Interruption.answering(answer) { try carryOut(run, configuration) }
  }

  private func carryOut(_ run: TrainingRun, _ configuration: RunConfiguration) throws {
    let folder = try out.map { path throws(OutputError) in try OutputFolder(path) }
    let files = [
      ("--save", configuration.savePath), ("--trace", trace),
      ("--calibrate", configuration.calibrationPath),
    ].compactMap { option, path in path.map { (option, $0) } }
    for (_, path) in files { try OutputFolder.check(file: path) }
    let names = ["record.json", "loss.csv", "trace.csv"]
    try OutputFolder.requireDistinct(
      files + (folder.map { folder in names.map { ("--out", folder.path + "/" + $0) } } ?? []))
    let topology = try Topology(.live)
    // A wrong --pin is said before the data is loaded.
    if configuration.engine == .threads { _ = try configuration.placement(on: topology) }
    let prepared = try PreparedModel(configuration)
    if let positive = prepared.positiveClass, configuration.model.positiveClass == nil,
      !reporting.quiet
    {
      Console.say(
        "lockstep: \(prepared.dataName ?? "the data") has more than two classes; "
          + "telling class \(positive) from the rest")
    }
    var display = ProgressDisplay(
      reporting.progress, quiet: reporting.quiet,
      title: "\(configuration.model.specification) \(configuration.policy.specification)")
    let record = try run.execute(
      configuration, prepared, on: topology,
      progress: { state in
        let loss = state.loss.map { ", loss \(Format.number($0))" } ?? ""
        display.show(
          Double(state.updates) / Double(max(1, state.total)),
          "\(Format.count(state.updates)) of \(NumberText.counted(state.total, "update"))\(loss)")
      },
      keepTrace: { found in
        Interruption.beginWriting()
        if let trace {
          try OutputFolder.write(TraceFile.encode(found, for: trace), to: trace)
        } else if configuration.recordsTrace {
          try folder?.write(TraceFile.encode(found, for: "trace.csv"), as: "trace.csv")
        }
        if let path = configuration.calibrationPath, let calibration = Calibration(found) {
          try OutputFolder.write(JSONFormat.encode(calibration), to: path)
        }
      }, willBegin: { try folder?.check(that: "record.json", is: $0, under: "configuration") })
    Interruption.beginWriting()
    display.finish()
    if let folder {
      try folder.write(JSONFormat.encode(record), as: "record.json")
      let unit = configuration.engine == .threads ? "seconds" : "time"
      try folder.write(Data(LossTable.csv(record.loss, timeUnit: unit).utf8), as: "loss.csv")
    }
    if reporting.json {
      try Console.putJSON(record)
    } else {
      try Console.put(RunReport(record, dataName: prepared.dataName).text)
    }
    if record.status == .interrupted { throw ExitStatus.interrupted }
  }
}

/// The loss curve as comma-separated values.
enum LossTable {
  static func csv(_ loss: LossRecord, timeUnit: String) -> String {
    loss.curve.reduce(into: "update,\(timeUnit),loss\n") { text, point in
      text += "\(point.update),\(point.time),\(point.loss.map { "\($0)" } ?? "")\n"
    }
  }
}
