import Foundation
import LockstepCore
import LockstepRuns

/// Which length of a plan is meant.
public enum PlanVariant: String, CaseIterable, Sendable {
  /// What stands in the plan, and in its `quick` blocks on top of it.
  case quick
  /// What stands in the plan, and in its `full` blocks on top of it.
  case full
}

extension SweepPlan {
  /// The keys that a study may add to a plan; a plan's reader leaves them alone.
  public static let studyKeys: Set<String> = ["claims", "source", "sources", "title", "question"]

  /// Reads a plan from a file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - variant: which length.
  ///   - foreign: keys at the top, and in parts, that are somebody else's to read.
  /// - Throws: ``PlanError/notFound(path:reason:)`` or ``PlanError/file(path:line:reason:)``.
  public init(
    contentsOf path: String, variant: PlanVariant = .quick, foreign: Set<String> = studyKeys
  ) throws(PlanError) {
    try self.init(yaml: try PlanText.read(path), path: path, variant: variant, foreign: foreign)
  }

  /// Reads a plan from YAML.
  ///
  /// - Parameters:
  ///   - text: the YAML.
  ///   - path: what to call it in errors.
  ///   - variant: which length.
  ///   - foreign: keys at the top, and in parts, that are somebody else's to read.
  /// - Throws: ``PlanError/file(path:line:reason:)``.
  public init(
    yaml text: String, path: String, variant: PlanVariant = .quick,
    foreign: Set<String> = studyKeys
  ) throws(PlanError) {
    let reader = PlanReader(path: path)
    let root = try reader.compose(text)
    let own =
      ["name", "description", "parts", "hash", "bisect", "repetitions"] + PlanReader.layerKeys
    let fields = try reader.mapping(root, of: "a plan", keys: own + foreign.sorted())
    name = try fields["name"].map { node throws(PlanError) in try reader.text(node, of: "name") }
    description = try fields["description"].map { node throws(PlanError) in
      try reader.text(node, of: "description")
    }
    if let node = fields["bisect"] {
      let search = try reader.bisection(node)
      (bisectionTolerance, stability) = (search.tolerance, search.stability)
    }
    repetitions = try fields["repetitions"].map(reader.repetitions)
    let shared = try reader.layer(fields, variant: variant)
    guard let list = fields["parts"] else {
      parts = [
        PlanPart(
          name: nil, options: shared.options, groups: shared.groups,
          place: .file(path: path, line: nil))
      ]
      return
    }
    parts = []
    for node in try reader.filled(list, of: "parts") {
      let part = try reader.part(node, on: shared, variant: variant, foreign: foreign)
      guard !parts.contains(where: { $0.name == part.name }) else {
        throw part.place.error("there are two parts named \(part.name ?? "")")
      }
      parts.append(part)
    }
  }
}
