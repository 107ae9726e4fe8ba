/// Why a metric cannot be had.
public enum MetricError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no such metric.
  case unknown(path: String, nearest: String?)
  /// The metric exists, but not in this form.
  case malformed(path: String, reason: String)

  /// The sentence for the person who sees it.
  public var description: String {
    switch self {
    case .unknown(let path, let nearest):
      "metric '\(path)': there is no such number in a run"
        + (nearest.map { "; did you mean '\($0)'?" }
          ?? "; write for example loss.final or noise.interaction[current]")
    case .malformed(let path, let reason): "metric '\(path)': \(reason)"
    }
  }
}
