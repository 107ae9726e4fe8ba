/// The spectral radius of small matrices.
public enum SpectralRadius {
  /// The natural logarithm of the spectral radius, `lim ln‖Aᴺ‖/N`, by squaring: `N = 2⁶⁰`.
  ///
  /// Power iteration with a doubled step: it needs no dominant eigenvalue, so complex pairs do it no harm.
  ///
  /// - Parameter matrix: `[n × n]`, by rows.
  /// - Returns: `-infinity` for a nilpotent matrix.
  /// - Complexity: O(60·n³).
  ///
  /// **Reference:** Gelfand, *Normierte Ringe*, 1941.
  public static func logarithm(_ matrix: [[Double]]) -> Double {
    let size = matrix.count
    var power = matrix.flatMap(\.self)
    var next = power
    precondition(power.count == size * size, "the matrix is square")
    var logarithm = 0.0
    var share = 1.0
    for _ in 0..<60 {
      let scale = power.reduce(0) { max($0, abs($1)) }
      guard scale > 0, scale.isFinite else { return scale > 0 ? .infinity : -.infinity }
      logarithm += share * PortableMath.log(scale)
      share /= 2
      for index in power.indices { power[index] /= scale }
      for row in 0..<size {
        for column in 0..<size {
          var sum = 0.0
          for inner in 0..<size { sum += power[row * size + inner] * power[inner * size + column] }
          next[row * size + column] = sum
        }
      }
      swap(&power, &next)
    }
    return logarithm
  }
}
