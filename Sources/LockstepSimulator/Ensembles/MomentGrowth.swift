import LockstepCore

/// How fast the moments of `x ← x − a·y` grow, where `y` is an old `x`: exactly, without drawing anything.
///
/// `a = η·λ` is rate times curvature. What comes before the asymptotics, such as reads that are cut off at
/// version 0, makes no difference.
///
/// The mean square is carried by rare paths: simulations see less of it the longer they are. The second
/// moments of the state follow a linear recursion, and its spectral radius `ρ` is the answer:
/// `E x²` grows like `ρᵗ`.
///
/// **Determinism:** bit-exact.
public struct MomentGrowth: Equatable, Sendable {
  /// `lim ln|E x_t|/t`, per update.
  public var mean: Double
  /// `½·lim ln E x_t²/t`, per update: the growth of the root of the mean square.
  public var meanSquare: Double

  /// Creates rates.
  public init(mean: Double, meanSquare: Double) {
    self.mean = mean
    self.meanSquare = meanSquare
  }

  /// Fresh views: `x ← (1 − a)·x`.
  public static func fresh(_ a: Double) -> MomentGrowth {
    let rate = a == 1 ? -Double.infinity : PortableMath.log(abs(1 - a))
    return MomentGrowth(mean: rate, meanSquare: rate)
  }

  /// Workers with exponential service that never wait: the next to finish is any of them with the same
  /// chance, applies the gradient at its view, and reads.
  ///
  /// The moments of the state `(x, v_1 … v_M)` that are symmetric in the workers are closed: `E x²`,
  /// `E x·v_i`, `E v_i²` and `E v_i·v_j`. The one that grows fastest is among them.
  public static func memoryless(_ a: Double, workers: Int) -> MomentGrowth {
    if workers == 1 { return fresh(a) }
    let p = 1 / Double(workers)
    return closed(a, p, pairKept: 1 - 2 * p, pairOne: 2 * p, pairBoth: 0)
  }

  /// Independent geometric delays, `P(τ = k) = (1 − q)·qᵏ` of mean `q/(1 − q)`.
  ///
  /// With weights `p_k = P(τ = k)` these are closed: `E x_t²`, `Σ p_k·E x_t·x_{t−k}`, `Σ p_k·E x_{t−k}²` and
  /// `ΣΣ p_j·p_k·E x_{t−j}·x_{t−k}`.
  public static func geometric(_ a: Double, mean: Double) -> MomentGrowth {
    let p = 1 / (1 + mean)
    let q = 1 - p
    return closed(a, p, pairKept: q * q, pairOne: 2 * p * q, pairBoth: p * p)
  }

  /// Both recursions: a view is renewed with probability `p`, of a pair of views none, one or both.
  ///
  /// With `X = E x²`, `C = E x·v`, `V = E v²`, `W = E v·v′`:
  /// `X ← X − 2aC + a²V`, `C ← p·X + (1 − p)(C − aW)`, `V ← p·X + (1 − p)·V`,
  /// `W ← both·X + one·(C − aW) + kept·W`, with the new `X`.
  private static func closed(
    _ a: Double, _ p: Double, pairKept: Double, pairOne: Double, pairBoth: Double
  ) -> MomentGrowth {
    let q = 1 - p
    let next = [1, -2 * a, a * a, 0]
    func row(_ fresh: Double, _ old: [Double]) -> [Double] {
      zip(next, old).map { fresh * $0 + $1 }
    }
    let second = [
      next,
      row(p, [0, q, 0, -q * a]),
      row(p, [0, 0, q, 0]),
      row(pairBoth, [0, pairOne, 0, pairKept - pairOne * a]),
    ]
    let first = [[1, -a], [p, q - p * a]]
    return MomentGrowth(
      mean: SpectralRadius.logarithm(first), meanSquare: SpectralRadius.logarithm(second) / 2)
  }

  /// The longest delay for which the moments are followed.
  public static let longestDelay = 64

  /// Independent delays of any law with a bound.
  ///
  /// The state is `(x_t … x_{t−D})`, its second moments a matrix `S` that the next update turns into
  /// `Σ_k p_k·A_k·S·A_kᵀ`. That operator keeps matrices positive, so its largest eigenvalue `ρ` is positive,
  /// and power iteration on the operator plus the identity converges to `ρ + 1` even where others lie on the
  /// same circle.
  ///
  /// - Parameters:
  ///   - a: rate times curvature.
  ///   - shares: the probability of each delay from 0 on; at most ``longestDelay`` + 1 of them.
  public static func independent(_ a: Double, shares: [Double]) -> MomentGrowth {
    precondition(
      (1...(longestDelay + 1)).contains(shares.count), "delays are bounded by \(longestDelay)")
    let size = shares.count
    var companion = (0..<size).map { row in
      (0..<size).map { column in row > 0 && column == row - 1 ? 1.0 : 0 }
    }
    companion[0][0] = 1
    for (delay, share) in shares.enumerated() { companion[0][delay] -= a * share }
    let mean = SpectralRadius.logarithm(companion)
    // One delay alone: everything is determined.
    if shares.contains(1) { return MomentGrowth(mean: mean, meanSquare: mean) }
    return MomentGrowth(mean: mean, meanSquare: secondMoment(a, shares))
  }

  private static func secondMoment(_ a: Double, _ shares: [Double]) -> Double {
    let size = shares.count
    var moments = Array(repeating: 0.0, count: size * size)
    for index in 0..<size { moments[index * size + index] = 1 / Double(size) }
    var next = moments
    var (before, steady) = (0.0, 0)
    for _ in 0..<200_000 {
      // Row 0: E x_{t+1}·x_{t−j}, and E x_{t+1}².
      var (cross, square) = (0.0, 0.0)
      for column in 0..<size {
        var view = 0.0
        for (delay, share) in shares.enumerated() { view += share * moments[delay * size + column] }
        let value = moments[column] - a * view
        if column + 1 < size {
          next[column + 1] = value
          next[(column + 1) * size] = value
        }
        cross += shares[column] * moments[column]
        square += shares[column] * moments[column * size + column]
      }
      next[0] = moments[0] - 2 * a * cross + a * a * square
      for row in 1..<size {
        for column in 1..<size {
          next[row * size + column] = moments[(row - 1) * size + column - 1]
        }
      }
      var trace = 0.0
      for index in moments.indices { moments[index] += next[index] }
      for index in 0..<size { trace += moments[index * size + index] }
      for index in moments.indices { moments[index] /= trace }
      steady = abs(trace - before) <= 1e-14 * trace ? steady + 1 : 0
      before = trace
      if steady > 20 { break }
    }
    return PortableMath.log(max(before - 1, .leastNormalMagnitude)) / 2
  }

  /// The faster of two, moment by moment: of several curvatures the fastest is what one sees.
  func faster(of other: MomentGrowth) -> MomentGrowth {
    MomentGrowth(mean: max(mean, other.mean), meanSquare: max(meanSquare, other.meanSquare))
  }
}

extension DelayLaw {
  /// The probability of each delay from 0 on.
  ///
  /// - Returns: `nil` where delays are longer than ``MomentGrowth/longestDelay``, or not independent of each
  ///   other.
  var shares: [Double]? {
    guard exchange == nil, largest <= MomentGrowth.longestDelay else { return nil }
    return probabilities
  }

  /// How fast the moments grow under independent delays of this law; `nil` where that isn't known.
  ///
  /// - Parameter strengths: rate times curvature, for each curvature.
  /// - Complexity: bounded, whatever the number of curvatures.
  public func growth(_ strengths: [Double]) -> MomentGrowth? {
    guard exchange == nil else { return nil }
    if let mean = geometricMean {
      return MomentGrowth.fastest(strengths, cost: 1) { .geometric($0, mean: mean) }
    }
    if largest == 0 { return MomentGrowth.fastest(strengths, cost: 1) { .fresh($0) } }
    guard let shares else { return nil }
    return MomentGrowth.fastest(strengths, cost: shares.count * shares.count) {
      .independent($0, shares: shares)
    }
  }
}

extension MomentGrowth {
  /// The growth that is seen where there are several curvatures.
  ///
  /// - Parameters:
  ///   - strengths: rate times curvature.
  ///   - cost: how much work one of them is.
  ///   - growth: that of one of them.
  /// - Returns: `nil` for none of them, and where they would take too long.
  public static func fastest(
    _ strengths: [Double], cost: Int = 1, _ growth: (Double) -> MomentGrowth
  ) -> MomentGrowth? {
    let distinct = Set(strengths).sorted()
    guard let first = distinct.first, distinct.count * cost <= 20_000 else { return nil }
    return distinct.dropFirst().reduce(growth(first)) { $0.faster(of: growth($1)) }
  }
}
