import LockstepCore

/// A claim about the results of a study, and how it is checked.
///
/// From each run that matches `where`, and with `over: shards` from each number of shards that was probed in
/// it, `value` makes a number out of the metrics that `let` names. `ratio` divides partners by each other, one
/// axis after the other. `summary` makes one number with an interval of all of them, and `expect` says where
/// that should lie.
public struct Claim: Equatable, Sendable {
  /// A short name, unique in the study.
  public var id: String
  /// The claim in a sentence.
  public var statement: String
  /// Where it comes from.
  public var source: String
  /// The parts of the plan that it looks at; empty for all.
  public var parts: [String] = []
  /// The values that axes may have.
  public var filters: [Filter] = []
  /// What the names in the expressions mean.
  public var names: [Name] = []
  /// The number of a run.
  public var value: Expression
  /// What it is plotted against, for a trend.
  public var against: Expression?
  /// Whether each number of shards that a run was probed at is looked at by itself, under the name `shards`.
  public var isOverShards = false
  /// What is divided by what.
  var ratios: [PairedRatio] = []
  /// The axes that group the numbers whose worst group counts.
  public var groups: [String] = []
  /// How the numbers become one.
  public var summary = ClaimSummary.median
  /// What is expected of it.
  public var expectation: ClaimExpectation

  /// The values that an axis may have.
  public struct Filter: Equatable, Sendable {
    /// The axis or option.
    public var axis: String
    /// Its values, as on the command line.
    public var values: [String]
  }

  /// What a name means.
  public struct Name: Equatable, Sendable {
    /// The name.
    public var name: String
    /// The metric.
    public var metric: Metric
  }

  /// What is measured, in words.
  var measured: String {
    var text = summary == .furthestFromOne ? "worst mean" : summary.rawValue
    text += " of \(value.text)"
    for ratio in ratios { text += ", \(ratio.axis) \(ratio.numerator) / \(ratio.denominator)" }
    if let against { text += ", against \(against.text)" }
    if !groups.isEmpty { text += ", by \(groups.joined(separator: ", "))" }
    return text
  }
}
