/// The examples a run is judged by and not trained on, as they are written after `--held-out`.
public enum HeldOut: Equatable, Sendable {
  /// What the data set itself sets apart: see ``DataSpecification``.
  case automatic
  /// A fraction of the examples, in `[0, 1)`, drawn at random with a seed of its own; 0 holds out nothing.
  case fraction(Double, seed: UInt64 = 1)
  /// All examples of another data set.
  case data(DataSpecification)

  /// Reads what is written after `--held-out`.
  ///
  /// - Parameters:
  ///   - text: `automatic`, a number in `[0, 1)`, maybe with `,seed=N`, or a data set as after `--data`.
  ///   - option: the option it was given to, for error messages.
  /// - Throws: ``ConfigurationError`` for a number outside `[0, 1)`, or for what is wrong with the
  ///   data set.
  public init(_ text: String, option: String = "--held-out") throws(ConfigurationError) {
    if text == "automatic" {
      self = .automatic
    } else if let comma = text.firstIndex(of: ","), let number = Double(text[..<comma]) {
      let rest = text[text.index(after: comma)...]
      guard rest.hasPrefix("seed="), let seed = UInt64(rest.dropFirst("seed=".count)) else {
        throw .invalid(
          option: option, value: text,
          reason: "write FRACTION,seed=N with " + NumberText.wholeNumber(in: 0...UInt64.max))
      }
      self = try Self.fraction(number, seed: seed, text, option)
    } else if let number = Double(text) {
      self = try Self.fraction(number, seed: 1, text, option)
    } else if text.hasSuffix("%") {
      throw .invalid(
        option: option, value: text, reason: "write a fraction as a number, such as 0.2 for 20 %")
    } else {
      do throws(ConfigurationError) {
        self = .data(try DataSpecification(text, option: option))
      } catch {
        guard case .unknown(_, _, let choices, let nearest) = error else { throw error }
        throw .unknown(
          option: option, value: text,
          choices: ["automatic", "a fraction such as 0.2"] + choices,
          nearest: nearest ?? Suggestion.nearest(to: text, among: ["automatic"]))
      }
    }
  }

  private static func fraction(
    _ number: Double, seed: UInt64, _ text: String, _ option: String
  ) throws(ConfigurationError) -> HeldOut {
    guard number >= 0, number < 1 else {
      throw .invalid(
        option: option, value: text,
        reason: "a fraction is at least 0 and less than 1; something must be left to train on")
    }
    return .fraction(number, seed: seed)
  }

  /// The spelling on the command line.
  public var specification: String {
    switch self {
    case .automatic: "automatic"
    case .fraction(let fraction, let seed): "\(fraction)" + (seed == 1 ? "" : ",seed=\(seed)")
    case .data(let data): data.specification
    }
  }
}
