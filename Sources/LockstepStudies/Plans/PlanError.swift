/// What is wrong with a plan, where, and what to do.
public enum PlanError: Error, Equatable, Sendable, CustomStringConvertible {
  /// An argument of the command line.
  case argument(reason: String)
  /// A place in a file; the line counts from 1 and is `nil` where the whole file is meant.
  case file(path: String, line: Int?, reason: String)
  /// A file that isn't there or can't be read.
  case notFound(path: String, reason: String)

  /// The sentence for the person who sees it.
  public var description: String {
    switch self {
    case .argument(let reason): reason
    case .file(let path, let line?, let reason): "\(path), line \(line): \(reason)"
    case .file(let path, nil, let reason): "\(path): \(reason)"
    case .notFound(let path, let reason): "\(path): \(reason)"
    }
  }
}

/// Where a part of a plan was written.
public enum PlanPlace: Equatable, Sendable {
  /// On the command line.
  case arguments
  /// In a file.
  case file(path: String, line: Int?)

  /// The error that something is wrong here.
  func error(_ reason: String) -> PlanError {
    switch self {
    case .arguments: .argument(reason: reason)
    case .file(let path, let line): .file(path: path, line: line, reason: reason)
    }
  }
}
