import CSharedMemory

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

  /// `v ← μ·v + g`, `w ← w − η·v`.
  @inlinable
  public static func racyMomentum(
    _ w: UnsafeMutablePointer<Double>, velocity: UnsafeMutablePointer<Double>,
    gradient: UnsafePointer<Double>, rate: Double, momentum: Double, count: Int
  ) {
    lockstep_racy_momentum_f64(w, velocity, gradient, rate, momentum, count)
  }

  /// `v ← μ·v + g`, `w ← w − η·(g + μ·v)`.
  @inlinable
  public static func racyNesterov(
    _ w: UnsafeMutablePointer<Double>, velocity: UnsafeMutablePointer<Double>,
    gradient: UnsafePointer<Double>, rate: Double, momentum: Double, count: Int
  ) {
    lockstep_racy_nesterov_f64(w, velocity, gradient, rate, momentum, count)
  }

  /// `s ← s + g²`, `w ← w − η·g/(√s + ε)`.
  @inlinable
  public static func racyAdagrad(
    _ w: UnsafeMutablePointer<Double>, squares: UnsafeMutablePointer<Double>,
    gradient: UnsafePointer<Double>, rate: Double, epsilon: Double, count: Int
  ) {
    lockstep_racy_adagrad_f64(w, squares, gradient, rate, epsilon, count)
  }

  /// `s ← ρ·s + (1−ρ)·g²`, `w ← w − η·g/(√s + ε)`.
  @inlinable
  public static func racyRMSProp(
    _ w: UnsafeMutablePointer<Double>, squares: UnsafeMutablePointer<Double>,
    gradient: UnsafePointer<Double>, rate: Double, decay: Decay, epsilon: Double,
    count: Int
  ) {
    lockstep_racy_rmsprop_f64(
      w, squares, gradient, rate, decay.kept, decay.taken, epsilon, count)
  }

  /// Adam with given bias corrections.
  @inlinable
  public static func racyAdam(
    _ w: UnsafeMutablePointer<Double>, means: UnsafeMutablePointer<Double>,
    squares: UnsafeMutablePointer<Double>, gradient: UnsafePointer<Double>, rate: Double,
    decays: (Decay, Decay), epsilon: Double, corrections: (Double, Double),
    count: Int
  ) {
    lockstep_racy_adam_f64(
      w, means, squares, gradient, rate, decays.0.kept, decays.0.taken, decays.1.kept,
      decays.1.taken, epsilon, corrections.0, corrections.1, count)
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
