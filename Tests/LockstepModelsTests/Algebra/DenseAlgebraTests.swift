import LockstepCore
import LockstepParameters
import Testing

@testable import LockstepModels

@Suite struct DenseAlgebraTests {
  struct Case {
    var rows: Int
    var columns: Int
    var inner: Int
    var transposeA: Transposition
    var transposeB: Transposition
  }

  static let shapes = [
    (1, 1, 1), (1, 7, 5), (7, 1, 5), (5, 7, 1), (4, 4, 4), (3, 130, 67), (2, 5, 200), (9, 17, 33),
    (0, 3, 2), (3, 0, 2), (3, 2, 0),
  ]

  static func cases() -> [Case] {
    shapes.flatMap { shape in
      [(Transposition.none, Transposition.none), (.transposed, .none), (.none, .transposed)].map {
        Case(
          rows: shape.0, columns: shape.1, inner: shape.2, transposeA: $0.0, transposeB: $0.1)
      }
    }
  }

  func multiply<Scalar: ModelScalar>(
    _ shape: Case, _ kernels: KernelChoice, a: [Scalar], b: [Scalar], alpha: Scalar, beta: Scalar,
    c: [Scalar], leading: (Int, Int, Int)
  ) -> [Scalar] {
    var c = c
    var scratch = [Scalar](repeating: .nan, count: DenseAlgebra<Scalar>.scratchCount)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          scratch.withUnsafeMutableBufferPointer { scratch in
            guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress,
              let scratch = scratch.baseAddress
            else { return }
            DenseAlgebra(kernels: kernels).multiply(
              shape.transposeA, shape.transposeB, rows: shape.rows, columns: shape.columns,
              inner: shape.inner, alpha: alpha, a: a, leadingA: leading.0, b: b,
              leadingB: leading.1, beta: beta, c: c, leadingC: leading.2, scratch: scratch)
          }
        }
      }
    }
    return c
  }

  func checkProducts<Scalar: ModelScalar>(_ type: Scalar.Type, tolerance: Double) {
    for shape in Self.cases() {
      // Row strides larger than the rows, as a block of a larger matrix has.
      let leadingA = (shape.transposeA == .none ? shape.inner : shape.rows) + 2
      let leadingB = (shape.transposeB == .none ? shape.columns : shape.inner) + 1
      let leadingC = shape.columns + 3
      let a = normals(leadingA * (max(shape.rows, shape.inner) + 1), seed: 1).map { Scalar($0) }
      let b = normals(leadingB * (max(shape.columns, shape.inner) + 1), seed: 2).map { Scalar($0) }
      let old = normals(leadingC * (shape.rows + 1), seed: 3).map { Scalar($0) }
      for (alpha, beta) in [(1.0, 0.0), (1, 1), (-0.5, 2)] {
        // With β = 0 the old values must not matter, not even a NaN.
        let start = beta == 0 ? old.map { _ in Scalar.nan } : old
        var expected = start
        for i in 0..<shape.rows {
          for j in 0..<shape.columns {
            var sum = 0.0
            for k in 0..<shape.inner {
              let left = shape.transposeA == .none ? a[i * leadingA + k] : a[k * leadingA + i]
              let right = shape.transposeB == .none ? b[k * leadingB + j] : b[j * leadingB + k]
              sum += Double(left) * Double(right)
            }
            let before = beta == 0 ? 0 : beta * Double(start[i * leadingC + j])
            expected[i * leadingC + j] = Scalar(before + alpha * sum)
          }
        }
        for kernels in KernelChoice.allCases {
          let actual = multiply(
            shape, kernels, a: a, b: b, alpha: Scalar(alpha), beta: Scalar(beta), c: start,
            leading: (leadingA, leadingB, leadingC))
          for (here, there) in zip(actual, expected) where !(here.isNaN && there.isNaN) {
            let isNear = abs(Double(here) - Double(there)) < tolerance
            #expect(isNear, "\(kernels) \(shape) α \(alpha) β \(beta)")
            if !isNear { return }
          }
        }
      }
    }
  }

  @Test func `products agree with the definition for every shape, in single precision`() {
    checkProducts(Float.self, tolerance: 1e-4)
  }

  @Test func `products agree with the definition for every shape, in double precision`() {
    checkProducts(Double.self, tolerance: 1e-12)
  }

  @Test(arguments: KernelChoice.allCases)
  func `matrix times vector agrees with the definition`(kernels: KernelChoice) {
    for (rows, columns) in [(1, 1), (1, 9), (9, 1), (4, 4), (6, 11), (13, 70), (0, 3), (3, 0)] {
      let leading = columns + 2
      let a = normals(leading * (rows + 1), seed: 4)
      for transpose in [Transposition.none, .transposed] {
        let outputs = transpose == .none ? rows : columns
        let inputs = transpose == .none ? columns : rows
        let x = normals(inputs + 1, seed: 5)
        for beta in [0.0, 1, -2] {
          let start =
            beta == 0
            ? [Double](repeating: .nan, count: outputs + 1) : normals(outputs + 1, seed: 6)
          var y = start
          a.withUnsafeBufferPointer { a in
            x.withUnsafeBufferPointer { x in
              y.withUnsafeMutableBufferPointer { y in
                guard let a = a.baseAddress, let x = x.baseAddress, let y = y.baseAddress
                else { return }
                DenseAlgebra(kernels: kernels).multiplyVector(
                  transpose, rows: rows, columns: columns, alpha: 0.5, a: a, leadingA: leading,
                  x: x, beta: beta, y: y)
              }
            }
          }
          for i in 0..<outputs {
            var sum = 0.0
            for k in 0..<inputs {
              sum += (transpose == .none ? a[i * leading + k] : a[k * leading + i]) * x[k]
            }
            let expected = 0.5 * sum + (beta == 0 ? 0 : beta * start[i])
            #expect(abs(y[i] - expected) < 1e-12)
          }
        }
      }
    }
  }

  @Test func `portable products sum in ascending order, to the last bit`() {
    let (rows, columns, inner) = (5, 131, 70)
    let a = single(normals(rows * inner, seed: 7))
    let b = single(normals(columns * inner, seed: 8))
    let shape = Case(
      rows: rows, columns: columns, inner: inner, transposeA: .none, transposeB: .transposed)
    let actual = multiply(
      shape, .portable, a: a, b: b, alpha: 1, beta: 0,
      c: [Float](repeating: 0, count: rows * columns), leading: (inner, inner, columns))
    for i in 0..<rows {
      for j in 0..<columns {
        var sum: Float = 0
        for k in 0..<inner { sum += a[i * inner + k] * b[j * inner + k] }
        #expect(actual[i * columns + j].bitPattern == sum.bitPattern)
      }
    }
  }
}
