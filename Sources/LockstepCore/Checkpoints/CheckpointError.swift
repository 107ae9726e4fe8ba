/// A checkpoint that a run cannot go on from.
public enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// It cannot be opened.
  case cannotOpen(path: String, reason: String)
  /// It is no whole checkpoint, or not one of the run.
  case unusable(path: String, reason: String)

  /// The sentence for the person who sees it.
  public var description: String {
    switch self {
    case .cannotOpen(let path, let reason), .unusable(let path, let reason):
      "--resume \(path): \(reason)"
    }
  }
}
