import Foundation

/// An arithmetic expression over named numbers, as claims write them: `2*sin(pi/(2*(2*tau+1)))`.
///
/// From the loosest to the tightest: `or`, `and`, comparisons (`< <= > >= ==`, 1 where they hold and 0
/// elsewhere), `+ -`, `* /`, the sign, `^` (from the right). Functions: `sqrt`, `exp`, `log`, `sin`,
/// `cos`, `abs`, `min`, `max`, `harmonic` (1 + 1/2 + … + 1/n). `pi` is known. Everything that is not 0 counts as true.
public struct Expression: Equatable, Sendable {
  /// As it was written.
  public let text: String
  /// The names that must be given, in the order of their first appearance.
  public let names: [String]

  private let root: Node

  /// One operation.
  indirect enum Node: Equatable, Sendable {
    case number(Double)
    case name(String)
    case negated(Node)
    case binary(Operator, Node, Node)
    case call(Function, [Node])
  }

  /// What stands between two operands.
  enum Operator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case power = "^"
    case less = "<"
    case atMost = "<="
    case more = ">"
    case atLeast = ">="
    case equal = "=="
    case and
    case or

    func apply(_ a: Double, _ b: Double) -> Double {
      switch self {
      case .add: a + b
      case .subtract: a - b
      case .multiply: a * b
      case .divide: a / b
      case .power: pow(a, b)
      case .less: a < b ? 1 : 0
      case .atMost: a <= b ? 1 : 0
      case .more: a > b ? 1 : 0
      case .atLeast: a >= b ? 1 : 0
      case .equal: a == b ? 1 : 0
      case .and: a != 0 && b != 0 ? 1 : 0
      case .or: a != 0 || b != 0 ? 1 : 0
      }
    }
  }

  /// What can be called.
  enum Function: String, CaseIterable, Sendable {
    case sqrt, exp, log, sin, cos, abs, min, max, harmonic

    /// The number of arguments.
    var arity: Int { self == .min || self == .max ? 2 : 1 }

    func apply(_ x: [Double]) -> Double {
      switch self {
      case .sqrt: Foundation.sqrt(x[0])
      case .exp: Foundation.exp(x[0])
      case .log: Foundation.log(x[0])
      case .sin: Foundation.sin(x[0])
      case .cos: Foundation.cos(x[0])
      case .abs: Swift.abs(x[0])
      case .min: Swift.min(x[0], x[1])
      case .max: Swift.max(x[0], x[1])
      case .harmonic: Self.harmonic(x[0])
      }
    }

    private static func harmonic(_ count: Double) -> Double {
      guard count >= 0, count <= 1e6 else { return .nan }
      return (0..<Int(count)).reduce(0) { $0 + 1 / Double($1 + 1) }
    }
  }

  /// Reads an expression.
  ///
  /// - Throws: ``ExpressionError``.
  public init(_ text: String) throws(ExpressionError) {
    var parser = ExpressionParser(text)
    root = try parser.parse()
    self.text = text
    names = parser.names
  }

  /// The value for given names.
  ///
  /// - Parameter values: the number of each name.
  /// - Returns: the value; `nil` where a name has no number, or the result is none.
  public func value(_ values: (String) -> Double?) -> Double? {
    guard let result = Self.value(root, values), result.isFinite else { return nil }
    return result
  }

  private static func value(_ node: Node, _ values: (String) -> Double?) -> Double? {
    switch node {
    case .number(let number): return number
    case .name(let name): return values(name)
    case .negated(let operand): return value(operand, values).map { -$0 }
    case .binary(let operation, let left, let right):
      guard let left = value(left, values), let right = value(right, values) else { return nil }
      return operation.apply(left, right)
    case .call(let function, let arguments):
      var numbers: [Double] = []
      for argument in arguments {
        guard let number = value(argument, values) else { return nil }
        numbers.append(number)
      }
      return function.apply(numbers)
    }
  }
}

/// What is wrong with an expression.
public struct ExpressionError: Error, Equatable, CustomStringConvertible {
  /// The expression.
  public let text: String
  /// What is wrong with it.
  public let reason: String

  /// A sentence for the person who wrote it.
  public var description: String {
    "the expression '\(text.count > 60 ? text.prefix(59) + "…" : text)' \(reason)"
  }
}
