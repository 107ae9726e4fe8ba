/// What was wrong with an option, in a sentence for the person who typed it.
public enum ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A value that the option doesn't take.
  case invalid(option: String, value: String, reason: String)
  /// A name that isn't among those the option knows.
  case unknown(option: String, value: String, choices: [String], nearest: String?)
  /// Two options that don't go together.
  case conflict(reason: String)

  /// The sentence for the person who sees it.
  public var description: String {
    switch self {
    case .invalid(let option, let value, let reason):
      return "\(option) \(value): \(reason)"
    case .unknown(let option, let value, let choices, let nearest):
      return "\(option) \(value): not one of \(choices.joined(separator: ", "))"
        + Suggestion.hint(nearest)
    case .conflict(let reason):
      return reason
    }
  }
}
