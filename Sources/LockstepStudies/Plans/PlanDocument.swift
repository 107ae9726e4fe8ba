import Foundation
import Yams

/// `plan.yaml` of a result folder: what was asked for, with its hash.
public enum PlanDocument {
  /// Writes a plan, so that it reads back as the same runs.
  ///
  /// Every axis stands with all its values, whatever expression they came from; blocks of variants
  /// are merged into what they apply to.
  public static func text(_ plan: SweepPlan, digest: String) -> String {
    var pairs: [(Node, Node)] = [(text("hash"), text(digest))]
    if let name = plan.name { pairs.append((text("name"), text(name))) }
    if let description = plan.description { pairs.append((text("description"), text(description))) }
    if let tolerance = plan.bisectionTolerance {
      var search = [(text("learning-rate"), text("\(tolerance)"))]
      if plan.stability != .path {
        search.append((text("stability"), text(plan.stability.rawValue)))
      }
      pairs.append((text("bisect"), Node(search)))
    }
    if let repetitions = plan.repetitions {
      let seconds = repetitions.seconds.map { (text("seconds"), text("\($0)")) }
      let runs = (text("runs"), text("\(repetitions.runs)"))
      pairs.append((text("repetitions"), Node([runs] + [seconds].compactMap(\.self))))
    }
    if plan.parts.count == 1, let part = plan.parts.first, part.name == nil {
      pairs += fields(part)
    } else {
      let parts = plan.parts.map { part in
        Node([(text("name"), text(part.name ?? ""))] + fields(part))
      }
      pairs.append((text("parts"), Node(parts)))
    }
    let body = (try? Yams.serialize(node: Node(pairs), width: 100, allowUnicode: true)) ?? ""
    return "# What was asked for; lockstep reads it again, and refuses another plan here.\n" + body
  }

  /// The hash that stands in a plan's file; `nil` where none does.
  public static func digest(in text: String) -> String? {
    guard let root = try? Yams.compose(yaml: text), case .mapping(let mapping) = root else {
      return nil
    }
    return mapping.first { $0.key.scalar?.string == "hash" }?.value.scalar?.string
  }

  private static func text(_ value: String) -> Node { Node(value, Tag(.str)) }

  private static func fields(_ part: PlanPart) -> [(Node, Node)] {
    var result: [(Node, Node)] = []
    if !part.options.isEmpty {
      let options = part.options.map { (text($0.name), text($0.text)) }
      result.append((text("options"), Node(options)))
    }
    let single = part.groups.filter { $0.count == 1 }.flatMap { $0 }
    if !single.isEmpty { result.append((text("parameters"), Node(single.map(axis)))) }
    let zipped = part.groups.filter { $0.count > 1 }.map { Node($0.map(axis)) }
    if !zipped.isEmpty { result.append((text("zip"), Node(zipped))) }
    return result
  }

  private static func axis(_ axis: Axis) -> (Node, Node) {
    let values = Node(axis.values.map(text), .implicit, .flow)
    return (text(axis.name), Node([(text("values"), values)]))
  }
}
