import CBLAS
import LockstepCore
import LockstepParameters

/// Whether a matrix is used as it stands or transposed.
public enum Transposition: Sendable {
  /// As it stands.
  case none
  /// Transposed.
  case transposed
}

/// A scalar with the dense linear algebra that models need.
///
/// All matrices are row-major. Each operation exists twice, as CBLAS from BLIS and as loops in a
/// fixed order; the choice is made by the caller, for a whole run.
///
/// **Concurrency:** safe from any number of threads on private memory (Debian's serial OpenBLAS is
/// not, which is why it is BLIS).
public protocol ModelScalar: SharedScalar {
  /// `C ← α·op(A)·op(B) + β·C` by CBLAS.
  ///
  /// - Parameters:
  ///   - rows: the rows of `C`, `m`.
  ///   - columns: the columns of `C`, `n`.
  ///   - inner: the columns of `op(A)`, `k`.
  ///   - a: `op(A)` is `[m × k]`; `leadingA` is the row stride as stored.
  ///   - b: `op(B)` is `[k × n]`.
  ///   - c: `[m × n]`.
  static func blasMultiply(
    _ transposeA: Transposition, _ transposeB: Transposition, rows: Int, columns: Int, inner: Int,
    alpha: Self, a: UnsafePointer<Self>, leadingA: Int, b: UnsafePointer<Self>, leadingB: Int,
    beta: Self, c: UnsafeMutablePointer<Self>, leadingC: Int)

  /// `y ← α·op(A)·x + β·y` by CBLAS, with `A` `[rows × columns]` as stored.
  static func blasMultiplyVector(
    _ transpose: Transposition, rows: Int, columns: Int, alpha: Self, a: UnsafePointer<Self>,
    leadingA: Int, x: UnsafePointer<Self>, beta: Self, y: UnsafeMutablePointer<Self>)

  /// `delta[i] ← value[i] > 0 ? delta[i] : 0`, for values that are not negative.
  ///
  /// - Parameters:
  ///   - delta: `[count]`.
  ///   - value: `[count]`, at least +0; a NaN may let pass or not.
  ///   - count: how many.
  static func passPositive(
    _ delta: UnsafeMutablePointer<Self>, where value: UnsafePointer<Self>, count: Int)

  /// `target[i] ← source[i]`, in double precision.
  ///
  /// - Parameters:
  ///   - source: `[count]`.
  ///   - target: `[count]`, overwritten.
  ///   - count: how many.
  static func widen(
    _ source: UnsafePointer<Self>, into target: UnsafeMutablePointer<Double>, count: Int)
}

extension Float: ModelScalar {
  /// `target[i] ← source[i]`, in double precision.
  public static func widen(
    _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Double>, count: Int
  ) {
    for index in 0..<count { target[index] = Double(source[index]) }
  }

  /// `C ← α·op(A)·op(B) + β·C` by CBLAS.
  @inlinable
  public static func blasMultiply(
    _ transposeA: Transposition, _ transposeB: Transposition, rows: Int, columns: Int, inner: Int,
    alpha: Float, a: UnsafePointer<Float>, leadingA: Int, b: UnsafePointer<Float>, leadingB: Int,
    beta: Float, c: UnsafeMutablePointer<Float>, leadingC: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, transposeA == .none ? CblasNoTrans : CblasTrans,
      transposeB == .none ? CblasNoTrans : CblasTrans, f77_int(rows), f77_int(columns),
      f77_int(inner), alpha, a, f77_int(leadingA), b, f77_int(leadingB), beta, c,
      f77_int(leadingC))
  }

  /// `y ← α·op(A)·x + β·y` by CBLAS.
  @inlinable
  public static func blasMultiplyVector(
    _ transpose: Transposition, rows: Int, columns: Int, alpha: Float, a: UnsafePointer<Float>,
    leadingA: Int, x: UnsafePointer<Float>, beta: Float, y: UnsafeMutablePointer<Float>
  ) {
    cblas_sgemv(
      CblasRowMajor, transpose == .none ? CblasNoTrans : CblasTrans, f77_int(rows),
      f77_int(columns), alpha, a, f77_int(leadingA), x, 1, beta, y, 1)
  }
}

extension Double: ModelScalar {
  /// `target[i] ← source[i]`.
  public static func widen(
    _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, count: Int
  ) {
    target.update(from: source, count: count)
  }

  /// `C ← α·op(A)·op(B) + β·C` by CBLAS.
  @inlinable
  public static func blasMultiply(
    _ transposeA: Transposition, _ transposeB: Transposition, rows: Int, columns: Int, inner: Int,
    alpha: Double, a: UnsafePointer<Double>, leadingA: Int, b: UnsafePointer<Double>, leadingB: Int,
    beta: Double, c: UnsafeMutablePointer<Double>, leadingC: Int
  ) {
    cblas_dgemm(
      CblasRowMajor, transposeA == .none ? CblasNoTrans : CblasTrans,
      transposeB == .none ? CblasNoTrans : CblasTrans, f77_int(rows), f77_int(columns),
      f77_int(inner), alpha, a, f77_int(leadingA), b, f77_int(leadingB), beta, c,
      f77_int(leadingC))
  }

  /// `y ← α·op(A)·x + β·y` by CBLAS.
  @inlinable
  public static func blasMultiplyVector(
    _ transpose: Transposition, rows: Int, columns: Int, alpha: Double, a: UnsafePointer<Double>,
    leadingA: Int, x: UnsafePointer<Double>, beta: Double, y: UnsafeMutablePointer<Double>
  ) {
    cblas_dgemv(
      CblasRowMajor, transpose == .none ? CblasNoTrans : CblasTrans, f77_int(rows),
      f77_int(columns), alpha, a, f77_int(leadingA), x, 1, beta, y, 1)
  }
}
