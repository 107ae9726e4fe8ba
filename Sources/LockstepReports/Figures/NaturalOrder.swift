/// Values of options as people list them.
enum NaturalOrder {
  /// The order in which policies let go of waiting.
  private static let policies = ["sequential", "barrier", "bounded", "hogwild", "locked"]

  /// What a value is sorted by.
  private struct Key {
    var number: Double?
    var policy: Int
    var numbers: [Double] = []
    var words = ""

    init(_ text: String) {
      number = Double(text)
      policy = policies.firstIndex { text.hasPrefix($0) } ?? policies.count
      var digits = ""
      for character in text + " " {
        if character.isNumber || (character == "." && !digits.isEmpty) {
          digits.append(character)
          continue
        }
        if let number = Double(digits) { numbers.append(number) } else { words += digits }
        digits = ""
        words.append(character)
      }
    }

    static func precedes(_ first: Key, _ second: Key) -> Bool {
      if let one = first.number, let other = second.number { return one < other }
      if (first.number == nil) != (second.number == nil) { return first.number != nil }
      if first.policy != second.policy { return first.policy < second.policy }
      if first.numbers.count != second.numbers.count {
        return first.numbers.count < second.numbers.count
      }
      if first.words != second.words { return first.words < second.words }
      return first.numbers.lexicographicallyPrecedes(second.numbers)
    }
  }

  /// Sorts values: numbers, then policies, then text with fewer numbers in it, such as networks with
  /// fewer layers; what has the same words by those numbers.
  static func sorted(_ values: [String]) -> [String] {
    values.map { (Key($0), $0) }.sorted { Key.precedes($0.0, $1.0) }.map(\.1)
  }
}
