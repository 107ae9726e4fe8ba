import LockstepTelemetry

/// The momentum that asynchrony amounts to on average.
enum ImplicitMomentum {
  /// Fits `m(t+1) − m(t) = μ·(m(t) − m(t−1)) − b·m(t)` to a mean trajectory by least squares in μ and b.
  ///
  /// - Parameter points: the replica mean of the first coordinate after every update.
  /// - Returns: `μ`; `nil` where updates are missing, or there are fewer than four of them, or they don't
  ///   determine it.
  ///
  /// **Reference:** Mitliagkas, Zhang, Hadjis, Ré, *Asynchrony begets Momentum*, arXiv 1605.09774, theorem 3.
  static func fit(_ points: [EnsembleRecord.Point]) -> Double? {
    let values = points.compactMap(\.value)
    guard values.count == points.count, values.count >= 4,
      zip(points, points.dropFirst()).allSatisfy({ $1.update == $0.update + 1 })
    else { return nil }
    // The normal equations of the two unknowns.
    var (dd, dm, mm, yd, ym) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for index in 1..<(values.count - 1) {
      let step = values[index] - values[index - 1]
      let next = values[index + 1] - values[index]
      let place = -values[index]
      dd += step * step
      dm += step * place
      mm += place * place
      yd += next * step
      ym += next * place
    }
    let determinant = dd * mm - dm * dm
    guard determinant > 1e-12 * dd * mm else { return nil }
    return (yd * mm - ym * dm) / determinant
  }
}
