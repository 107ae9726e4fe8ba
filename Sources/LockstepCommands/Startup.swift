import CSharedMemory
import Foundation
import Lockstep

/// What has to hold before a command does anything.
enum Startup {
  /// How many files a command has open at once, beside the three standard streams.
  private static let fileCount = 16
  /// What the address space must hold beside a run's vectors.
  private static let addressSpace: UInt64 = 48 << 20

  /// Makes standard input, output and error somebody's, so that no file gets the number of one that
  /// was closed, and makes failed writes errors instead of signals.
  ///
  /// What was closed can be neither read nor written, as before.
  static func reserveStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is this one: those below are taken.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
    signal(SIGPIPE, SIG_IGN)
    _ = Descriptor.sizeLimitIsAnError
    // Under a limit of the address space, each thread's own arena would take 64 MB of it.
    if MemoryAllowance.addressSpaceLeft != nil { lockstep_share_arenas() }
  }

  /// The arguments, without the name of the program.
  ///
  /// They are taken from where the C library has them: Swift reads them from `/proc`, which may not
  /// be there, and replaces what isn't UTF-8, so that files would have other names than were given.
  ///
  /// - Throws: ``ConfigurationError`` for an argument that is not UTF-8.
  static func arguments() throws(ConfigurationError) -> [String] {
    var arguments: [String] = []
    var index: Int32 = 1
    while let argument = lockstep_argument(index) {
      guard let text = String(validatingCString: argument) else {
        throw .conflict(
          reason:
            "argument \(index), '\(Console.visible(String(cString: argument)))', is not UTF-8 "
            + "text; give files and folders names in UTF-8")
      }
      arguments.append(text)
      index += 1
    }
    return arguments
  }

  /// Makes sure that there are files and memory enough to begin.
  ///
  /// - Throws: ``ResourceError``.
  static func checkResources() throws(ResourceError) {
    var descriptors: [Int32] = []
    while descriptors.count < fileCount {
      let descriptor = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
      guard descriptor >= 0 else { break }
      descriptors.append(descriptor)
    }
    for descriptor in descriptors { close(descriptor) }
    guard descriptors.count == fileCount else {
      throw .tooFewFiles(needed: fileCount, available: descriptors.count)
    }
    if let left = MemoryAllowance.addressSpaceLeft, left < addressSpace {
      throw .tooLittleMemory(needed: addressSpace, available: left)
    }
  }
}
