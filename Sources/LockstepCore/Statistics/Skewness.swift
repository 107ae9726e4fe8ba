/// Whether a sample is so skewed, or has values so far out, that Student's interval covers less than it says.
public enum Skewness {
  /// The moment coefficient of skewness `m₃/m₂^(3/2)`; `nil` for fewer than three values, or equal ones.
  public static func coefficient(_ values: [Double]) -> Double? {
    guard values.count >= 3 else { return nil }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    var (squares, cubes) = (0.0, 0.0)
    for value in values {
      let distance = value - mean
      squares += distance * distance
      cubes += distance * distance * distance
    }
    guard squares > 0, squares.isFinite else { return nil }
    return cubes / count / (squares / count * (squares / count).squareRoot())
  }

  /// Whether the skewness is one that fewer than 5 % of normal samples of that size have: beyond two of its
  /// standard deviations, `√(6(n − 2)/((n + 1)(n + 3)))`.
  ///
  /// Fewer than five values can't tell.
  ///
  /// **Reference:** Fisher, *The Moments of the Distribution for Normal Samples of Measures of Departure from
  /// Normality*, Proceedings of the Royal Society A 130, 1930.
  public static func isNotable(_ values: [Double]) -> Bool {
    guard values.count >= 5, let coefficient = coefficient(values) else { return false }
    let count = Double(values.count)
    let scatter = (6 * (count - 2) / ((count + 1) * (count + 3))).squareRoot()
    return abs(coefficient) > 2 * scatter
  }
}
