/// A sum that carries along what rounding takes from it.
///
/// The error is about one rounding of the result plus `n·ε²` of the sum of magnitudes, instead of
/// `n·ε` of it. Not for infinities: their sum becomes NaN.
///
/// **Determinism:** bit-exact for one order of the terms.
///
/// **Reference:** Neumaier, *Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
/// Summen*, Zeitschrift für Angewandte Mathematik und Mechanik 54 (1974), algorithm IV.
public struct CompensatedSum: Sendable {
  @usableFromInline var sum = 0.0
  @usableFromInline var lost = 0.0

  /// An empty sum.
  @inlinable
  public init() {}

  /// The sum so far.
  @inlinable public var value: Double { sum + lost }

  /// Adds a term.
  @inlinable
  @inline(__always)
  public mutating func add(_ term: Double) {
    let total = sum + term
    lost += sum.magnitude >= term.magnitude ? (sum - total) + term : (term - total) + sum
    sum = total
  }
}
