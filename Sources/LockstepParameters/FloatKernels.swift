import CSharedMemory

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

  /// `v ← μ·v + g`, `w ← w − η·v`.
  @inlinable
  public static func racyMomentum(
    _ w: UnsafeMutablePointer<Float>, velocity: UnsafeMutablePointer<Float>,
    gradient: UnsafePointer<Float>, rate: Float, momentum: Float, count: Int
  ) {
    lockstep_racy_momentum_f32(w, velocity, gradient, rate, momentum, count)
  }

  /// `v ← μ·v + g`, `w ← w − η·(g + μ·v)`.
  @inlinable
  public static func racyNesterov(
    _ w: UnsafeMutablePointer<Float>, velocity: UnsafeMutablePointer<Float>,
    gradient: UnsafePointer<Float>, rate: Float, momentum: Float, count: Int
  ) {
    lockstep_racy_nesterov_f32(w, velocity, gradient, rate, momentum, count)
  }

  /// `s ← s + g²`, `w ← w − η·g/(√s + ε)`.
  @inlinable
  public static func racyAdagrad(
    _ w: UnsafeMutablePointer<Float>, squares: UnsafeMutablePointer<Float>,
    gradient: UnsafePointer<Float>, rate: Float, epsilon: Float, count: Int
  ) {
    lockstep_racy_adagrad_f32(w, squares, gradient, rate, epsilon, count)
  }

  /// `s ← ρ·s + (1−ρ)·g²`, `w ← w − η·g/(√s + ε)`.
  @inlinable
  public static func racyRMSProp(
    _ w: UnsafeMutablePointer<Float>, squares: UnsafeMutablePointer<Float>,
    gradient: UnsafePointer<Float>, rate: Float, decay: Decay, epsilon: Float,
    count: Int
  ) {
    lockstep_racy_rmsprop_f32(
      w, squares, gradient, rate, Float(decay.kept), Float(decay.taken), epsilon, count)
  }

  /// Adam with given bias corrections.
  @inlinable
  public static func racyAdam(
    _ w: UnsafeMutablePointer<Float>, means: UnsafeMutablePointer<Float>,
    squares: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, rate: Float,
    decays: (Decay, Decay), epsilon: Float, corrections: (Float, Float), count: Int
  ) {
    lockstep_racy_adam_f32(
      w, means, squares, gradient, rate, Float(decays.0.kept), Float(decays.0.taken),
      Float(decays.1.kept), Float(decays.1.taken), epsilon, corrections.0, corrections.1, count)
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
