import CSharedMemory

/// A scalar that parameters are made of, with the racing kernels for it.
///
/// The pointers named `shared` are read and written while other threads write them. Each element is
/// read or written whole; a vector of them isn't. What comes of that is Hogwild!'s business, not a
/// mistake: see CSharedMemory for why it is well defined here and nowhere else.
///
/// **Concurrency:** every function may be called from any thread at any time.
///
/// **Determinism:** bit-exact when nobody else writes, the same on the vector path and the relaxed
/// one.
public protocol SharedScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable,
  LosslessStringConvertible
{
  /// `copy[i] ← shared[i]`, for `i` in `0 ..< count`.
  static func racyRead(
    _ shared: UnsafePointer<Self>, into copy: UnsafeMutablePointer<Self>, count: Int)

  /// `shared[i] ← copy[i]`, for `i` in `0 ..< count`.
  static func racyWrite(
    _ copy: UnsafePointer<Self>, into shared: UnsafeMutablePointer<Self>, count: Int)

  /// `w ← w − η·g`.
  static func racyGradientDescent(
    _ w: UnsafeMutablePointer<Self>, gradient: UnsafePointer<Self>, rate: Self, count: Int)

  /// `v ← μ·v + g`, `w ← w − η·v`.
  static func racyMomentum(
    _ w: UnsafeMutablePointer<Self>, velocity: UnsafeMutablePointer<Self>,
    gradient: UnsafePointer<Self>, rate: Self, momentum: Self, count: Int)

  /// `v ← μ·v + g`, `w ← w − η·(g + μ·v)`.
  static func racyNesterov(
    _ w: UnsafeMutablePointer<Self>, velocity: UnsafeMutablePointer<Self>,
    gradient: UnsafePointer<Self>, rate: Self, momentum: Self, count: Int)

  /// `s ← s + g²`, `w ← w − η·g/(√s + ε)`.
  static func racyAdagrad(
    _ w: UnsafeMutablePointer<Self>, squares: UnsafeMutablePointer<Self>,
    gradient: UnsafePointer<Self>, rate: Self, epsilon: Self, count: Int)

  /// `s ← ρ·s + (1−ρ)·g²`, `w ← w − η·g/(√s + ε)`.
  static func racyRMSProp(
    _ w: UnsafeMutablePointer<Self>, squares: UnsafeMutablePointer<Self>,
    gradient: UnsafePointer<Self>, rate: Self, decay: Decay, epsilon: Self, count: Int)

  /// `m ← β₁·m + (1−β₁)·g`, `s ← β₂·s + (1−β₂)·g²`, `w ← w − η·(m/c₁)/(√(s/c₂) + ε)`.
  static func racyAdam(
    _ w: UnsafeMutablePointer<Self>, means: UnsafeMutablePointer<Self>,
    squares: UnsafeMutablePointer<Self>, gradient: UnsafePointer<Self>, rate: Self,
    decays: (Decay, Decay), epsilon: Self, corrections: (Self, Self), count: Int)

  /// `Σ a[i]·b[i]`, both shared.
  static func racyDot(_ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, count: Int) -> Self

  /// One step of `(r − p·q)² + ½·λ_p‖p‖² + ½·λ_q‖q‖²` on both factors at once.
  ///
  /// - Returns: the error `p·q − r` before the step.
  static func racyFactorStep(
    _ p: UnsafeMutablePointer<Self>, _ q: UnsafeMutablePointer<Self>, rank: Int, rating: Self,
    rate: Self, l2: (Self, Self)
  ) -> Self

  /// `Σ w[index[i]]·value[i]`.
  static func racySparseDot(
    _ w: UnsafePointer<Self>, indices: UnsafePointer<Int32>, values: UnsafePointer<Self>,
    count: Int
  ) -> Self

  /// `w[index[i]] ← w[index[i]] − η·(scale·value[i])`, as plain descent along a gradient rounds it.
  static func racySparseDescent(
    _ w: UnsafeMutablePointer<Self>, indices: UnsafePointer<Int32>, values: UnsafePointer<Self>,
    scale: Self, rate: Self, count: Int)
}

/// The decay `β` of a running mean `m ← β·m + (1−β)·x`.
///
/// `1 − β` is formed in double precision and then rounded: formed in single precision from a rounded
/// `β` it would be wrong by 10⁻⁵ of itself for `β = 0.999`.
public struct Decay: BitwiseCopyable, Sendable {
  /// What is kept of the mean, `β`.
  public let kept: Double
  /// What is taken of a new value, `1 − β`.
  public let taken: Double

  /// Forms both factors of a decay; the kernels round them to their own precision.
  @inlinable
  public init(_ decay: Double) {
    kept = decay
    taken = 1 - decay
  }
}

/// Which kernels the racing accesses go through on this processor.
public enum RacyPath {
  /// `avx2`, `neon` or `relaxed`.
  public static var name: String { String(cString: lockstep_racy_path()) }
}
