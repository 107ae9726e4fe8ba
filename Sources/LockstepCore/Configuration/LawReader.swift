/// Reads `NAME:ARGUMENT` for the laws of time and of delay.
struct LawReader {
  let option: String
  let text: String
  let name: String
  let argument: String
  private let forms: [String]

  init(_ text: String, option: String, forms: [String]) throws(ConfigurationError) {
    self.option = option
    self.text = text
    self.forms = forms
    let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(halves[0])
    argument = halves.count > 1 ? String(halves[1]) : ""
    guard forms.contains(where: { $0.hasPrefix(name + ":") }) else { throw unknown() }
    guard !argument.isEmpty else { throw invalid("write \(form)") }
  }

  private var form: String { forms.first { $0.hasPrefix(name + ":") } ?? name }

  func invalid(_ reason: String) -> ConfigurationError {
    .invalid(option: option, value: text, reason: reason)
  }

  func unknown() -> ConfigurationError {
    .unknown(
      option: option, value: text, choices: forms,
      nearest: Suggestion.nearest(
        to: name, among: forms.map { String($0.prefix { $0 != ":" }) }))
  }

  func path() throws(ConfigurationError) -> String { argument }

  func integer(_ range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
    guard let value = Int(argument), range.contains(value) else {
      throw invalid(
        "'\(argument)' is not \(NumberText.wholeNumber(in: range))")
    }
    return value
  }

  func numbers(
    _ count: Int, above low: Double, atMost high: Double
  ) throws(ConfigurationError) -> [Double] {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == count else { throw invalid("write \(form)") }
    return try numbers(parts, above: low, atMost: high)
  }

  func list(above low: Double, atMost high: Double) throws(ConfigurationError) -> [Double] {
    try numbers(
      argument.split(separator: ";", omittingEmptySubsequences: false), above: low, atMost: high)
  }

  private func numbers(
    _ parts: [Substring], above low: Double, atMost high: Double
  ) throws(ConfigurationError) -> [Double] {
    var numbers: [Double] = []
    for part in parts {
      if let reason = NumberText.rangeProblem(part) { throw invalid("'\(part)': \(reason)") }
      guard let value = Double(part), value > low, value <= high else {
        throw invalid("'\(part)' is not a number above \(low) and at most \(high)")
      }
      numbers.append(value)
    }
    return numbers
  }
}
