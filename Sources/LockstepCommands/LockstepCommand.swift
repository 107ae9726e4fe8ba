import ArgumentParser
import Foundation

/// The `lockstep` command.
public struct LockstepCommand: ParsableCommand {
  /// What the parser needs to know.
  public static let configuration = CommandConfiguration(
    commandName: "lockstep",
    abstract: "Measure what updating in parallel costs: in time, and in optimisation.",
    discussion: """
      Lockstep shards the parameters of a model across pinned worker threads and lets a \
      synchronization policy decide how stale each worker's view may be. Results go to standard \
      output, everything else to standard error.
      """,
    version: "0.1.0",
    subcommands: [
      RunCommand.self, NoiseCommand.self, SweepCommand.self, StudyCommand.self, BenchCommand.self,
      ReportCommand.self, TopologyCommand.self, TraceCommand.self,
    ])

  /// Creates the command, for the parser.
  public init() {}

  /// Parses the arguments, carries out the command, and ends the process with the exit code of the
  /// contract.
  public static func runAndExit() -> Never {
    Startup.reserveStreams()
    Interruption.listen()
    do {
      var command = try parsed(Startup.arguments())
      try Startup.checkResources()
      try command.run()
      Foundation.exit(0)
    } catch {
      ExitStatus.exit(for: error)
    }
  }

  /// The command that the arguments ask for.
  static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    let merge = ["sweep", SweepMergeCommand.name]
    if arguments.starts(with: merge) {
      return try SweepMergeCommand.parseAsRoot(Array(arguments.dropFirst(merge.count)))
    }
    if arguments == ["help"] + merge { return try SweepMergeCommand.parseAsRoot(["--help"]) }
    return try parseAsRoot(arguments)
  }
}
