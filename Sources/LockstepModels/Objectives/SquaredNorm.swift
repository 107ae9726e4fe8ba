/// The regulariser that all objectives share.
enum SquaredNorm {
  /// `½·λ‖w‖²`, in double precision; 0 without a look at `w` where `λ = 0`.
  @inline(__always)
  static func regularization<Scalar: ModelScalar>(
    of w: UnsafePointer<Scalar>, count: Int, l2: Double
  ) -> Double {
    if l2 == 0 { return 0 }
    var sum = 0.0
    for i in 0..<count { sum += Double(w[i]) * Double(w[i]) }
    return 0.5 * l2 * sum
  }

  /// `gradient ← gradient + λ·w[range]`.
  @inline(__always)
  static func addGradient<Scalar: ModelScalar>(
    of w: UnsafePointer<Scalar>, range: Range<Int>, l2: Double,
    to gradient: UnsafeMutablePointer<Scalar>
  ) {
    if l2 == 0 { return }
    let lambda = Scalar(l2)
    let part = w + range.lowerBound
    for offset in 0..<range.count { gradient[offset] += lambda * part[offset] }
  }
}
