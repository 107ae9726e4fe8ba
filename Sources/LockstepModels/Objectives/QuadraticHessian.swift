import Foundation
import LockstepCore

/// The symmetric matrix `H` of a quadratic, stored as compactly as its kind allows.
///
/// **Concurrency:** immutable after its initialiser and private to its ``Quadratic``; that is the
/// invariant behind `@unchecked Sendable`.
final class QuadraticHessian<Scalar: ModelScalar>: @unchecked Sendable {
  /// How `H` is stored.
  enum Storage {
    /// `H = diag(λ)`.
    case diagonal(UnsafeMutablePointer<Double>)
    /// `H = QΛQ` with the reflection `Q = I − 2vvᵀ`, `‖v‖ = 1`.
    case reflected(eigenvalues: UnsafeMutablePointer<Double>, axis: UnsafeMutablePointer<Double>)
    /// `H = (1 − R)·I + R·11ᵀ`.
    case coupled(Double)
    /// 2 on the diagonal, −1 beside it.
    case laplacian
    /// `[n × n]`, row-major.
    case dense(UnsafeMutablePointer<Scalar>)
  }

  /// The number of rows.
  let dimension: Int
  /// How it is stored.
  let storage: Storage
  private let arena = Arena()

  /// Makes the matrix.
  ///
  /// - Throws: ``DataError`` where it comes from a file that cannot be used.
  init(_ specification: QuadraticSpecification, seed: UInt64) throws {
    switch specification.matrix {
    case .conditioned(let count, let condition):
      dimension = count
      let values = Self.progression(count: count, condition: condition)
      storage = Self.spectral(values, isRotated: specification.isRotated, seed: seed, arena: arena)
    case .eigenvalues(let values):
      dimension = values.count
      storage = Self.spectral(values, isRotated: specification.isRotated, seed: seed, arena: arena)
    case .coupled(let count, let coupling):
      dimension = count
      storage = .coupled(coupling)
    case .laplacian(let count):
      dimension = count
      storage = .laplacian
    case .file(let path):
      let array = try Self.readSquare(path)
      dimension = array.shape[0]
      let values = array.elements(as: Scalar.self)
      let matrix = arena.allocate(Scalar.self, count: values.count)
      for (index, value) in values.enumerated() { matrix[index] = value }
      storage = .dense(matrix)
    }
  }

  /// `λ_i = C^(−i/(n−1))`: from 1 down to `1/C`.
  static func progression(count: Int, condition: Double) -> [Double] {
    if count == 1 { return [1] }
    let step = -PortableMath.log(condition) / Double(count - 1)
    return (0..<count).map { index in
      // The ends are exact, whatever the logarithm rounds to.
      index == 0 ? 1 : index == count - 1 ? 1 / condition : PortableMath.exp(Double(index) * step)
    }
  }

  private static func spectral(
    _ values: [Double], isRotated: Bool, seed: UInt64, arena: Arena
  ) -> Storage {
    let eigenvalues = arena.allocate(Double.self, count: values.count)
    for (index, value) in values.enumerated() { eigenvalues[index] = value }
    guard isRotated else { return .diagonal(eigenvalues) }
    let axis = arena.allocate(Double.self, count: values.count)
    // A clock of its own keeps the reflection apart from the start, which has the same purpose.
    var stream = RandomStream(seed: seed, purpose: .initialization, clock: 1)
    var square = 0.0
    for index in values.indices {
      axis[index] = stream.normal()
      square += axis[index] * axis[index]
    }
    let norm = square.squareRoot()
    for index in values.indices { axis[index] /= norm }
    return .reflected(eigenvalues: eigenvalues, axis: axis)
  }

  private static func readSquare(_ path: String) throws -> NumPyArray {
    let array: NumPyArray
    do {
      array = try NumPyArray(contentsOf: path)
    } catch {
      switch error {
      case .cannotOpen(let path, let reason):
        throw DataError.notFound(path: path, reason: reason)
      case .invalid(let path, let reason), .cannotWrite(let path, let reason):
        throw DataError.invalid(path: path, line: nil, reason: reason)
      }
    }
    guard array.shape.count == 2, array.shape[0] == array.shape[1], array.shape[0] > 0 else {
      let shape = array.shape.map(String.init).joined(separator: "×")
      throw DataError.invalid(
        path: path, line: nil, reason: "a quadratic's matrix is square, this one is \(shape)")
    }
    let count = array.shape[0]
    let values = array.elements(as: Double.self)
    for row in 0..<count {
      for column in 0...row {
        let (here, there) = (values[row * count + column], values[column * count + row])
        guard here.isFinite && there.isFinite else {
          throw DataError.invalid(
            path: path, line: nil,
            reason: "the element in row \(row), column \(column) is not a finite number")
        }
        // Products of a matrix with its transpose are symmetric only up to rounding.
        guard abs(here - there) <= 1e-6 * max(abs(here), abs(there)) else {
          throw DataError.invalid(
            path: path, line: nil,
            reason: "not symmetric: row \(row), column \(column) holds \(here), "
              + "row \(column), column \(row) holds \(there)")
        }
      }
    }
    return array
  }
}

extension QuadraticSpecification {
  /// The eigenvalues of the matrix, in any order; `nil` for one from a file.
  public var eigenvalues: [Double]? {
    switch matrix {
    case .conditioned(let count, let condition):
      QuadraticHessian<Double>.progression(count: count, condition: condition)
    case .eigenvalues(let values): values
    case .coupled(let count, let coupling):
      count == 1 ? [1] : [1 - coupling, 1 + Double(count - 1) * coupling]
    case .laplacian(let count):
      (1...count).map { 2 - 2 * cos(Double($0) * .pi / Double(count + 1)) }
    case .file: nil
    }
  }
}
