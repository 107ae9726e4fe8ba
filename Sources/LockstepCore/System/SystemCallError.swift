import Glibc

/// A failed system call, with what the system says about it.
public struct SystemCallError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The error's number, as in `errno`.
  public let code: Int32

  /// Creates an error.
  public init(code: Int32) { self.code = code }

  /// The error of the call that has just failed on this thread.
  public static var last: SystemCallError { SystemCallError(code: errno) }

  /// What the system calls the error, and what to do where a limit of the process is the reason.
  ///
  /// glibc's `strerror` is thread-safe since 2.32.
  public var reason: String {
    guard let text = strerror(code) else { return "error \(code)" }
    let words = String(cString: text)
    return switch code {
    case EMFILE: "\(words); allow more with ulimit -n"
    case EFBIG: "\(words); allow larger files with ulimit -f"
    case ENOMEM: "\(words): what it holds takes more than this process may have"
    case EPIPE: "\(words): nobody reads it any more"
    default: words
    }
  }

  /// Why a file cannot be read, to stand after its path: the words for all files.
  public var whyUnreadable: String {
    code == ENOENT || code == ENOTDIR ? "no such file" : "cannot be read (\(reason))"
  }

  /// The same as ``reason``.
  public var description: String { reason }
}
