/// A gradient rule and its number.
public struct OptimizerSpecification: Equatable, Sendable {
  /// The rule.
  public let rule: GradientRule
  /// The number that follows the rule's name, or its usual value; 0 where the rule takes none.
  public let argument: Double

  /// Plain gradient descent, `θ ← θ − η·g`.
  public static let sgd: OptimizerSpecification = {
    guard let rule = GradientRule.named("sgd") else {
      preconditionFailure("there is plain descent")
    }
    return OptimizerSpecification(rule: rule, argument: 0)
  }()

  private init(rule: GradientRule, argument: Double) {
    self.rule = rule
    self.argument = argument
  }

  /// Reads the name of a rule and, after a `:`, its number.
  ///
  /// - Throws: ``ConfigurationError`` for another name, and for a number that is missing, out of range
  ///   or too many.
  public init(_ text: String) throws(ConfigurationError) {
    let specification = try Specification(text, option: "--optimizer")
    try specification.finish()
    guard let rule = GradientRule.named(specification.name) else {
      throw .unknown(
        option: "--optimizer", value: text, choices: GradientRule.all.map(\.grammar),
        nearest: Suggestion.nearest(
          to: specification.name, among: GradientRule.all.map(\.name)))
    }
    guard let argument = rule.argument else {
      if specification.argument != nil {
        throw specification.invalid("\(rule.name) takes no argument")
      }
      self.init(rule: rule, argument: 0)
      return
    }
    if let reason = specification.argument.flatMap({ NumberText.rangeProblem($0) }) {
      throw specification.invalid(reason)
    }
    let value =
      specification.argument == nil ? argument.usual : specification.argument.flatMap { Double($0) }
    guard let value, value >= 0, value < argument.below else {
      throw specification.invalid(
        "write \(rule.name):\(argument.name) with \(argument.range), for example "
          + "\(rule.name):\(argument.example)")
    }
    self.init(rule: rule, argument: value)
  }

  /// The names of all rules and what may follow them, as help lists them.
  public static var grammar: String { Suggestion.alternatives(GradientRule.all.map(\.grammar)) }

  /// The spelling on the command line.
  public var specification: String {
    rule.argument == nil ? rule.name : "\(rule.name):\(argument)"
  }

  /// The number of state values it keeps for each parameter.
  public var statePerParameter: Int { rule.statePerParameter }
}

extension OptimizerSpecification: ExpressibleByStringLiteral, CustomStringConvertible {
  /// A rule as it is written on the command line, where that stands in the source.
  ///
  /// A text that comes from elsewhere is read by ``init(_:)``, which throws.
  public init(stringLiteral text: String) {
    do throws(ConfigurationError) {
      try self.init(text)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// ``specification``.
  public var description: String { specification }
}
