import Foundation

/// The exponent of `y ∝ x^β`, fitted by least squares of `log y` on `log x`.
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
    /// A bootstrap over that many seeds: the fit is made again for each resample.
    case seeds(Int)
    /// Student's t on the residuals of the fit, because there are too few seeds to resample.
    case residuals(degreesOfFreedom: Int)
  }

  /// The fewest seeds that are resampled.
  public static let fewestSeeds = 5

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
  /// - Complexity: O(points × resamples).
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

    var seeds: [Int] = []
    var bySeed: [Int: Sums] = [:]
    for (point, log) in zip(usable, logs) {
      if bySeed[point.seed] == nil { seeds.append(point.seed) }
      bySeed[point.seed, default: Sums()].add(log.x, log.y)
    }
    if seeds.count >= Self.fewestSeeds {
      let parts = seeds.sorted().compactMap { bySeed[$0] }
      let (low, high) = Bootstrap.interval(count: parts.count) { indices in
        var sums = Sums()
        for index in indices { sums.add(parts[index]) }
        return sums.slope
      }
      interval = .seeds(parts.count)
      exponent = Estimate(value: slope, low: low, high: high, count: usable.count)
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
      add(Sums(count: 1, x: x, y: y, xx: x * x, xy: x * y))
    }

    mutating func add(_ other: Sums) {
      count += other.count
      x += other.x
      y += other.y
      xx += other.xx
      xy += other.xy
    }

    /// `Σ (x − x̄)²`.
    var spread: Double { xx - x * x / count }

    var slope: Double? {
      guard count >= 2, spread > 1e-9 * max(1, xx) else { return nil }
      return (xy - x * y / count) / spread
    }
  }
}
