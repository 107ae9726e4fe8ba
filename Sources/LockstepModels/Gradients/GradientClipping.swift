/// Shortens gradients that are longer than they may be.
///
/// **Reference:** Pascanu, Mikolov, Bengio, *On the Difficulty of Training Recurrent Neural Networks*,
/// ICML 2013, algorithm 1.
public enum GradientClipping {
  /// `g ← g·C/‖g‖` where the Euclidean norm `‖g‖` is above `C`.
  ///
  /// A gradient that isn't finite stays as it is, so that a run that diverges is seen to.
  ///
  /// - Parameters:
  ///   - gradient: `g`, `[count]`, private.
  ///   - count: its length.
  ///   - limit: `C`, above 0.
  ///
  /// **Determinism:** bit-exact; the squares are added in double precision, from the first on.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public static func clip<Scalar: ModelScalar>(
    _ gradient: UnsafeMutablePointer<Scalar>, count: Int, to limit: Double
  ) {
    func squares(of scale: Double) -> Double {
      var sum = 0.0
      for index in 0..<count {
        let part = Double(gradient[index]) * scale
        sum += part * part
      }
      return sum
    }
    var norm = squares(of: 1).squareRoot()
    if !norm.isFinite {
      // Squares that are too large for a number are made of smaller parts.
      var largest = 0.0
      for index in 0..<count { largest = max(largest, Double(gradient[index]).magnitude) }
      norm = squares(of: 1 / largest).squareRoot() * largest
    }
    guard norm > limit, norm.isFinite else { return }
    let factor = Scalar(limit / norm)
    for index in 0..<count { gradient[index] *= factor }
  }
}
