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
  /// Interrupted.
  case interrupted = 130

  /// The code of an error, or `nil` for one that the argument parser knows better.
  static func code(of error: any Error) -> Int32? {
    switch error {
    case let status as ExitStatus: status.rawValue
    case is ConfigurationError, is EngineError: usage.rawValue
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
    case is OutputError: cannotWrite.rawValue
    default: nil
    }
  }

  /// Says what went wrong, in one sentence on standard error, and ends the process.
  static func exit(for error: any Error) -> Never {
    guard let code = code(of: error) else { LockstepCommand.exit(withError: error) }
    if !(error is ExitStatus) { Console.say("lockstep: \(error)") }
    Foundation.exit(code)
  }
}
