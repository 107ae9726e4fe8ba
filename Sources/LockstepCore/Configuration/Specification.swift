/// A value of the form `NAME`, `NAME:ARGUMENT`, `NAME:KEY=V,…` or `NAME:ARGUMENT,KEY=V,…`.
///
/// Models, data sets and optimisers are all written this way. The reader of a specification takes
/// out what it knows and calls ``finish()``, which refuses whatever is left over.
public struct Specification: Equatable, Sendable {
  /// The option it was given to, for error messages.
  public let option: String
  /// The text as it was written.
  public let text: String
  /// What stands before the first `:`.
  public let name: String
  /// The part that is not `KEY=V`: the first after the `:`, if there is one.
  public private(set) var argument: String?

  private var values: [(key: String, value: String)]
  private var known: [String] = []

  /// Splits a specification.
  ///
  /// - Parameters:
  ///   - text: the text on the command line.
  ///   - option: the option it was given to.
  ///   - argumentIsPath: whether the argument may hold any character, as a file's path may; it
  ///     then reaches up to the first `,` that is followed by a `KEY=` from `pathKeys`.
  ///   - pathKeys: the keys that may follow a path.
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)`` for an empty name, an empty
  ///   part, or a key given twice.
  public init(
    _ text: String, option: String, argumentIsPath: Bool = false, pathKeys: [String] = []
  ) throws(ConfigurationError) {
    self.option = option
    self.text = text
    values = []
    let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(halves[0])
    guard !name.isEmpty else {
      throw .invalid(option: option, value: text, reason: "the name before the ':' is missing")
    }
    guard halves.count == 2 else { return }
    let parts = Self.split(String(halves[1]), isPath: argumentIsPath, pathKeys: pathKeys)
    for (index, part) in parts.enumerated() {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let isArgument = index == 0 && (argumentIsPath || pair.count == 1)
      if isArgument {
        // A path that is itself written KEY=V is a key, if the key is known.
        if argumentIsPath, pair.count == 2, pathKeys.contains(String(pair[0])) {
          values.append((String(pair[0]), String(pair[1])))
          continue
        }
        guard !part.isEmpty else {
          throw .invalid(option: option, value: text, reason: "nothing follows the ':'")
        }
        argument = part
        continue
      }
      try addPair(part)
    }
  }

  /// Splits `KEY=V,…` without a name before it.
  ///
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)`` for a part that is not `KEY=V` and
  ///   for a key given twice.
  public init(pairs text: String, option: String) throws(ConfigurationError) {
    self.option = option
    self.text = text
    name = ""
    values = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      try addPair(String(part))
    }
  }

  private mutating func addPair(_ part: String) throws(ConfigurationError) {
    let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard pair.count == 2, !pair[0].isEmpty, !pair[1].isEmpty else {
      throw invalid("'\(part)' is not of the form KEY=VALUE\(listHint(part))")
    }
    guard !has(String(pair[0])) else { throw invalid("'\(pair[0])' is given twice") }
    values.append((String(pair[0]), String(pair[1])))
  }

  /// What to say of a number that stands alone after another: commas divide keys, and not the numbers of one.
  private func listHint(_ part: String) -> String {
    guard Double(part) != nil, let last = values.last,
      last.value.split(separator: ";").allSatisfy({ Double($0) != nil })
    else { return "" }
    return "; a list has semicolons: \(last.key)=\(last.value);\(part)"
  }

  /// Whether two values are written alike for the same option.
  public static func == (first: Specification, second: Specification) -> Bool {
    first.option == second.option && first.text == second.text
  }

  private static func split(_ text: String, isPath: Bool, pathKeys: [String]) -> [String] {
    let pieces = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard isPath else { return pieces }
    var joined: [String] = []
    for piece in pieces {
      let startsKey = pathKeys.contains { piece.hasPrefix($0 + "=") }
      if joined.isEmpty || startsKey {
        joined.append(piece)
      } else {
        joined[joined.count - 1] += "," + piece
      }
    }
    return joined
  }

  /// Whether the key was given.
  public func has(_ key: String) -> Bool { values.contains { $0.key == key } }

  /// Takes the value of a key, as text.
  public mutating func take(_ key: String) -> String? {
    known.append(key)
    guard let index = values.firstIndex(where: { $0.key == key }) else { return nil }
    return values.remove(at: index).value
  }

  /// Takes the value of a key, as a whole number in a range.
  public mutating func takeInteger(
    _ key: String, in range: ClosedRange<Int>
  ) throws(ConfigurationError) -> Int? {
    guard let value = take(key) else { return nil }
    guard let number = Int(value), range.contains(number) else {
      throw invalid("\(key)=\(value) is not \(NumberText.wholeNumber(in: range))")
    }
    return number
  }

  /// Takes the value of a key, as a finite number in a range.
  public mutating func takeNumber(
    _ key: String,
    in range: ClosedRange<Double> = -.greatestFiniteMagnitude...(.greatestFiniteMagnitude)
  ) throws(ConfigurationError) -> Double? {
    guard let value = take(key) else { return nil }
    return try number(value, key: key, in: range)
  }

  /// Takes the value of a key, as finite numbers separated by `;`.
  public mutating func takeNumbers(
    _ key: String,
    in range: ClosedRange<Double> = -.greatestFiniteMagnitude...(.greatestFiniteMagnitude)
  ) throws(ConfigurationError) -> [Double]? {
    guard let value = take(key) else { return nil }
    var numbers: [Double] = []
    for part in value.split(separator: ";", omittingEmptySubsequences: false) {
      numbers.append(try number(String(part), key: key, in: range))
    }
    return numbers
  }

  /// Takes the value of a key, as `true` or `false`.
  public mutating func takeFlag(_ key: String) throws(ConfigurationError) -> Bool? {
    guard let value = take(key) else { return nil }
    guard let flag = Bool(value) else { throw invalid("\(key)=\(value) is not true or false") }
    return flag
  }

  /// Takes the value of a key, as the raw value of an enumeration.
  public mutating func takeChoice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, as type: Choice.Type
  ) throws(ConfigurationError) -> Choice? where Choice.RawValue == String {
    guard let value = take(key) else { return nil }
    guard let choice = Choice(rawValue: value) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw invalid("\(key)=\(value) is not one of \(names)")
    }
    return choice
  }

  /// Refuses whatever key was given and not taken.
  ///
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)`` with the nearest known key.
  public func finish() throws(ConfigurationError) {
    guard let left = values.first else { return }
    throw invalid(
      "unknown key '\(left.key)'"
        + (known.isEmpty ? "; it takes none" : Suggestion.among(known, for: left.key)))
  }

  /// The error that this specification is invalid, for a reason.
  public func invalid(_ reason: String) -> ConfigurationError {
    .invalid(option: option, value: text, reason: reason)
  }

  private func number(
    _ text: String, key: String, in range: ClosedRange<Double>
  ) throws(ConfigurationError) -> Double {
    if let reason = NumberText.rangeProblem(text) { throw invalid("\(key)=\(text): \(reason)") }
    guard let number = Double(text), number.isFinite, range.contains(number) else {
      let bounds =
        range.lowerBound == -.greatestFiniteMagnitude
        ? ""
        : " from \(range.lowerBound)"
          + (range.upperBound == .greatestFiniteMagnitude ? " up" : " to \(range.upperBound)")
      throw invalid("\(key)=\(text) is not a finite number\(bounds)")
    }
    return number
  }
}
