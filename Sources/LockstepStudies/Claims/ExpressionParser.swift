import LockstepCore

/// Reads expressions by recursive descent, one level of precedence after the other.
struct ExpressionParser {
  private(set) var names: [String] = []

  private let text: String
  private var rest: Substring
  private var depth = 0

  /// Deeper ones are a mistake, and would overflow the stack.
  private static let largestDepth = 100
  /// Longer ones are a mistake, and so deep to the left that they would overflow it, too.
  private static let largestCount = 1000
  /// The number of operands so far.
  private var count = 0

  init(_ text: String) {
    self.text = text
    rest = text[...]
  }

  mutating func parse() throws(ExpressionError) -> Expression.Node {
    let node = try disjunction()
    skipSpaces()
    guard rest.isEmpty else { throw error("has '\(rest)' where it should end") }
    return node
  }

  private mutating func disjunction() throws(ExpressionError) -> Expression.Node {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.largestDepth else { throw error("is nested too deeply") }
    var node = try conjunction()
    while takeWord("or") { node = .binary(.or, node, try conjunction()) }
    return node
  }

  private mutating func conjunction() throws(ExpressionError) -> Expression.Node {
    var node = try comparison()
    while takeWord("and") { node = .binary(.and, node, try comparison()) }
    return node
  }

  private mutating func comparison() throws(ExpressionError) -> Expression.Node {
    let left = try sum()
    for operation: Expression.Operator in [.atMost, .atLeast, .equal, .less, .more]
    where take(operation.rawValue) {
      return .binary(operation, left, try sum())
    }
    return left
  }

  private mutating func sum() throws(ExpressionError) -> Expression.Node {
    var node = try product()
    while true {
      if take("+") {
        node = .binary(.add, node, try product())
      } else if take("-") {
        node = .binary(.subtract, node, try product())
      } else {
        return node
      }
    }
  }

  private mutating func product() throws(ExpressionError) -> Expression.Node {
    var node = try signed()
    while true {
      if take("*") {
        node = .binary(.multiply, node, try signed())
      } else if take("/") {
        node = .binary(.divide, node, try signed())
      } else {
        return node
      }
    }
  }

  private mutating func signed() throws(ExpressionError) -> Expression.Node {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.largestDepth else { throw error("is nested too deeply") }
    if take("-") { return .negated(try signed()) }
    let base = try atom()
    return take("^") ? .binary(.power, base, try signed()) : base
  }

  private mutating func atom() throws(ExpressionError) -> Expression.Node {
    count += 1
    guard count <= Self.largestCount else { throw error("has more than 1000 operands") }
    if take("(") {
      let node = try disjunction()
      guard take(")") else { throw error("lacks a closing parenthesis") }
      return node
    }
    skipSpaces()
    guard let first = rest.first else { throw error("ends where a number or a name should be") }
    if first.isNumber || first == "." { return try number() }
    guard first.isLetter else { throw error("has '\(first)' where a number or a name should be") }
    let word = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    rest = rest.dropFirst(word.count)
    if take("(") { return try call(word) }
    if word == "pi" { return .number(.pi) }
    if !names.contains(word) { names.append(word) }
    return .name(word)
  }

  private mutating func call(_ name: String) throws(ExpressionError) -> Expression.Node {
    guard let function = Expression.Function(rawValue: name) else {
      let known = Expression.Function.allCases.map(\.rawValue)
      let hint = Suggestion.hint(Suggestion.nearest(to: name, among: known))
      throw error("calls '\(name)', which is no function\(hint)")
    }
    var arguments = [try disjunction()]
    while take(",") { arguments.append(try disjunction()) }
    guard take(")") else { throw error("lacks a closing parenthesis") }
    guard arguments.count == function.arity else {
      throw error("gives \(name) \(arguments.count) arguments, and it takes \(function.arity)")
    }
    return .call(function, arguments)
  }

  private mutating func number() throws(ExpressionError) -> Expression.Node {
    var digits = rest.prefix { $0.isNumber || $0 == "." }
    let after = rest[digits.endIndex...]
    if after.first == "e" || after.first == "E" {
      let sign = after.dropFirst().first.map { $0 == "-" || $0 == "+" } == true ? 1 : 0
      let power = after.dropFirst(1 + sign).prefix(while: \.isNumber)
      if !power.isEmpty { digits = rest[digits.startIndex..<power.endIndex] }
    }
    guard let value = Double(digits) else { throw error("has '\(digits)', which is no number") }
    rest = rest[digits.endIndex...]
    return .number(value)
  }

  private mutating func take(_ symbol: String) -> Bool {
    skipSpaces()
    guard rest.hasPrefix(symbol) else { return false }
    rest = rest.dropFirst(symbol.count)
    return true
  }

  private mutating func takeWord(_ word: String) -> Bool {
    skipSpaces()
    guard rest.hasPrefix(word) else { return false }
    let after = rest.dropFirst(word.count)
    if let next = after.first, next.isLetter || next.isNumber || next == "_" { return false }
    rest = after
    return true
  }

  private mutating func skipSpaces() { rest = rest.drop(while: \.isWhitespace) }

  private func error(_ reason: String) -> ExpressionError {
    ExpressionError(text: text, reason: reason)
  }
}
