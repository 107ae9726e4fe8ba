import LockstepCore

/// Reads the lists that `lockstep bench` crosses with each other.
///
/// An option may be repeated, and may hold several values with commas between them. What is named
/// twice counts once, where it stands first.
public enum BenchAxes {
  /// Reads policies: `barrier,bounded:4`.
  ///
  /// - Throws: ``ConfigurationError`` for a name that isn't a policy, or an empty one.
  public static func policies(
    _ texts: [String]
  ) throws(ConfigurationError) -> [any SynchronizationPolicy] {
    var result: [any SynchronizationPolicy] = []
    for text in try elements(texts, option: "--policy") {
      let policy = try PolicySpecification.parse(text)
      if !result.contains(where: { $0.specification == policy.specification }) {
        result.append(policy)
      }
    }
    return result
  }

  /// Reads decompositions: `blocks,samples`.
  ///
  /// - Throws: ``ConfigurationError`` for a name that isn't one, or an empty one.
  public static func decompositions(
    _ texts: [String]
  ) throws(ConfigurationError) -> [Decomposition] {
    var result: [Decomposition] = []
    for text in try elements(texts, option: "--decomposition") {
      guard let value = Decomposition(rawValue: text) else {
        let names = Decomposition.allCases.map(\.rawValue)
        throw .unknown(
          option: "--decomposition", value: text, choices: names,
          nearest: Suggestion.nearest(to: text, among: names))
      }
      if !result.contains(value) { result.append(value) }
    }
    return result
  }

  /// Reads numbers of workers and ranges of them: `1,2` or `1..4`.
  ///
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)`` for anything that isn't a whole
  ///   number from 1 to 255, or a range that goes down.
  public static func workers(_ texts: [String]) throws(ConfigurationError) -> [Int] {
    var result: [Int] = []
    for text in try elements(texts, option: "--workers") {
      for count in try range(text) where !result.contains(count) { result.append(count) }
    }
    return result
  }

  /// The texts themselves, each once.
  public static func distinct(_ texts: [String]) -> [String] {
    var result: [String] = []
    for text in texts where !result.contains(text) { result.append(text) }
    return result
  }

  private static func range(_ text: String) throws(ConfigurationError) -> ClosedRange<Int> {
    let numbers = "0123456789"
    func number(_ text: Substring) throws(ConfigurationError) -> Int {
      guard !text.isEmpty, text.allSatisfy(numbers.contains), let value = Int(text),
        (1...255).contains(value)
      else {
        throw .invalid(
          option: "--workers", value: String(text),
          reason: "write whole numbers from 1 to 255 or ranges of them, for example 1,2 or 1..4")
      }
      return value
    }
    var first = Substring(text)
    var last = Substring(text)
    if let dot = text.firstIndex(of: "."), text[dot...].hasPrefix("..") {
      first = text[..<dot]
      last = text[text.index(dot, offsetBy: 2)...]
    }
    let low = try number(first)
    let high = try number(last)
    guard low <= high else {
      throw .invalid(
        option: "--workers", value: text, reason: "the range goes down; write \(high)..\(low)")
    }
    return low...high
  }

  private static func elements(
    _ texts: [String], option: String
  ) throws(ConfigurationError) -> [String] {
    var result: [String] = []
    for text in texts {
      for element in text.split(separator: ",", omittingEmptySubsequences: false) {
        guard !element.isEmpty else {
          throw .invalid(
            option: option, value: text, reason: "a value is missing before or after a comma")
        }
        result.append(String(element))
      }
    }
    return result
  }
}
