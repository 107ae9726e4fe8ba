import ArgumentParser
import Foundation
import Lockstep

/// `lockstep trace`: what can be done with a recorded trace.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Check a recorded trace, execute it again, or draw it.",
    discussion: """
      `lockstep run --trace FILE` records one: complete as .csv or .jsonl, which this command reads, \
      or for Perfetto as .json.
      """,
    subcommands: [Check.self, Replay.self, Show.self])

  /// `lockstep trace check`.
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Verify versions, delays and the policy's promises from the trace alone.")

    @Argument(
      help: "A trace as .csv or .jsonl.", completion: .file(extensions: ["csv", "jsonl"]))
    var file: String

    @Flag(help: "Print one JSON document instead of text.")
    var json = false

    private struct Report: Encodable {
      var schema = "lockstep.trace-check/1"
      var file: String
      var policy: String
      var events: Int
      var delaySum: Int?
      var violations: [TraceCheck.Violation]
    }

    func run() throws {
      let trace = try TraceFile.read(file)
      let check = TraceCheck(trace)
      if json {
        try Console.putJSON(
          Report(
            file: file, policy: trace.header.policy, events: check.events,
            delaySum: check.delaySum, violations: check.violations))
      } else {
        var text = ""
        for violation in check.violations {
          text +=
            "worker \(violation.worker), clock \(violation.clock): breaks "
            + "'\(violation.rule)': \(violation.reason)\n"
        }
        let more = check.violationCount - check.violations.count
        if more > 0 { text += "… and \(Format.count(more)) more\n" }
        text +=
          "\(NumberText.counted(check.events, "iteration")) of "
          + "\(NumberText.counted(trace.header.workers, "worker")) under "
          + "\(trace.header.policy): \(check.isSound ? "every rule holds" : "not sound")\n"
        if let sum = check.delaySum, check.isSound {
          text += "sum of all staleness τ: \(Format.count(sum))\n"
        }
        try Console.put(text)
      }
      if !check.isSound { throw ExitStatus.failed }
    }
  }

  /// `lockstep trace replay`.
  struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "replay",
      abstract: "Execute a recorded run again, with its reads and its order of updates.")

    @Argument(
      help: "A trace as .csv or .jsonl.", completion: .file(extensions: ["csv", "jsonl"]))
    var file: String

    @Flag(help: "Print one JSON document instead of text.")
    var json = false

    private struct Report: Encodable {
      var schema = "lockstep.trace-replay/1"
      var file: String
      var iterations: Int
      var torn: Int
      var overlapping: Int
      var recorded: String
      var replayed: String
      var isExact: Bool
    }

    func run() throws {
      let trace = try TraceFile.read(file)
      let replay: TraceReplay
      do {
        replay = try TraceReplay(trace)
      } catch let error as ConfigurationError {
        // The options are those of the file, not of this command.
        throw TraceError.malformed(path: file, line: 1, reason: "its run: \(error.description)")
      }
      let causes = [
        replay.torn > 0 ? "torn views" : nil, replay.overlapping > 0 ? "overlapping updates" : nil,
      ].compactMap(\.self).joined(separator: " and ")
      if json {
        try Console.putJSON(
          Report(
            file: file, iterations: replay.iterations, torn: replay.torn,
            overlapping: replay.overlapping, recorded: replay.recorded,
            replayed: replay.replayed, isExact: replay.isExact))
      } else {
        let verdict =
          replay.isExact
          ? "the same bits as recorded"
          : "the bits differ from the recorded ones; "
            + (causes.isEmpty ? "nothing in the trace explains it" : "\(causes) explain it")
        try Console.put(
          "\(NumberText.counted(replay.iterations, "iteration")) replayed: \(verdict)\n"
            + "parameters \(replay.replayed), recorded \(replay.recorded)\n"
            + "torn shard copies \(Format.count(replay.torn)), overlapping updates "
            + "\(Format.count(replay.overlapping))\n")
      }
      if !replay.isExact, causes.isEmpty { throw ExitStatus.failed }
    }
  }

  /// `lockstep trace show`.
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Draw part of a schedule as text.")

    @Argument(
      help: "A trace as .csv or .jsonl.", completion: .file(extensions: ["csv", "jsonl"]))
    var file: String

    @Option(parsing: .unconditional, help: "The first iteration to show, by its number from 0.")
    var from = 0

    @Option(parsing: .unconditional, help: "How many iterations to show.")
    var count = 40

    @Option(parsing: .unconditional, help: "The width of the time axis in characters.")
    var columns = 100

    func run() throws {
      guard from >= 0, count >= 1, (10...1000).contains(columns) else {
        throw ConfigurationError.conflict(
          reason: "--from is at least 0, --count at least 1 and --columns from 10 to 1000")
      }
      try Console.put(
        TraceDrawing(try TraceFile.read(file), from: from, count: count, columns: columns).text)
    }
  }
}
