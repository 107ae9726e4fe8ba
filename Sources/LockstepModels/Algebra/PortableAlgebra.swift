/// Dense linear algebra in loops of our own, in a fixed summation order.
///
/// Every output element is summed over the inner index in ascending order, with a product and a sum
/// rounded separately. The loops run over output columns, side by side, which is what LLVM turns
/// into vectors without touching the order of any sum.
///
/// **Determinism:** bit-exact on every IEEE 754 processor, in debug and in release.
enum PortableAlgebra<Scalar: ModelScalar> {
  /// The columns of a block of `op(B)`.
  private static var blockColumns: Int { 128 }
  /// The rows of a block of `op(B)`; a block stays in the first-level cache.
  private static var blockInner: Int { 64 }
  /// The scalars that a product of two matrices needs to scribble on.
  static var scratchCount: Int { blockColumns * blockInner }

  /// `C ← C + α·op(A)·op(B)`: to each element the terms `(α·a)·b` are added one by one.
  @inline(__always)
  static func multiply(
    _ transposeA: Transposition, _ transposeB: Transposition, rows: Int, columns: Int, inner: Int,
    alpha: Scalar, a: UnsafePointer<Scalar>, leadingA: Int, b: UnsafePointer<Scalar>,
    leadingB: Int, c: UnsafeMutablePointer<Scalar>, leadingC: Int,
    scratch: UnsafeMutablePointer<Scalar>
  ) {
    let strideI = transposeA == .none ? leadingA : 1
    let strideK = transposeA == .none ? 1 : leadingA
    var column = 0
    while column < columns {
      let width = min(blockColumns, columns - column)
      var first = 0
      while first < inner {
        let depth = min(blockInner, inner - first)
        let panel: UnsafePointer<Scalar>
        let stride: Int
        switch transposeB {
        case .none:
          panel = b + (first * leadingB + column)
          stride = leadingB
        case .transposed:
          pack(
            b + (column * leadingB + first), leading: leadingB, width: width, depth: depth,
            into: scratch)
          panel = UnsafePointer(scratch)
          stride = width
        }
        for row in 0..<rows {
          addRows(
            of: panel, stride: stride, depth: depth, weights: a + (row * strideI + first * strideK),
            weightStride: strideK, alpha: alpha, to: c + (row * leadingC + column), count: width)
        }
        first += depth
      }
      column += width
    }
  }

  /// `y ← y + α·op(A)·x`, with `A` `[rows × columns]` as stored; not transposed, each sum is formed
  /// from 0 and then added.
  @inline(__always)
  static func multiplyVector(
    _ transpose: Transposition, rows: Int, columns: Int, alpha: Scalar, a: UnsafePointer<Scalar>,
    leadingA: Int, x: UnsafePointer<Scalar>, y: UnsafeMutablePointer<Scalar>
  ) {
    if transpose == .transposed {
      addRows(
        of: a, stride: leadingA, depth: rows, weights: x, weightStride: 1, alpha: alpha, to: y,
        count: columns)
      return
    }
    var row = 0
    // Four rows at a time: four independent chains of additions hide one another's latency.
    while row + 4 <= rows {
      let a0 = a + row * leadingA
      let a1 = a0 + leadingA
      let a2 = a1 + leadingA
      let a3 = a2 + leadingA
      var s0: Scalar = 0
      var s1: Scalar = 0
      var s2: Scalar = 0
      var s3: Scalar = 0
      for k in 0..<columns {
        let weight = x[k]
        s0 += a0[k] * weight
        s1 += a1[k] * weight
        s2 += a2[k] * weight
        s3 += a3[k] * weight
      }
      y[row] += alpha * s0
      y[row + 1] += alpha * s1
      y[row + 2] += alpha * s2
      y[row + 3] += alpha * s3
      row += 4
    }
    while row < rows {
      let first = a + row * leadingA
      var sum: Scalar = 0
      for k in 0..<columns { sum += first[k] * x[k] }
      y[row] += alpha * sum
      row += 1
    }
  }

  /// `scratch[k·width + j] ← b[j·leading + k]`.
  @inline(__always)
  private static func pack(
    _ b: UnsafePointer<Scalar>, leading: Int, width: Int, depth: Int,
    into scratch: UnsafeMutablePointer<Scalar>
  ) {
    for j in 0..<width {
      let source = b + j * leading
      var target = scratch + j
      for k in 0..<depth {
        target.pointee = source[k]
        target += width
      }
    }
  }

  /// `c[j] ← c[j] + Σ_k (α·weights[k])·panel[k, j]`, with ascending `k`.
  @inline(__always)
  private static func addRows(
    of panel: UnsafePointer<Scalar>, stride: Int, depth: Int, weights: UnsafePointer<Scalar>,
    weightStride: Int, alpha: Scalar, to c: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    var k = 0
    while k + 4 <= depth {
      let x0 = alpha * weights[k * weightStride]
      let x1 = alpha * weights[(k + 1) * weightStride]
      let x2 = alpha * weights[(k + 2) * weightStride]
      let x3 = alpha * weights[(k + 3) * weightStride]
      let b0 = panel + k * stride
      let b1 = b0 + stride
      let b2 = b1 + stride
      let b3 = b2 + stride
      for j in 0..<count {
        c[j] = (((c[j] + x0 * b0[j]) + x1 * b1[j]) + x2 * b2[j]) + x3 * b3[j]
      }
      k += 4
    }
    while k < depth {
      let weight = alpha * weights[k * weightStride]
      let source = panel + k * stride
      for j in 0..<count { c[j] += weight * source[j] }
      k += 1
    }
  }
}
