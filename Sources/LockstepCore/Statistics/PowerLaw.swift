import Foundation

/// The exponent of `y ∝ x^β`, fitted by least squares of `log y` on `log x`.
///
/// Points of one seed go together: what is independent is how far each seed turns the line.
///
/// **Reference:** Liang, Zeger, *Longitudinal Data Analysis Using Generalized Linear Models*, Biometrika 73,
/// 1986, with Student's t of one degree less than there are seeds.
public struct PowerLaw: Equatable, Sendable {
  /// One measurement, and the seed it was made with.
  public struct Point: Equatable, Sendable {
    /// What was varied.
    public var x: Double
    /// What was measured.
    public var y: Double
    /// The seed.
    public var seed: Int

    /// Creates a point.
    public init(x: Double, y: Double, seed: Int) {
      self.x = x
      self.y = y
      self.seed = seed
    }
  }

  /// What the interval of the exponent rests on.
  public enum Interval: Equatable, Sendable {
    /// Student's t on how far each of that many seeds turns the line: points of a seed go together.
    case seeds(Int)
    /// Student's t on the residuals of a single seed's points, as if each were independent.
    case residuals(degreesOfFreedom: Int)
  }

  /// The exponent `β` with its 95 % interval.
  public let exponent: Estimate
  /// The constant of the fit, `log y` at `x = 1`.
  public let logConstant: Double
  /// What the interval rests on.
  public let interval: Interval
  /// How many points have no logarithm and were left out.
  public let omitted: Int

  /// Fits a power law.
  ///
  /// - Parameter points: any number. Points in which `x` or `y` isn't a positive number are left
  ///   out, and counted in ``omitted``.
  /// - Returns: `nil` with fewer than two different `x`. With two points in all nothing bounds the
  ///   exponent, and its interval is infinite.
  /// - Complexity: O(points × log points).
  ///
  /// **Determinism:** bit-exact.
  public init?(_ points: [Point]) {
    let usable = points.filter { $0.x > 0 && $0.y > 0 && $0.x.isFinite && $0.y.isFinite }
    let logs = usable.map { (x: log($0.x), y: log($0.y)) }
    var total = Sums()
    for point in logs { total.add(point.x, point.y) }
    guard let slope = total.slope else { return nil }
    omitted = points.count - usable.count
    let constant = (total.y - slope * total.x) / total.count
    logConstant = constant

    let seeds = Set(usable.map(\.seed)).sorted()
    let mean = total.x / total.count
    if seeds.count > 1 {
      // What a seed's points turn the line by. Where all seeds have the same x, it is the seed's own slope.
      var turns = [Int: Double]()
      for (point, log) in zip(usable, logs) {
        let residual = log.y - constant - slope * log.x
        turns[point.seed, default: 0] += (log.x - mean) * residual / total.spread
      }
      let parts = seeds.compactMap { turns[$0] }
      let squares = parts.reduce(0) { $0 + $1 * $1 }
      let count = Double(parts.count)
      let error = (squares * count / (count - 1)).squareRoot()
      let reach = StudentT.factor95(degrees: parts.count - 1) * error
      interval = .seeds(parts.count)
      exponent = Estimate(
        value: slope, low: slope - reach, high: slope + reach, count: usable.count,
        isSkewed: Skewness.isNotable(parts))
    } else {
      let degrees = usable.count - 2
      interval = .residuals(degreesOfFreedom: degrees)
      guard degrees >= 1 else {
        exponent = Estimate(
          value: slope, low: -.infinity, high: .infinity, count: usable.count)
        return
      }
      let residual = logs.reduce(0) { sum, point in
        let error = point.y - constant - slope * point.x
        return sum + error * error
      }
      let error = (residual / Double(degrees) / total.spread).squareRoot()
      let reach = StudentT.factor95(degrees: degrees) * error
      exponent = Estimate(
        value: slope, low: slope - reach, high: slope + reach, count: usable.count)
    }
  }

  /// Where the fit lies at `x > 0`.
  public func value(at x: Double) -> Double { exp(logConstant + exponent.value * log(x)) }

  /// The sums that a straight line needs.
  private struct Sums {
    var count = 0.0
    var x = 0.0
    var y = 0.0
    var xx = 0.0
    var xy = 0.0

    mutating func add(_ x: Double, _ y: Double) {
      count += 1
      self.x += x
      self.y += y
      xx += x * x
      xy += x * y
    }

    /// `Σ (x − x̄)²`.
    var spread: Double { xx - x * x / count }

    var slope: Double? {
      guard count >= 2, spread > 1e-9 * max(1, xx) else { return nil }
      return (xy - x * y / count) / spread
    }
  }
}
