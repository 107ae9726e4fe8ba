/// The examples a run is judged by and not trained on, as they are written after `--held-out`.
public enum HeldOut: Equatable, Sendable {
  /// What the data set itself sets apart: see ``DataSpecification``.
  case automatic
  /// The last fraction of the examples, in `[0, 1)`; 0 holds out nothing.
  case fraction(Double)
  /// All examples of another data set.
  case data(DataSpecification)

  /// Reads what is written after `--held-out`.
  ///
  /// - Parameters:
  ///   - text: `automatic`, a number in `[0, 1)`, or a data set as after `--data`.
  ///   - option: the option it was given to, for error messages.
  /// - Throws: ``ConfigurationError`` for a number outside `[0, 1)`, or for what is wrong with the
  ///   data set.
  public init(_ text: String, option: String = "--held-out") throws(ConfigurationError) {
    if text == "automatic" {
      self = .automatic
    } else if let number = Double(text) {
      guard number >= 0, number < 1 else {
        throw .invalid(
          option: option, value: text,
          reason: "a fraction is at least 0 and less than 1; something must be left to train on")
      }
      self = .fraction(number)
    } else {
      self = .data(try DataSpecification(text, option: option))
    }
  }

  /// The spelling on the command line.
  public var specification: String {
    switch self {
    case .automatic: "automatic"
    case .fraction(let fraction): "\(fraction)"
    case .data(let data): data.specification
    }
  }
}
