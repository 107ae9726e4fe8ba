import Foundation

/// Student's distribution of `t` with whole degrees of freedom.
public enum StudentT {
  /// The probability that `|T| ≤ t`.
  ///
  /// - Parameters:
  ///   - t: at least 0.
  ///   - degrees: the degrees of freedom, at least 1.
  /// - Complexity: O(degrees).
  ///
  /// **Reference:** Abramowitz, Stegun, *Handbook of Mathematical Functions*, 26.7.3 and 26.7.4.
  public static func probability(within t: Double, degrees: Int) -> Double {
    precondition(t >= 0 && degrees >= 1, "t is at least 0 and the degrees of freedom at least 1")
    let angle = atan(t / Double(degrees).squareRoot())
    let square = cos(angle) * cos(angle)
    if degrees % 2 == 1 {
      guard degrees > 1 else { return 2 * angle / .pi }
      var term = cos(angle)
      var sum = term
      for k in stride(from: 3, to: degrees, by: 2) {
        term *= square * Double(k - 1) / Double(k)
        sum += term
      }
      return 2 / .pi * (angle + sin(angle) * sum)
    }
    var term = 1.0
    var sum = 1.0
    for k in stride(from: 2, to: degrees, by: 2) {
      term *= square * Double(k - 1) / Double(k)
      sum += term
    }
    return sin(angle) * sum
  }

  /// The `t` with `|T| ≤ t` in 95 % of all cases, to about 12 digits.
  ///
  /// - Parameter degrees: the degrees of freedom, at least 1.
  public static func factor95(degrees: Int) -> Double { factor(covering: 0.95, degrees: degrees) }

  /// The `t` with `|T| ≤ t` in a share of all cases.
  ///
  /// - Parameters:
  ///   - share: from 0 to 0.9999.
  ///   - degrees: the degrees of freedom, at least 1.
  public static func factor(covering share: Double, degrees: Int) -> Double {
    precondition((0...0.9999).contains(share), "shares are below 1")
    // Of many degrees the normal distribution's is the same to five digits, and takes no sum.
    guard degrees <= 100_000 else { return NormalDistribution.quantile((1 + share) / 2) }
    var (low, high) = (0.0, 16.0)
    while probability(within: high, degrees: degrees) < share { high *= 2 }
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if probability(within: middle, degrees: degrees) < share {
        low = middle
      } else {
        high = middle
      }
    }
    return (low + high) / 2
  }
}
