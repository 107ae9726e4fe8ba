import CSharedMemory
import LockstepCore

extension Double: SharedScalar {
  /// `copy[i] ← shared[i]`.
  @inlinable
  public static func racyRead(
    _ shared: UnsafePointer<Double>, into copy: UnsafeMutablePointer<Double>, count: Int
  ) {
    lockstep_racy_read_f64(copy, shared, count)
  }

  /// `shared[i] ← copy[i]`.
  @inlinable
  public static func racyWrite(
    _ copy: UnsafePointer<Double>, into shared: UnsafeMutablePointer<Double>, count: Int
  ) {
    lockstep_racy_write_f64(shared, copy, count)
  }

  /// `w ← w − η·g`.
  @inlinable
  public static func racyGradientDescent(
    _ w: UnsafeMutablePointer<Double>, gradient: UnsafePointer<Double>, rate: Double, count: Int
  ) {
    lockstep_racy_sgd_f64(w, gradient, rate, count)
  }

  /// Makes one update by a gradient rule.
  @inlinable
  @inline(__always)
  public static func racyApply(
    _ rule: GradientRule, argument: Double, to w: UnsafeMutablePointer<Double>,
    state: OptimizerState<Double>, gradient: UnsafePointer<Double>, rate: Double, step: Int,
    count: Int
  ) {
    rule.facts.pointee.apply_f64(
      w, state.first, state.second, gradient, rate, argument, step, count)
  }

  /// `Σ a[i]·b[i]`, both shared.
  @inlinable
  public static func racyDot(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int
  ) -> Double {
    lockstep_racy_dot_f64(a, b, count)
  }

  /// One step on both factors of a rating.
  @inlinable
  public static func racyFactorStep(
    _ p: UnsafeMutablePointer<Double>, _ q: UnsafeMutablePointer<Double>, rank: Int, rating: Double,
    rate: Double, l2: (Double, Double)
  ) -> Double {
    lockstep_racy_factor_step_f64(p, q, rank, rating, rate, l2.0, l2.1)
  }

  /// `Σ w[index[i]]·value[i]`.
  @inlinable
  public static func racySparseDot(
    _ w: UnsafePointer<Double>, indices: UnsafePointer<Int32>, values: UnsafePointer<Double>,
    count: Int
  ) -> Double {
    lockstep_racy_sparse_dot_f64(w, indices, values, count)
  }

  /// `w[index[i]] ← w[index[i]] − η·(scale·value[i])`, as plain descent along a gradient rounds it.
  @inlinable
  public static func racySparseDescent(
    _ w: UnsafeMutablePointer<Double>, indices: UnsafePointer<Int32>, values: UnsafePointer<Double>,
    scale: Double, rate: Double, count: Int
  ) {
    lockstep_racy_sparse_descend_f64(w, indices, values, scale, rate, count)
  }
}
