import Foundation
import LockstepCore
import Testing

@testable import LockstepModels

@Suite struct QuadraticTests {
  static func specification(_ text: String) throws -> QuadraticSpecification {
    guard case .quadratic(let quadratic) = try ModelSpecification(text).kind else {
      throw DataError.unsuitable(reason: "not a quadratic")
    }
    return quadratic
  }

  static func make<Scalar: ModelScalar>(
    _ text: String, l2: Double = 0, kernels: KernelChoice = .blas, as type: Scalar.Type
  ) throws -> Quadratic<Scalar> {
    try Quadratic(specification(text), l2: l2, kernels: kernels, seed: 5)
  }

  static let kinds = [
    "quadratic:dimension=7,condition=100", "quadratic:eigenvalues=3;1;0.5;2",
    "quadratic:dimension=6,coupling=0.3", "quadratic:laplacian=7", "quadratic:laplacian=1",
    "quadratic:dimension=8,condition=1000,rotated=true", "quadratic:dimension=1",
  ]

  @Test(arguments: kinds)
  func `the gradient is the derivative of the loss, over every range`(kind: String) throws {
    for l2 in [0, 0.25] {
      let quadratic = try Self.make(kind, l2: l2, as: Double.self)
      let point = normals(quadratic.parameterCount, seed: 11)
      checkGradient(of: quadratic, at: point, examples: [])
      let float = try Self.make(kind, l2: l2, as: Float.self)
      #expect(
        relativeDifference(
          float.gradient(at: single(point), examples: []),
          quadratic.gradient(at: point, examples: [])) < 1e-4)
    }
  }

  @Test(arguments: kinds)
  func `the loss is zero at the optimum and an evaluation counts one example`(
    kind: String
  ) throws {
    let quadratic = try Self.make(kind, as: Double.self)
    let origin = [Double](repeating: 0, count: quadratic.parameterCount)
    #expect(quadratic.evaluation(at: origin, examples: []) == Evaluation(lossSum: 0, count: 1))
    #expect(quadratic.evaluation(at: origin, examples: [1, 2, 3]).count == 1)
    #expect(quadratic.gradient(at: origin, examples: []).allSatisfy { $0 == 0 })
  }

  @Test func `eigenvalues go from one down to the reciprocal of the condition`() {
    let values = QuadraticHessian<Double>.progression(count: 3, condition: 100)
    #expect(values[0] == 1 && values[2] == 0.01)
    #expect(abs(values[1] - 0.1) < 1e-15)
    #expect(QuadraticHessian<Double>.progression(count: 1, condition: 50) == [1])
  }

  @Test func `a rotated matrix keeps its trace and its square norm`() throws {
    let quadratic = try Self.make("quadratic:eigenvalues=4;2;1;0.5,rotated=true", as: Double.self)
    var (trace, square, offDiagonal) = (0.0, 0.0, 0.0)
    for column in 0..<4 {
      var unit = [0.0, 0, 0, 0]
      unit[column] = 1
      let image = quadratic.gradient(at: unit, examples: [])
      trace += image[column]
      for row in 0..<4 {
        square += image[row] * image[row]
        if row != column { offDiagonal += abs(image[row]) }
      }
    }
    #expect(abs(trace - 7.5) < 1e-14)
    #expect(abs(square - 21.25) < 1e-13)
    #expect(offDiagonal > 0.1, "it is not diagonal any more")
  }

  @Test func `noise does not depend on the split, only on seed, worker and clock`() throws {
    let quadratic = try Self.make("quadratic:dimension=9,noise=0.5", as: Double.self)
    let point = [Double](repeating: 0, count: 9)
    let whole = quadratic.gradient(at: point, examples: [], seed: 3, worker: 2, clock: 7)
    for cut in 1..<9 {
      let first = quadratic.gradient(
        at: point, examples: [], range: 0..<cut, seed: 3, worker: 2, clock: 7)
      let second = quadratic.gradient(
        at: point, examples: [], range: cut..<9, seed: 3, worker: 2, clock: 7)
      #expect(first + second == whole)
    }
    #expect(quadratic.gradient(at: point, examples: [], seed: 3, worker: 2, clock: 8) != whole)
    #expect(quadratic.gradient(at: point, examples: [], seed: 3, worker: 1, clock: 7) != whole)
    #expect(quadratic.gradient(at: point, examples: [], seed: 4, worker: 2, clock: 7) != whole)
    let silent = try Self.make("quadratic:dimension=9", as: Double.self)
    #expect(silent.gradient(at: point, examples: []) == point)
    var square = 0.0
    for clock in 0..<500 {
      for value in quadratic.gradient(at: point, examples: [], clock: clock) {
        square += value * value / 4500
      }
    }
    #expect(abs(square.squareRoot() - 0.5) < 0.02)
  }

  @Test func `it starts at ones or at normals`() throws {
    let ones = try Self.make("quadratic:dimension=5", as: Float.self)
    #expect(ones.initialParameters(seed: 1) == [1, 1, 1, 1, 1])
    let normal = try Self.make("quadratic:dimension=5,start=normal", as: Float.self)
    #expect(normal.initialParameters(seed: 1) == normal.initialParameters(seed: 1))
    #expect(normal.initialParameters(seed: 1) != normal.initialParameters(seed: 2))
  }

  @Test(arguments: KernelChoice.allCases)
  func `a matrix from a file is used as it stands`(kernels: KernelChoice) throws {
    let directory = try NumPyFolder()
    let path = directory.path("matrix.npy")
    try directory.writeNumPy("matrix.npy", shape: "(3, 3)", [2, -1, 0.5, -1, 3, 0, 0.5, 0, 1])
    let quadratic = try Self.make("quadratic:matrix=\(path)", kernels: kernels, as: Double.self)
    #expect(quadratic.parameterCount == 3)
    #expect(quadratic.gradient(at: [1, 2, 4], examples: []) == [2, 5, 4.5])
    checkGradient(of: quadratic, at: normals(3, seed: 2), examples: [])
    #expect(quadratic.objectiveValue(at: [1, 2, 4], examples: []) == 15)
    // A loss is evaluated in double precision whatever the run is in.
    let float = try Self.make("quadratic:matrix=\(path)", kernels: kernels, as: Float.self)
    let point = single(normals(3, seed: 2))
    let (loss, wide) = (
      float.objectiveValue(at: point, examples: []),
      quadratic.objectiveValue(at: point.map { Double($0) }, examples: [])
    )
    #expect(abs(loss / wide - 1) < 1e-14)
  }

  @Test func `a matrix that is not square, symmetric and finite is refused by name`() throws {
    let directory = try NumPyFolder()
    let path = directory.path("matrix.npy")
    func refusal() -> DataError? {
      #expect(throws: DataError.self) {
        try Self.make("quadratic:matrix=\(path)", as: Double.self)
      }
    }
    guard case .notFound(path, _) = refusal() else {
      Issue.record("a missing file is not found")
      return
    }
    try directory.writeNumPy("matrix.npy", shape: "(2, 3)", [1, 2, 3, 4, 5, 6])
    #expect(
      refusal()
        == .invalid(
          path: path, line: nil, reason: "a quadratic's matrix is square, this one is 2×3"))
    try directory.writeNumPy("matrix.npy", shape: "(2, 2)", [1, 2, 3, 4])
    #expect(
      refusal()
        == .invalid(
          path: path, line: nil,
          reason: "not symmetric: row 1, column 0 holds 3.0, row 0, column 1 holds 2.0"))
    try directory.writeNumPy("matrix.npy", shape: "(1, 1)", [.nan])
    #expect(
      refusal()
        == .invalid(
          path: path, line: nil, reason: "the element in row 0, column 0 is not a finite number"))
  }
}
