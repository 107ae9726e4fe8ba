import Foundation

/// The search for the largest learning rate that is stable: what to try next, and when it is found.
///
/// From a first rate it goes up by factors of four while runs are stable, or down while they are not,
/// until it has one rate of each kind; then it halves the interval between them in logarithms. Where runs
/// don't tell, it goes on from both sides towards what they don't tell. The answer is the interval between the
/// largest rate that was stable and the smallest that was not: it holds the border between stable and
/// unstable rates if there is one border.
///
/// **Determinism:** the rates that are tried depend on the first one and on the answers alone: square
/// roots are the same on every machine.
public struct Bisection: Equatable, Sendable {
  /// What was found.
  public enum Result: String, Codable, Sendable {
    /// The border lies between the two rates, which are as near as they should be.
    case found
    /// The border lies between the two rates, and the runs don't tell where.
    case bracketed
    /// Runs don't tell at any rate, or up to the largest, or down to the smallest.
    case undecided
    /// Every rate up to ``largestRate`` is stable.
    case alwaysStable = "always-stable"
    /// No rate down to ``smallestRate`` is stable.
    case neverStable = "never-stable"
  }

  /// The largest rate that is tried.
  public static let largestRate = 1e9
  /// The smallest rate that is tried.
  public static let smallestRate = 1e-12

  /// The largest rate that was stable.
  public private(set) var stable: Double?
  /// The smallest rate that was not.
  public private(set) var unstable: Double?
  /// How far apart the two may be in the end, as a share.
  public let tolerance: Double

  /// The smallest and the largest rate at which runs didn't tell.
  private var undecided: (low: Double, high: Double)?

  private let first: Double

  /// Two searches are the same if they have come to the same.
  public static func == (one: Bisection, other: Bisection) -> Bool {
    one.stable == other.stable && one.unstable == other.unstable
      && one.tolerance == other.tolerance && one.first == other.first
      && one.undecided?.low == other.undecided?.low
      && one.undecided?.high == other.undecided?.high
  }

  /// Begins a search.
  ///
  /// - Parameters:
  ///   - first: the rate to try first.
  ///   - tolerance: how far apart the two ends may be, as a share; above 0.
  public init(first: Double, tolerance: Double) {
    precondition(first > 0 && tolerance > 0, "rates and tolerances are above 0")
    self.first = first
    self.tolerance = tolerance
  }

  /// The rate to try next; `nil` when it is over.
  public var next: Double? {
    guard result == nil else { return nil }
    switch (stable, unstable) {
    case (nil, nil): return undecided.map { $0.low / 4 } ?? first
    case (let stable?, nil): return (undecided?.high ?? stable) * 4
    case (nil, let unstable?): return (undecided?.low ?? unstable) / 4
    case (let stable?, let unstable?):
      guard let undecided else { return (stable * unstable).squareRoot() }
      return isNear(stable, undecided.low)
        ? (undecided.high * unstable).squareRoot() : (stable * undecided.low).squareRoot()
    }
  }

  /// Whether two rates are as near as they should be.
  private func isNear(_ low: Double, _ high: Double) -> Bool { high <= low * (1 + tolerance) }

  /// What was found; `nil` while it goes on.
  public var result: Result? {
    switch (stable, unstable) {
    case (let stable?, nil):
      guard (undecided?.high ?? stable) * 4 > Self.largestRate else { return nil }
      return undecided == nil ? .alwaysStable : .undecided
    case (nil, let unstable?):
      guard (undecided?.low ?? unstable) / 4 < Self.smallestRate else { return nil }
      return undecided == nil ? .neverStable : .undecided
    case (nil, nil):
      guard let undecided else { return nil }
      return undecided.low / 4 < Self.smallestRate ? .undecided : nil
    case (let stable?, let unstable?):
      if isNear(stable, unstable) { return .found }
      guard let undecided else { return nil }
      return isNear(stable, undecided.low) && isNear(undecided.high, unstable) ? .bracketed : nil
    }
  }

  /// About how many rates it will still try: exact once there is one of each kind, and before that with two
  /// more to find the other kind.
  var expectedCount: Int {
    guard result == nil else { return 0 }
    var widths = [log(4.0)]
    var bracketing = 0
    switch (stable, unstable) {
    case (let stable?, let unstable?):
      widths =
        undecided.map { [log($0.low / stable), log(unstable / $0.high)] }
        ?? [log(unstable / stable)]
    case (nil, nil): bracketing = 3
    default: bracketing = 2
    }
    let halvings = widths.map { max(0, log2($0 / log1p(tolerance)).rounded(.up)) }.reduce(0, +)
    return max(1, bracketing + Int(halvings))
  }

  /// Takes note of what came of ``next``; `nil` where the run doesn't tell.
  public mutating func note(isStable: Bool?) {
    guard let rate = next else { return }
    switch isStable {
    case true?: stable = rate
    case false?: unstable = rate
    case nil: undecided = (min(rate, undecided?.low ?? rate), max(rate, undecided?.high ?? rate))
    }
    // A run beyond the rates that don't tell may be judged as one on this side of them: then the border is
    // looked for where it is now, or the search would go round in circles.
    if let (low, high) = undecided, high < stable ?? high || low > unstable ?? low {
      undecided = nil
    }
  }
}
