/// Why a data set cannot be used, in a sentence that names the file and the place in it.
public enum DataError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no such file or folder, or it cannot be opened.
  case notFound(path: String, reason: String)
  /// What the file holds is not what it should.
  case invalid(path: String, line: Int?, reason: String)
  /// The data and the model don't go together.
  case unsuitable(reason: String)
  /// A package has to be installed first.
  case missing(reason: String)

  /// The sentence: path, line and reason.
  public var description: String {
    switch self {
    case .notFound(let path, let reason): "\(path): \(reason)"
    case .invalid(let path, let line?, let reason): "\(path), line \(line): \(reason)"
    case .invalid(let path, nil, let reason): "\(path): \(reason)"
    case .unsuitable(let reason): reason
    case .missing(let reason): reason
    }
  }
}
