import Foundation
import LockstepCore

/// The values of an axis as they are written in one piece of text.
///
/// `1,2,4` lists them; `1..8` are whole numbers; `0.1..0.5:0.1` go in steps; `range(1,9,2)`, `linspace(0,1,5)`,
/// `logspace(-3,-1,5)` (powers of ten) and `doubling(1,64)` are functions. A value that holds a comma
/// stands in brackets: `[mlp:8,activation=tanh],mlp:16`. Pieces of any kind may be mixed.
public enum AxisExpression {
  /// Why a text is no list of values.
  struct Failure: Error, Equatable {
    var reason: String
  }

  /// The functions, as they are written.
  static let functions = [
    "range": "range(FIRST,LAST[,STEP])", "linspace": "linspace(FIRST,LAST,COUNT)",
    "logspace": "logspace(EXPONENT,EXPONENT,COUNT)", "doubling": "doubling(FIRST,LAST)",
  ]

  /// The most values that one piece may stand for.
  static let largestCount = 1_000_000

  /// Reads the values.
  static func values(_ text: String) throws(Failure) -> [String] {
    var result: [String] = []
    for piece in try pieces(text) {
      guard !piece.isEmpty else {
        throw Failure(
          reason: text.isEmpty ? "no value is given" : "'\(text)' has an empty value")
      }
      result += try expand(piece)
    }
    return result
  }

  /// Splits at commas outside of brackets and parentheses.
  private static func pieces(_ text: String) throws(Failure) -> [String] {
    var result = [""]
    var depth = 0
    for character in text {
      switch character {
      case "[", "(": depth += 1
      case "]", ")": depth -= 1
      default: break
      }
      guard depth >= 0 else { break }
      if character == ",", depth == 0 {
        result.append("")
      } else {
        result[result.count - 1].append(character)
      }
    }
    guard depth == 0 else {
      throw Failure(reason: "'\(text)' has a bracket or parenthesis without its partner")
    }
    return result.map { $0.trimmingCharacters(in: .whitespaces) }
  }

  private static func expand(_ piece: String) throws(Failure) -> [String] {
    if piece.hasPrefix("["), piece.hasSuffix("]") {
      let inner = String(piece.dropFirst().dropLast())
      guard !inner.isEmpty else { throw Failure(reason: "'[]' is an empty value") }
      return [inner]
    }
    if piece.hasSuffix(")"), let open = piece.firstIndex(of: "("),
      piece[..<open].allSatisfy(\.isLetter), open != piece.startIndex
    {
      let arguments = piece[piece.index(after: open)...].dropLast()
        .split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      return try call(String(piece[..<open]), arguments, written: piece)
    }
    let ends = piece.components(separatedBy: "..")
    guard ends.count == 2, Double(ends[0]) != nil else { return [piece] }
    let tail = ends[1].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (1...2).contains(tail.count), tail.allSatisfy({ Double($0) != nil }) else {
      return [piece]
    }
    return try call("range", [ends[0]] + tail, written: piece)
  }

  /// Evaluates a function.
  ///
  /// - Parameter written: the text it came from, for messages.
  static func call(
    _ name: String, _ arguments: [String], written: String
  ) throws(Failure) -> [String] {
    switch name {
    case "range": return try range(arguments, written)
    case "linspace":
      return try spaced(arguments, written, name) { $0 }
    case "logspace":
      return try spaced(arguments, written, name) { pow(10, $0) }
    case "doubling": return try doubling(arguments, written)
    default:
      let names = functions.keys.sorted()
      throw Failure(
        reason: "'\(written)': there is no function \(name)"
          + Suggestion.among(names, for: name))
    }
  }

  private static func complaint(_ name: String, _ written: String, _ what: String) -> Failure {
    Failure(reason: "'\(written)': \(what); write \(functions[name] ?? name)")
  }

  private static func range(_ arguments: [String], _ written: String) throws(Failure) -> [String] {
    let numbers = arguments.compactMap { Int($0) }
    guard (2...3).contains(arguments.count) else {
      throw complaint("range", written, "a range takes two or three numbers")
    }
    guard numbers.count == arguments.count else { return try fractions(arguments, written) }
    let step = numbers.count == 3 ? numbers[2] : 1
    guard step > 0, numbers[0] <= numbers[1] else {
      throw complaint("range", written, "a range goes upwards, in steps of at least 1")
    }
    let (width, overflow) = numbers[1].subtractingReportingOverflow(numbers[0])
    guard !overflow, width / step < largestCount else {
      throw complaint("range", written, "that is more than \(largestCount) values")
    }
    return stride(from: numbers[0], through: numbers[1], by: step).map { "\($0)" }
  }

  /// A range of numbers that aren't all whole.
  private static func fractions(
    _ arguments: [String], _ written: String
  ) throws(Failure) -> [String] {
    let numbers = arguments.compactMap { Double($0) }.filter(\.isFinite)
    guard numbers.count == arguments.count else {
      throw complaint("range", written, "a range takes two or three numbers")
    }
    guard numbers.count == 3 else {
      throw Failure(
        reason: "'\(written)': a range of fractions needs a step, such as 0.1..0.5:0.1; "
          + "linspace(FIRST,LAST,COUNT) takes a number of values instead")
    }
    let (first, last, step) = (numbers[0], numbers[1], numbers[2])
    guard step > 0, first <= last else {
      throw complaint("range", written, "a range goes upwards, in steps above 0")
    }
    // The last step may miss the end by what rounding makes of it.
    let steps = ((last - first) / step + 1e-9).rounded(.down)
    guard steps < Double(largestCount) else {
      throw complaint("range", written, "that is more than \(largestCount) values")
    }
    return try (0...Int(steps)).map { index throws(Failure) in
      try rounded(first + Double(index) * step, "range", written)
    }
  }

  /// A number to twelve digits: the same text on every machine, whatever its library makes of the last bit.
  private static func rounded(
    _ value: Double, _ name: String, _ written: String
  ) throws(Failure) -> String {
    guard value.isFinite, let rounded = Double(String(format: "%.12g", value)) else {
      throw complaint(name, written, "a value lies beyond the numbers")
    }
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
  }

  private static func doubling(
    _ arguments: [String], _ written: String
  ) throws(Failure) -> [String] {
    let numbers = arguments.compactMap { Int($0) }
    guard numbers.count == arguments.count, numbers.count == 2, numbers[0] >= 1,
      numbers[0] <= numbers[1]
    else {
      throw complaint("doubling", written, "it takes two whole numbers from 1, the smaller first")
    }
    return sequence(first: numbers[0]) { value in
      let (next, overflow) = value.multipliedReportingOverflow(by: 2)
      return overflow || next > numbers[1] ? nil : next
    }.map { "\($0)" }
  }

  private static func spaced(
    _ arguments: [String], _ written: String, _ name: String, _ map: (Double) -> Double
  ) throws(Failure) -> [String] {
    guard arguments.count == 3, let first = Double(arguments[0]), let last = Double(arguments[1]),
      first.isFinite, last.isFinite, let count = Int(arguments[2])
    else { throw complaint(name, written, "it takes two numbers and how many values") }
    guard (1...largestCount).contains(count), count > 1 || first == last else {
      throw complaint(
        name, written, "two ends take at least 2 values, and at most \(largestCount)")
    }
    return try (0..<count).map { index throws(Failure) in
      let share = count == 1 ? 0 : Double(index) / Double(count - 1)
      return try rounded(map(first * (1 - share) + last * share), name, written)
    }
  }
}
