import Foundation

/// The search for the largest learning rate that is stable: what to try next, and when it is found.
///
/// From a first rate it goes up by factors of four while runs are stable, or down while they are not,
/// until it has one rate of each kind; then it halves the interval between them in logarithms. It
/// finds the border between stable and unstable rates if there is one border.
///
/// **Determinism:** the rates that are tried depend on the first one and on the answers alone: square
/// roots are the same on every machine.
public struct Bisection: Equatable, Sendable {
  /// What was found.
  public enum Result: String, Codable, Sendable {
    /// The border lies between the two rates.
    case found
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

  private let first: Double

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
    case (nil, nil): return first
    case (let stable?, nil): return stable * 4
    case (nil, let unstable?): return unstable / 4
    case (let stable?, let unstable?): return (stable * unstable).squareRoot()
    }
  }

  /// What was found; `nil` while it goes on.
  public var result: Result? {
    switch (stable, unstable) {
    case (let stable?, nil): stable * 4 > Self.largestRate ? .alwaysStable : nil
    case (nil, let unstable?): unstable / 4 < Self.smallestRate ? .neverStable : nil
    case (let stable?, let unstable?): unstable <= stable * (1 + tolerance) ? .found : nil
    case (nil, nil): nil
    }
  }

  /// About how many rates it will still try: exact once there is one of each kind, and before that with two
  /// more to find the other kind.
  var expectedCount: Int {
    guard result == nil else { return 0 }
    var width = log(4.0)
    var bracketing = 0
    switch (stable, unstable) {
    case (let stable?, let unstable?): width = log(unstable / stable)
    case (nil, nil): bracketing = 3
    default: bracketing = 2
    }
    let halvings = max(0, log2(width / log1p(tolerance)).rounded(.up))
    return max(1, bracketing + Int(halvings))
  }

  /// Takes note of what came of ``next``.
  public mutating func note(isStable: Bool) {
    guard let rate = next else { return }
    if isStable { stable = rate } else { unstable = rate }
  }
}
