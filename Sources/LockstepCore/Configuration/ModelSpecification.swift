/// What is trained, as it is written after `--model`.
public struct ModelSpecification: Equatable, Sendable {
  /// The kind of model, with what only that kind needs.
  public enum Kind: Equatable, Sendable {
    /// `½·xᵀHx` on parameters `x`, without data.
    case quadratic(QuadraticSpecification)
    /// `½·mean (x·w − y)²`.
    case leastSquares
    /// `mean log(1 + e^(−y·x·w))` with labels ±1.
    case logistic
    /// `mean max(0, 1 − y·x·w)` with labels ±1.
    case svm
    /// A fully connected network with softmax cross-entropy; no widths is softmax regression.
    case multilayerPerceptron(hiddenWidths: [Int], activation: Activation)
    /// `mean (r − p_u·q_i)²` with factors of the given rank.
    case factorization(rank: Int)
  }

  /// The kind of model.
  public var kind: Kind
  /// `λ` of the regulariser `½·λ‖w‖²`; 0 for none.
  public var l2: Double
  /// Whether a linear model has an intercept, as its last parameter.
  public var intercept: Bool
  /// The class that a two-class linear model tells from all the others, where the data has more.
  public var positiveClass: Int?
  /// The text it was read from.
  public let specification: String

  /// What is known of this kind of model.
  public let entry: ModelEntry

  /// The names that start a specification.
  public static var names: [String] { ModelEntry.all.map(\.name) }

  /// Reads a model as it is written after `--model`.
  ///
  /// - Throws: ``ConfigurationError`` for an unknown name or key, or a value out of range.
  public init(_ text: String) throws(ConfigurationError) {
    var reader = try Specification(text, option: "--model")
    guard let entry = ModelEntry.all.first(where: { $0.name == reader.name }) else {
      throw .unknown(
        option: "--model", value: text, choices: Self.names,
        nearest: Suggestion.nearest(to: reader.name, among: Self.names))
    }
    self.entry = entry
    specification = text
    l2 = try reader.takeNumber("l2", in: 0...Double.greatestFiniteMagnitude) ?? 0
    kind = try entry.read(&reader)
    intercept = entry.takesIntercept ? try reader.takeFlag("intercept") ?? false : false
    positiveClass =
      entry.examples == .twoClasses
      ? try reader.takeInteger("positive", in: 0...Int(Int32.max)) : nil
    if reader.argument != nil, !entry.takesArgument {
      throw reader.invalid("'\(reader.argument ?? "")' is not of the form KEY=VALUE")
    }
    try reader.finish()
  }

  static func hiddenWidths(_ reader: Specification) throws(ConfigurationError) -> [Int] {
    guard let argument = reader.argument else {
      throw reader.invalid("write mlp:H1xH2… with hidden widths, for example mlp:128 (mlp:0: none)")
    }
    if argument == "0" { return [] }
    var widths: [Int] = []
    for part in argument.split(separator: "x", omittingEmptySubsequences: false) {
      guard let width = Int(part), (1...1_048_576).contains(width) else {
        throw reader.invalid("'\(part)' is not a hidden width from 1 to 1048576")
      }
      widths.append(width)
    }
    guard widths.count <= 64 else { throw reader.invalid("at most 64 hidden layers") }
    return widths
  }
}

/// The non-linearity between two layers.
public enum Activation: String, CaseIterable, Sendable {
  /// `max(0, x)`.
  case relu
  /// The hyperbolic tangent.
  case tanh
}
