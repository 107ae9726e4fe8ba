import Foundation
import Glibc

/// What a command may have to live with: small limits, closed streams, no `/proc`, signals.
///
/// Each is a launcher for ``LockstepProcess``; they can be put one before the other.
enum Surroundings {
  /// Limits as the shell sets them, such as `-v 200000 -n 8`.
  static func limits(_ options: String) -> [String] { shell("ulimit \(options)") }

  /// With some of the standard streams closed or somewhere else, such as `>&-` or `2>/dev/full`.
  static func streams(_ redirections: String) -> [String] {
    ["bash", "-c", "exec \"$0\" \"$@\" \(redirections)"]
  }

  /// Without `/proc`; needs root.
  static let withoutProc = ["unshare", "-m"] + shell("umount -l /proc")

  /// As a user who has no other process, since root has as many as it likes; needs root.
  static func processes(atMost count: Int) -> [String] {
    somebodyElse + shell("ulimit -u \(count)")
  }

  private static let somebodyElse = [
    "setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups",
  ]

  /// Interrupted after some time, and killed if it is still there long after that.
  ///
  /// A process that dies of the signal ends with 130, too; one that had to be killed with 137.
  static func interrupted(after seconds: Double) -> [String] {
    ["timeout", "--preserve-status", "-s", "INT", "-k", "20", "\(seconds)"]
  }

  /// Whether this is root.
  static var isRoot: Bool { getuid() == 0 }
  /// Whether a command can be run as somebody else, who can read the executable.
  static let canBeSomebodyElse = isRoot && canStart(somebodyElse)
  /// Whether a command can be run without `/proc`.
  static let canHideProc = isRoot && canStart(withoutProc)

  private static func canStart(_ launcher: [String]) -> Bool {
    (try? lockstep(["--version"], launcher: launcher).code) == 0
  }

  private static func shell(_ command: String) -> [String] {
    ["bash", "-c", "\(command) && exec \"$0\" \"$@\""]
  }
}

/// What a failed command must never show: a trap, a stack trace, the words of a library.
func isSentence(_ errors: String) -> Bool {
  let unwanted = ["NSCocoaErrorDomain", "Fatal error", "Error Domain", " at 0x", "Stack dump"]
  return errors.hasPrefix("lockstep: ") && errors.hasSuffix("\n")
    && errors.count(where: \.isNewline) == 1 && !unwanted.contains(where: errors.contains)
}
