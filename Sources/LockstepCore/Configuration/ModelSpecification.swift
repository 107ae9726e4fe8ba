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

  /// The names that start a specification.
  public static let names = [
    "quadratic", "least-squares", "logistic", "svm", "mlp", "factorization",
  ]

  /// Reads a model as it is written after `--model`.
  ///
  /// - Throws: ``ConfigurationError`` for an unknown name or key, or a value out of range.
  public init(_ text: String) throws(ConfigurationError) {
    var reader = try Specification(text, option: "--model")
    specification = text
    l2 = try reader.takeNumber("l2", in: 0...Double.greatestFiniteMagnitude) ?? 0
    intercept = false
    positiveClass = nil
    switch reader.name {
    case "quadratic":
      kind = .quadratic(try QuadraticSpecification(&reader))
    case "least-squares", "logistic", "svm":
      intercept = try reader.takeFlag("intercept") ?? false
      if reader.name == "least-squares" {
        kind = .leastSquares
      } else {
        positiveClass = try reader.takeInteger("positive", in: 0...Int(Int32.max))
        kind = reader.name == "logistic" ? .logistic : .svm
      }
    case "mlp":
      let activation = try reader.takeChoice("activation", as: Activation.self) ?? .relu
      kind = .multilayerPerceptron(
        hiddenWidths: try Self.hiddenWidths(reader), activation: activation)
    case "factorization":
      guard let rank = reader.argument.flatMap(Int.init), (1...4096).contains(rank) else {
        throw reader.invalid("write factorization:RANK with a rank from 1 to 4096")
      }
      kind = .factorization(rank: rank)
    default:
      throw .unknown(
        option: "--model", value: text, choices: Self.names,
        nearest: Suggestion.nearest(to: reader.name, among: Self.names))
    }
    if reader.argument != nil, !["mlp", "factorization"].contains(reader.name) {
      throw reader.invalid("'\(reader.argument ?? "")' is not of the form KEY=VALUE")
    }
    try reader.finish()
  }

  private static func hiddenWidths(_ reader: Specification) throws(ConfigurationError) -> [Int] {
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

/// The matrix, the noise and the start of a quadratic model.
public struct QuadraticSpecification: Equatable, Sendable {
  /// The Hessian `H`.
  public enum Matrix: Equatable, Sendable {
    /// `n` eigenvalues in geometric progression from 1 down to 1/C, along the axes.
    case conditioned(dimension: Int, condition: Double)
    /// The given eigenvalues, along the axes.
    case eigenvalues([Double])
    /// `(1 − R)·I + R·11ᵀ`.
    case coupled(dimension: Int, coupling: Double)
    /// The 1-D Laplacian: 2 on the diagonal, −1 beside it.
    case laplacian(Int)
    /// A dense symmetric matrix from a NumPy file of shape `[n, n]`.
    case file(String)
  }

  /// Where the parameters start.
  public enum Start: String, CaseIterable, Sendable {
    /// All ones.
    case ones
    /// Independent standard normals.
    case normal
  }

  /// The Hessian.
  public var matrix: Matrix
  /// Whether an eigenvalue matrix is turned by a random reflection, which makes it dense while it
  /// keeps its eigenvalues.
  public var isRotated: Bool
  /// The standard deviation of the noise added to each coordinate of a gradient.
  public var noise: Double
  /// Where the parameters start.
  public var start: Start

  /// The largest dimension.
  public static let largestDimension = 1 << 28

  init(_ reader: inout Specification) throws(ConfigurationError) {
    let dimension = try reader.takeInteger("dimension", in: 1...Self.largestDimension)
    let condition = try reader.takeNumber("condition", in: 1...1e300)
    let eigenvalues = try reader.takeNumbers("eigenvalues")
    let coupling = try reader.takeNumber("coupling")
    let laplacian = try reader.takeInteger("laplacian", in: 1...Self.largestDimension)
    let file = reader.take("matrix")
    noise = try reader.takeNumber("noise", in: 0...Double.greatestFiniteMagnitude) ?? 0
    start = try reader.takeChoice("start", as: Start.self) ?? .ones
    isRotated = try reader.takeFlag("rotated") ?? false

    let given = [eigenvalues != nil, coupling != nil, laplacian != nil, file != nil]
    guard given.count(where: { $0 }) <= 1 else {
      throw reader.invalid("give only one of eigenvalues, coupling, laplacian and matrix")
    }
    guard condition == nil || !given.contains(true) else {
      throw reader.invalid("condition goes with dimension only")
    }
    if let eigenvalues {
      guard dimension == nil || dimension == eigenvalues.count else {
        throw reader.invalid("dimension differs from the number of eigenvalues")
      }
      matrix = .eigenvalues(eigenvalues)
    } else if let coupling {
      guard let dimension else { throw reader.invalid("coupling=R needs dimension=N") }
      matrix = .coupled(dimension: dimension, coupling: coupling)
    } else if let laplacian {
      guard dimension == nil || dimension == laplacian else {
        throw reader.invalid("laplacian=N already gives the dimension")
      }
      matrix = .laplacian(laplacian)
    } else if let file {
      guard dimension == nil else {
        throw reader.invalid("matrix=FILE already gives the dimension")
      }
      matrix = .file(file)
    } else {
      matrix = .conditioned(dimension: dimension ?? 10, condition: condition ?? 1)
    }
    if isRotated {
      switch matrix {
      case .conditioned, .eigenvalues: break
      default: throw reader.invalid("rotated=true goes with eigenvalues or dimension and condition")
      }
    }
  }
}
