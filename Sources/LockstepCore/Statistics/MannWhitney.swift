/// The distribution of the Mann–Whitney statistic of two samples that are alike.
enum MannWhitney {
  /// The `k` of the interval between the `k`-th smallest and the `k`-th largest of all pairs' differences,
  /// and what it covers: the largest that covers 95 % or more.
  ///
  /// - Returns: a rank of 0 where even the range of all differences covers less.
  /// - Complexity: O(n·m·(n + m)) up to 400 pairs; beyond that the normal approximation.
  ///
  /// **Reference:** Mann, Whitney, *On a Test of Whether one of Two Random Variables is Stochastically
  /// Larger than the Other*, Annals of Mathematical Statistics 18, 1947, equation 2.
  static func rank(_ one: Int, _ other: Int) -> (rank: Int, coverage: Double) {
    let pairs = one * other
    guard pairs <= 400 else {
      let scatter = (Double(pairs) * Double(one + other + 1) / 12).squareRoot()
      return (max(1, Int(Double(pairs) / 2 - 0.5 - 1.959964 * scatter)), 0.95)
    }
    // How many of all orders have each number of pairs in which the first is the larger: the coefficients
    // of the Gaussian binomial, as probabilities.
    var shares = Array(repeating: 0.0, count: pairs + 1)
    shares[0] = 1
    for step in 1...one {
      for value in stride(from: pairs, through: other + step, by: -1) {
        shares[value] -= shares[value - other - step]
      }
      for value in stride(from: step, through: pairs, by: 1) {
        shares[value] += shares[value - step]
      }
      let factor = Double(step) / Double(other + step)
      for value in shares.indices { shares[value] *= factor }
    }
    var below = 0.0
    var rank = 0
    while rank < pairs / 2, below + shares[rank] <= 0.025 {
      below += shares[rank]
      rank += 1
    }
    return (rank, 1 - 2 * below)
  }
}
