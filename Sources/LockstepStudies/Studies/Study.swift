import LockstepCore

/// A plan with claims about its results.
public struct Study: Equatable, Sendable {
  /// Its short name.
  public let name: String
  /// What it asks, in a line.
  public let title: String
  /// The runs.
  public let plan: SweepPlan
  /// What is claimed of their results.
  public let claims: [Claim]
  /// The YAML it was read from.
  public let yaml: String

  /// Reads a study.
  ///
  /// - Parameters:
  ///   - text: the YAML: a plan with `title` and `claims`.
  ///   - path: what to call it in errors.
  ///   - variant: which length of the plan.
  /// - Throws: ``PlanError/file(path:line:reason:)``.
  public init(yaml text: String, path: String, variant: PlanVariant) throws(PlanError) {
    yaml = text
    plan = try SweepPlan(yaml: text, path: path, variant: variant)
    guard let name = plan.name else {
      throw .file(path: path, line: nil, reason: "a study has a name; write name: NAME")
    }
    self.name = name
    let reader = PlanReader(path: path)
    let fields = try reader.pairs(try reader.compose(text), of: "a study")
    var title = name
    var claims: [Claim] = []
    for (key, node) in fields {
      if key.text == "title" { title = try reader.text(node, of: "title") }
      if key.text == "claims" {
        claims = try reader.claims(node, parts: plan.parts.compactMap(\.name))
      }
    }
    self.title = title
    self.claims = claims
  }

  /// Checks every claim on results.
  ///
  /// - Throws: ``MetricError`` for a metric of an axis that no run has.
  public func check(on runs: [StoredRun]) throws(MetricError) -> [ClaimResult] {
    var results: [ClaimResult] = []
    for claim in claims { results.append(try claim.check(on: runs)) }
    return results
  }
}
