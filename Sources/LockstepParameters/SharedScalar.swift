import CSharedMemory
import LockstepCore

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

  /// Makes one update of `w`, and of its state, by a gradient rule.
  ///
  /// - Parameters:
  ///   - rule: the rule.
  ///   - argument: its number.
  ///   - w: the shared parameters, `[count]`.
  ///   - state: as many vectors as the rule keeps, `[count]` each.
  ///   - gradient: `[count]`, private.
  ///   - rate: the learning rate `η`.
  ///   - step: the number of this update of these parameters, from 1.
  ///   - count: the number of parameters.
  static func racyApply(
    _ rule: GradientRule, argument: Double, to w: UnsafeMutablePointer<Self>,
    state: OptimizerState<Self>, gradient: UnsafePointer<Self>, rate: Self, step: Int, count: Int)

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

/// The vectors of state of a gradient rule: none, one or two.
public struct OptimizerState<Scalar: SharedScalar>: @unchecked Sendable {
  // Invariant behind @unchecked: the memory is touched through the racing kernels only.
  /// The first of them.
  public var first: UnsafeMutablePointer<Scalar>?
  /// The second.
  public var second: UnsafeMutablePointer<Scalar>?

  /// Names the state vectors.
  @inlinable
  public init(first: UnsafeMutablePointer<Scalar>?, second: UnsafeMutablePointer<Scalar>?) {
    self.first = first
    self.second = second
  }

  /// Names as many state vectors as there are.
  public init(_ vectors: [UnsafeMutablePointer<Scalar>]) {
    self.init(first: vectors.first, second: vectors.count > 1 ? vectors[1] : nil)
  }

  /// The state of the parameters from one on.
  @inlinable
  @inline(__always)
  public func advanced(by offset: Int) -> OptimizerState {
    OptimizerState(first: first.map { $0 + offset }, second: second.map { $0 + offset })
  }
}

/// Which kernels the racing accesses go through on this processor.
public enum RacyPath {
  /// `avx2`, `neon` or `relaxed`.
  public static var name: String { String(cString: lockstep_racy_path()) }
}
