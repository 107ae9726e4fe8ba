import LockstepCore

/// Dense linear algebra on row-major matrices, by the kernels that a run has chosen.
///
/// With ``KernelChoice/blas`` it is CBLAS from BLIS; with ``KernelChoice/portable`` it is loops of
/// our own, in which every output element is summed over the inner index in ascending order without
/// fused multiply-adds.
///
/// **Concurrency:** safe from any number of threads, each on its own scratch.
///
/// **Determinism:** `portable` is bit-exact on every processor; `blas` on one processor.
public struct DenseAlgebra<Scalar: ModelScalar>: Sendable {
  /// Who computes.
  public let kernels: KernelChoice

  /// Creates the algebra of one kind of kernels.
  public init(kernels: KernelChoice) {
    self.kernels = kernels
  }

  /// The scalars of scratch that a product of two matrices asks for.
  public static var scratchCount: Int { PortableAlgebra<Scalar>.scratchCount }

  /// `C ← α·op(A)·op(B) + β·C`.
  ///
  /// With `β = 0` the old `C` is not read, whatever it holds.
  ///
  /// - Parameters:
  ///   - transposeA: whether `op(A) = Aᵀ`.
  ///   - transposeB: whether `op(B) = Bᵀ`.
  ///   - rows: the rows of `C`, `m`; 0 is fine.
  ///   - columns: the columns of `C`, `n`; 0 is fine.
  ///   - inner: the columns of `op(A)`, `k`; 0 is fine.
  ///   - alpha: `α`.
  ///   - a: `op(A)` is `[m × k]`.
  ///   - leadingA: the row stride of `A` as stored.
  ///   - b: `op(B)` is `[k × n]`.
  ///   - leadingB: the row stride of `B` as stored.
  ///   - beta: `β`.
  ///   - c: `[m × n]`, apart from `A` and `B`.
  ///   - leadingC: the row stride of `C`.
  ///   - scratch: `[scratchCount]`, overwritten.
  /// - Complexity: O(m·n·k).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func multiply(
    _ transposeA: Transposition, _ transposeB: Transposition, rows: Int, columns: Int, inner: Int,
    alpha: Scalar, a: UnsafePointer<Scalar>, leadingA: Int, b: UnsafePointer<Scalar>,
    leadingB: Int, beta: Scalar, c: UnsafeMutablePointer<Scalar>, leadingC: Int,
    scratch: UnsafeMutablePointer<Scalar>
  ) {
    if rows <= 0 || columns <= 0 { return }
    if kernels == .blas && inner > 0 {
      Scalar.blasMultiply(
        transposeA, transposeB, rows: rows, columns: columns, inner: inner, alpha: alpha, a: a,
        leadingA: leadingA, b: b, leadingB: leadingB, beta: beta, c: c, leadingC: leadingC)
      return
    }
    for row in 0..<rows { scale(c + row * leadingC, by: beta, count: columns) }
    PortableAlgebra<Scalar>.multiply(
      transposeA, transposeB, rows: rows, columns: columns, inner: inner, alpha: alpha, a: a,
      leadingA: leadingA, b: b, leadingB: leadingB, c: c, leadingC: leadingC, scratch: scratch)
  }

  /// `y ← α·op(A)·x + β·y`.
  ///
  /// With `β = 0` the old `y` is not read, whatever it holds.
  ///
  /// - Parameters:
  ///   - transpose: whether `op(A) = Aᵀ`.
  ///   - rows: the rows of `A` as stored; 0 is fine.
  ///   - columns: the columns of `A` as stored; 0 is fine.
  ///   - alpha: `α`.
  ///   - a: `[rows × columns]` as stored.
  ///   - leadingA: its row stride.
  ///   - x: `[columns]`, or `[rows]` where `A` is transposed.
  ///   - beta: `β`.
  ///   - y: `[rows]`, or `[columns]` where `A` is transposed; apart from `A` and `x`.
  /// - Complexity: O(rows·columns).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func multiplyVector(
    _ transpose: Transposition, rows: Int, columns: Int, alpha: Scalar, a: UnsafePointer<Scalar>,
    leadingA: Int, x: UnsafePointer<Scalar>, beta: Scalar, y: UnsafeMutablePointer<Scalar>
  ) {
    let outputs = transpose == .none ? rows : columns
    if outputs <= 0 { return }
    if kernels == .blas && rows > 0 && columns > 0 {
      Scalar.blasMultiplyVector(
        transpose, rows: rows, columns: columns, alpha: alpha, a: a, leadingA: leadingA, x: x,
        beta: beta, y: y)
      return
    }
    scale(y, by: beta, count: outputs)
    PortableAlgebra<Scalar>.multiplyVector(
      transpose, rows: rows, columns: columns, alpha: alpha, a: a, leadingA: leadingA, x: x, y: y)
  }

  @inline(__always)
  private func scale(_ values: UnsafeMutablePointer<Scalar>, by factor: Scalar, count: Int) {
    if factor == 0 {
      values.update(repeating: 0, count: count)
    } else if factor != 1 {
      for i in 0..<count { values[i] *= factor }
    }
  }
}
