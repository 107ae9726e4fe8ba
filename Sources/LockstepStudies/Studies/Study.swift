import LockstepCore
import Yams

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
    let reader = PlanReader(path: path)
    let root = try reader.compose(text)
    let keys = ["name", "title", "claims", "bisect"]
    var nodes: [String: Node] = [:]
    for (key, node) in try reader.pairs(root, of: "a study") where keys.contains(key.text) {
      nodes[key.text] = node
    }
    guard let name = plan.name else {
      throw reader.place(root).error("a study has a name; write name: NAME")
    }
    guard Self.isFolderName(name) else {
      throw reader.place(nodes["name"] ?? root).error(
        "name: '\(name)' becomes a folder's name; take letters, digits, spaces, - and _")
    }
    guard let claims = nodes["claims"] else {
      throw reader.place(root).error(
        "a study has claims; a plan without them is for lockstep sweep")
    }
    if let node = nodes["bisect"] {
      throw reader.place(node).error(
        "bisect: claims are about the runs of a plan, and a search makes its own; leave it out, or "
          + "take lockstep sweep")
    }
    self.name = name
    title =
      try nodes["title"].map { node throws(PlanError) in
        try reader.text(node, of: "title")
      } ?? name
    self.claims = try reader.claims(claims, parts: plan.parts.compactMap(\.name))
  }

  /// Whether a name can be that of a folder, and of nothing beyond.
  private static func isFolderName(_ name: String) -> Bool {
    name.first.map { $0.isLetter || $0.isNumber } == true
      && name.allSatisfy { $0.isLetter || $0.isNumber || " -_.".contains($0) }
  }

  /// Checks every claim on results.
  public func check(on runs: [StoredRun]) -> [ClaimResult] { claims.map { $0.check(on: runs) } }
}
