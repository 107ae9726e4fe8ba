/// Everything about a kind of model that options, defaults and the preparation of data ask for.
///
/// What it computes is in the class of its own in LockstepModels, which `ModelBuilder` makes.
public struct ModelEntry: Equatable, Sendable {
  /// What a model asks of its examples.
  public enum Examples: Sendable {
    /// It has none.
    case none
    /// Features, and numbers to predict.
    case quantities
    /// Features, and labels of two classes, or of more, one of which is told from the rest.
    case twoClasses
    /// Features, and labels of classes.
    case classes
    /// Ratings.
    case ratings
  }

  /// The name that starts a specification.
  public let name: String
  /// The name and what may follow it, as help writes it.
  public let grammar: String
  /// Whether something that is no `KEY=VALUE` may follow the name.
  var takesArgument = false
  /// Whether the key `intercept` may follow the name.
  var takesIntercept = false
  /// What it asks of its examples.
  public let examples: Examples
  /// Whether it is trained on examples at all.
  var takesData: Bool { examples != .none }
  /// The data that it is trained on where none are given; `nil` for a model without data.
  public let usualData: String?
  /// The rate that a rule starts from, where this model needs one of its own; 0 where it doesn't.
  var usualRate: @Sendable (GradientRule, RateSchedule) -> Double = { _, _ in 0 }
  /// Reads what follows the name.
  let read: @Sendable (inout Specification) throws(ConfigurationError) -> ModelSpecification.Kind

  /// Every model, in the order in which help lists them.
  public static let all = [
    ModelEntry(
      name: "quadratic", grammar: "quadratic:KEY=V,…", examples: .none, usualData: nil,
      read: { reader throws(ConfigurationError) in
        .quadratic(try QuadraticSpecification(&reader))
      }),
    linear("least-squares", .quantities, .leastSquares),
    linear("logistic", .twoClasses, .logistic),
    linear("svm", .twoClasses, .svm),
    ModelEntry(
      name: "mlp", grammar: "mlp:H1xH2…", takesArgument: true, examples: .classes,
      usualData: "digits",
      usualRate: { rule, schedule in
        schedule.fallsToZero ? rule.facts.pointee.falling_network_rate : 0
      },
      read: { reader throws(ConfigurationError) in
        let activation = try reader.takeChoice("activation", as: Activation.self) ?? .relu
        return .multilayerPerceptron(
          hiddenWidths: try ModelSpecification.hiddenWidths(reader), activation: activation)
      }),
    ModelEntry(
      name: "factorization", grammar: "factorization:RANK", takesArgument: true,
      examples: .ratings, usualData: "synthetic:task=ratings,examples=100000",
      usualRate: { rule, _ in rule.facts.pointee.factorization_rate },
      read: { reader throws(ConfigurationError) in
        guard let rank = reader.argument.flatMap(Int.init), (1...4096).contains(rank) else {
          throw reader.invalid("write factorization:RANK with a rank from 1 to 4096")
        }
        return .factorization(rank: rank)
      }),
  ]

  /// Whether two entries are the same one.
  public static func == (first: ModelEntry, second: ModelEntry) -> Bool {
    first.name == second.name
  }

  private static func linear(
    _ name: String, _ examples: Examples, _ kind: ModelSpecification.Kind
  ) -> ModelEntry {
    ModelEntry(
      name: name, grammar: name, takesIntercept: true, examples: examples, usualData: "digits",
      read: { _ in kind })
  }

  /// The names of all models and what may follow them, as help lists them.
  public static var grammar: String { Suggestion.alternatives(all.map(\.grammar)) }
}
