import ArgumentParser
import Foundation
import Lockstep
import Synchronization

/// `lockstep run`: one training run.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Train a model with pinned workers under a policy.",
    discussion: """
      Prints the losses, the throughput, the staleness of the views and the time that each worker spent in \
      each phase. Ctrl-C ends the run and prints the results so far. \
      With --checkpoint a run that was interrupted or killed goes on later: lockstep run --resume FILE has \
      every option from the file, and ends as if nothing had happened.
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

  @Option(
    help: ArgumentHelp(
      "Save the state of the run when it is interrupted, and every so often (30s, 5m, 1h); exit code 75 says "
        + "that it can go on. (default: every=1m)", valueName: "file[,every=time]"),
    completion: .file())
  var checkpoint: String?

  @Option(
    help: ArgumentHelp(
      "Go on from a checkpoint. Other options may only change --updates or --epochs of real threads, and where "
        + "results and checkpoints go.", valueName: "file"), completion: .file())
  var resume: String?

  func run() throws {
    let specification = try checkpoint.map { text throws(ConfigurationError) in
      try CheckpointSpecification(text)
    }
    let saved = try resume.map { path throws(CheckpointError) in try SavedRun(path: path) }
    var configuration =
      if let saved {
        try saved.configuration(changing: training.given())
      } else {
        try training.configuration()
      }
    if trace != nil, !configuration.recordsTrace {
      configuration.recordsTrace = true
      try configuration.validate()
    }
    let out = out ?? saved?.outputFolder
    if configuration.recordsTrace, trace == nil, out == nil {
      throw ConfigurationError.conflict(
        reason: "--record trace needs a place for the trace; add --trace FILE or --out DIR")
    }
    var plan = CheckpointPlan(specification, resuming: saved)
    plan?.outputFolder = out
    try plan?.check(configuration)
    let run = TrainingRun()
    var answer = Interruption.Answer(
      ask: { run.interrupt() }, nothing: "interrupted before the run began")
    if let saved {
      (answer.late, answer.status) = (ResumableFile.remark(saved.path), .stopped)
      answer.nothing = answer.late
    }
    try Interruption.answering(answer) { try carryOut(run, configuration, plan, out: out) }
  }

  private func carryOut(
    _ run: TrainingRun, _ configuration: RunConfiguration, _ plan: CheckpointPlan?, out: String?
  ) throws {
    let resumable = ResumableFile(plan?.resumed?.path)
    let plan = plan.map { resumable.watching($0) }
    try plan?.checkFile()
    let folder = try out.map { path throws(OutputError) in try OutputFolder(path) }
    let files = [
      ("--save", configuration.savePath), ("--trace", trace),
      ("--calibrate", configuration.calibrationPath), ("--checkpoint", plan?.specification.path),
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
      configuration, prepared, on: topology, checkpoints: plan,
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
    guard record.status == .interrupted else { return }
    guard let path = resumable.path else { throw ExitStatus.interrupted }
    Console.say("lockstep: \(ResumableFile.remark(path))")
    throw ExitStatus.stopped
  }
}

/// The checkpoint that a run can go on from, if it has one by now.
private final class ResumableFile: Sendable {
  private let file: Mutex<String?>

  init(_ path: String?) { file = Mutex(path) }

  /// Where it is; `nil` where there is none.
  var path: String? { file.withLock { $0 } }

  /// What is said of it.
  static func remark(_ path: String) -> String {
    "stopped early; go on with lockstep run --resume \(path)"
  }

  /// A plan that tells of every checkpoint that is written.
  func watching(_ plan: CheckpointPlan) -> CheckpointPlan {
    var plan = plan
    let path = plan.specification.path
    plan.willWrite = { Interruption.beginWriting() }
    plan.didWrite = { [self] error in
      Interruption.endWriting()
      if let error {
        Console.say("lockstep: \(error); the run goes on without this checkpoint")
      } else {
        file.withLock { $0 = path }
        Interruption.answerLate(with: Self.remark(path), status: .stopped)
      }
    }
    return plan
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
