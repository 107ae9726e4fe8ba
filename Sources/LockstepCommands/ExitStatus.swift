import ArgumentParser
import Foundation
import Lockstep

/// The exit codes of the contract, after `sysexits.h` where it has one.
enum ExitStatus: Int32, Error {
  /// Done.
  case done = 0
  /// A run or a claim failed.
  case failed = 1
  /// Bad usage.
  case usage = 64
  /// Bad input data.
  case data = 65
  /// Input not found.
  case noInput = 66
  /// Something needed is missing.
  case unavailable = 69
  /// The output cannot be written.
  case cannotWrite = 73
  /// Stopped early, and the same command goes on.
  case stopped = 75
  /// Interrupted.
  case interrupted = 130

  /// The code of an error, or `nil` for one that the argument parser knows better.
  static func code(of error: any Error) -> Int32? {
    switch error {
    case let status as ExitStatus: status.rawValue
    case is ConfigurationError: usage.rawValue
    case let error as DataError:
      switch error {
      case .notFound: noInput.rawValue
      case .invalid, .unsuitable: data.rawValue
      case .missing: unavailable.rawValue
      }
    case let error as TopologyError: error.exitCode
    case let error as NumPyError:
      switch error {
      case .cannotOpen: noInput.rawValue
      case .invalid: data.rawValue
      case .cannotWrite: cannotWrite.rawValue
      }
    case let error as CheckpointError:
      switch error {
      case .cannotOpen: noInput.rawValue
      case .unusable: data.rawValue
      }
    case let error as TraceError:
      switch error {
      case .missing: noInput.rawValue
      case .malformed: data.rawValue
      }
    case let error as ReportError:
      switch error {
      case .missing: noInput.rawValue
      case .malformed, .empty, .foreign: data.rawValue
      }
    case is ReplayError: data.rawValue
    case let error as PlanError:
      switch error {
      case .argument: usage.rawValue
      case .file: data.rawValue
      case .notFound: noInput.rawValue
      }
    case let error as StoreError:
      switch error {
      case .cannotWrite, .busy: cannotWrite.rawValue
      case .otherPlan, .corrupt, .unknownSchema, .unusable: data.rawValue
      case .notFound: noInput.rawValue
      }
    case is OutputError: cannotWrite.rawValue
    case is ResourceError: unavailable.rawValue
    default: nil
    }
  }

  /// Says what went wrong, in one sentence on standard error, and ends the process.
  ///
  /// A request for help or for the version is answered on standard output.
  static func exit(for error: any Error) -> Never {
    if let code = code(of: error) {
      if !(error is ExitStatus) { Console.say("lockstep: \(sentence("\(error)"))") }
      Foundation.exit(code)
    }
    let parsed = LockstepCommand.exitCode(for: error)
    if parsed.isSuccess {
      do {
        try Console.put(LockstepCommand.fullMessage(for: error) + "\n")
      } catch {
        exit(for: error)
      }
      Foundation.exit(0)
    }
    if let command = unknownCommand {
      Console.say("lockstep: \(command)")
      Foundation.exit(parsed.rawValue)
    }
    let message = sentence(LockstepCommand.message(for: error))
    let advice = "\(helpCommand) shows what there is"
    let help = message.hasSuffix("?") ? " (\(advice))" : "; \(advice)"
    Console.say("lockstep: \(message)\(parsed == .validationFailure ? help : "")")
    Foundation.exit(parsed.rawValue)
  }

  /// What to say where a word stands in place of a command that there is; `nil` where none does.
  private static var unknownCommand: String? {
    var command: any ParsableCommand.Type = LockstepCommand.self
    for word in CommandLine.arguments.dropFirst() {
      let known = command.configuration.subcommands
      guard !known.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
      let names = known.map { $0._commandName }
      if let index = names.firstIndex(of: word) {
        command = known[index]
        continue
      }
      return "there is no command '\(word)'\(Suggestion.among(names, for: word))"
    }
    return nil
  }

  /// A message on one line, without the full stop that would stand before what follows it.
  private static func sentence(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    return line.hasSuffix(".") ? String(line.dropLast()) : line
  }

  /// The command that shows the help of what was asked for.
  private static var helpCommand: String {
    let names = LockstepCommand.configuration.subcommands.compactMap {
      $0.configuration.commandName
    }
    guard let name = (try? Startup.arguments())?.first(where: { !$0.hasPrefix("-") }),
      names.contains(name)
    else { return "lockstep --help" }
    return "lockstep \(name) --help"
  }
}
