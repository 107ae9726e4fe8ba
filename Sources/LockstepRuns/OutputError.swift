import Glibc
import LockstepCore

/// An output that cannot be written.
public struct OutputError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where it was to go.
  public let path: String
  /// Why it can't, in the system's words.
  public let reason: String

  /// Creates an error.
  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// Creates an error from the system's.
  public init(path: String, _ error: SystemCallError) {
    self.init(path: path, reason: error.code == EISDIR ? "is a folder" : error.reason)
  }

  /// The sentence for the person who sees it.
  public var description: String { "\(path): cannot be written (\(reason))" }
}
