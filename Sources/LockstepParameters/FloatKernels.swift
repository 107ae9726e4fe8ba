import CSharedMemory
import LockstepCore

extension Float: SharedScalar {
  /// `copy[i] ← shared[i]`.
  @inlinable
  public static func racyRead(
    _ shared: UnsafePointer<Float>, into copy: UnsafeMutablePointer<Float>, count: Int
  ) {
    lockstep_racy_read_f32(copy, shared, count)
  }

  /// `shared[i] ← copy[i]`.
  @inlinable
  public static func racyWrite(
    _ copy: UnsafePointer<Float>, into shared: UnsafeMutablePointer<Float>, count: Int
  ) {
    lockstep_racy_write_f32(shared, copy, count)
  }

  /// `w ← w − η·g`.
  @inlinable
  public static func racyGradientDescent(
    _ w: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, rate: Float, count: Int
  ) {
    lockstep_racy_sgd_f32(w, gradient, rate, count)
  }

  /// Makes one update by a gradient rule.
  @inlinable
  @inline(__always)
  public static func racyApply(
    _ rule: GradientRule, argument: Double, to w: UnsafeMutablePointer<Float>,
    state: OptimizerState<Float>, gradient: UnsafePointer<Float>, rate: Float, step: Int, count: Int
  ) {
    rule.facts.pointee.apply_f32(
      w, state.first, state.second, gradient, rate, argument, step, count)
  }

  /// `Σ a[i]·b[i]`, both shared.
  @inlinable
  public static func racyDot(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int
  ) -> Float {
    lockstep_racy_dot_f32(a, b, count)
  }

  /// One step on both factors of a rating.
  @inlinable
  public static func racyFactorStep(
    _ p: UnsafeMutablePointer<Float>, _ q: UnsafeMutablePointer<Float>, rank: Int, rating: Float,
    rate: Float, l2: (Float, Float)
  ) -> Float {
    lockstep_racy_factor_step_f32(p, q, rank, rating, rate, l2.0, l2.1)
  }

  /// `Σ w[index[i]]·value[i]`.
  @inlinable
  public static func racySparseDot(
    _ w: UnsafePointer<Float>, indices: UnsafePointer<Int32>, values: UnsafePointer<Float>,
    count: Int
  ) -> Float {
    lockstep_racy_sparse_dot_f32(w, indices, values, count)
  }

  /// `w[index[i]] ← w[index[i]] − η·(scale·value[i])`, as plain descent along a gradient rounds it.
  @inlinable
  public static func racySparseDescent(
    _ w: UnsafeMutablePointer<Float>, indices: UnsafePointer<Int32>, values: UnsafePointer<Float>,
    scale: Float, rate: Float, count: Int
  ) {
    lockstep_racy_sparse_descend_f32(w, indices, values, scale, rate, count)
  }
}
