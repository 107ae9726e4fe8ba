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
