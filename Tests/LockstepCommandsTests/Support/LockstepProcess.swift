import Foundation
import Glibc
import Testing

/// What a command left behind.
struct CommandResult {
  /// The exit code, or `nil` if a signal ended it.
  var code: Int32?
  /// The signal that ended it, if one did.
  var signal: Int32?
  /// Standard output, whole.
  var output: String
  /// Standard error, whole.
  var errors: String

  /// Standard output as one JSON document.
  func document() throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
  }
}

/// The built `lockstep`, running as a process of its own.
///
/// Nothing sleeps: the test waits for output, for the end of the output, or for a deadline.
final class LockstepProcess {
  /// Why a process cannot be watched.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// The executable, next to the test bundle.
  ///
  /// `LOCKSTEP` names another one.
  static let executable =
    ProcessInfo.processInfo.environment["LOCKSTEP"]
    ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "lockstep").path

  /// How long a command may take before it counts as stuck.
  private static let limitSeconds = 50.0

  private static let starting = NSLock()

  private let identifier: pid_t
  private let deadline = Date(timeIntervalSinceNow: limitSeconds)
  private var descriptors: [Int32]
  private var bytes: [[UInt8]] = [[], []]

  /// Starts the command.
  ///
  /// - Parameters:
  ///   - arguments: what follows `lockstep`.
  ///   - folder: the working directory.
  ///   - terminal: whether standard error is a terminal, which brings out the progress bar.
  ///   - launcher: a command to run it under, such as `taskset`.
  ///   - output: a file for standard output instead of the test.
  ///   - columns: the width of the terminal; `nil` for one that doesn't tell.
  ///   - environment: variables that it gets beside the test's own, as `NAME=VALUE`.
  init(
    _ arguments: [String], in folder: String = "/", terminal: Bool = false,
    launcher: [String] = [], output: String? = nil, columns: Int? = nil,
    environment: [String] = []
  ) throws {
    // Another test's process must not inherit this one's pipes: it would keep them open.
    Self.starting.lock()
    defer { Self.starting.unlock() }
    let out = try output.map { (open($0, O_WRONLY | O_CLOEXEC), Int32(-1)) } ?? Self.pipe()
    let error = terminal ? try Self.pseudoTerminal(columns) : try Self.pipe()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, out.0, 1)
    posix_spawn_file_actions_adddup2(&actions, error.0, 2)
    // Whatever the test runner does with signals, the command starts afresh.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))
    let words = ["env", "-C", folder] + environment + launcher + [Self.executable] + arguments
    var strings = words.map { strdup($0) } + [nil]
    defer { for string in strings { free(string) } }
    var child: pid_t = 0
    let code = posix_spawnp(&child, words[0], &actions, &attributes, &strings, environ)
    close(out.0)
    close(error.0)
    guard code == 0 else {
      throw Failure(description: "\(words[0]): \(String(cString: strerror(code)))")
    }
    identifier = child
    descriptors = [out.1, error.1]
  }

  /// Sends a signal.
  func send(_ signal: Int32) { kill(identifier, signal) }

  /// Waits until standard error holds a text.
  func waitForErrors(toContain text: String) throws {
    while !String(decoding: bytes[1], as: UTF8.self).contains(text) {
      guard try readMore() else {
        throw Failure(
          description: "it ended without '\(text)': \(String(decoding: bytes[1], as: UTF8.self))")
      }
    }
  }

  /// Waits for the end.
  func finish() throws -> CommandResult {
    while try readMore() {}
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return CommandResult(
      code: signal == 0 ? (status >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal,
      output: String(decoding: bytes[0], as: UTF8.self),
      errors: String(decoding: bytes[1], as: UTF8.self))
  }

  /// Reads what there is, waiting for it.
  ///
  /// - Returns: false once both streams have ended.
  private func readMore() throws -> Bool {
    var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    if descriptors.allSatisfy({ $0 < 0 }) { return false }
    let left = deadline.timeIntervalSinceNow
    guard left > 0, poll(&polled, 2, Int32(left * 1000) + 1) != 0 else {
      send(SIGKILL)
      throw Failure(description: "still running after \(Self.limitSeconds) s")
    }
    for index in 0..<2 where descriptors[index] >= 0 && polled[index].revents != 0 {
      var chunk = [UInt8](repeating: 0, count: 65_536)
      let count = read(descriptors[index], &chunk, chunk.count)
      if count > 0 {
        bytes[index] += chunk[..<count]
      } else if count == 0 || errno != EINTR {
        // A terminal ends with an error, a pipe with nothing.
        close(descriptors[index])
        descriptors[index] = -1
      }
    }
    return true
  }

  /// The end that the command writes to, then the one that the test reads from.
  private static func pipe() throws -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw Failure(description: "no pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[1], ends[0])
  }

  private static func pseudoTerminal(_ columns: Int?) throws -> (Int32, Int32) {
    // TIOCSPTLCK and TIOCGPTN, which Swift cannot import: unlock it, and ask for its number.
    let main = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var number: Int32 = 0
    guard main >= 0, ioctl(main, 0x4004_5431, &number) == 0,
      ioctl(main, 0x8004_5430, &number) == 0
    else { throw Failure(description: "no pseudo-terminal") }
    if let columns {
      // TIOCSWINSZ.
      var size = winsize(ws_row: 24, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
      guard ioctl(main, 0x5414, &size) == 0 else { throw Failure(description: "no window size") }
    }
    return (open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC), main)
  }
}

/// Runs `lockstep` to its end.
func lockstep(
  _ arguments: [String], in folder: String = "/", launcher: [String] = [], output: String? = nil
) throws -> CommandResult {
  try LockstepProcess(arguments, in: folder, launcher: launcher, output: output).finish()
}

/// Runs `lockstep` with arguments as they are typed, separated by single spaces.
func lockstep(typed: String, in folder: String = "/") throws -> CommandResult {
  try lockstep(typed.split(separator: " ").map(String.init), in: folder)
}
