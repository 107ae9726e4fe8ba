import LockstepCore
import LockstepTelemetry
import Yams

/// The axes that claims name, and their values.
extension PlanReader {
  /// Reads values of an option, spelled as axes spell them: `all-cores` as the number that it stands for,
  /// `0.50` as `0.5`.
  ///
  /// - Throws: ``PlanError`` for a name that no option has, and for a value that the option doesn't take.
  func values(_ node: Node, of name: String, at place: PlanPlace) throws(PlanError) -> [String] {
    try PlanOptions.check(name: name, at: place)
    var result: [String] = []
    for text in try texts(node, of: name) {
      let text = MachineValue.resolved(text, of: name)
      try PlanOptions.check(name, text, at: self.place(node))
      result.append(ConfigurationValue(axis: text).spelling)
    }
    return result
  }

  /// Reads what numbers are grouped or matched by: axes, `part`, and `shards` where those are looked at one
  /// by one.
  ///
  /// An axis may be written as metrics have it, `axis.workers`.
  ///
  /// - Throws: ``PlanError`` for a name that is none of these, and for the seed, over which numbers are
  ///   resampled.
  func placeNames(
    _ node: Node, of what: String, isOverShards: Bool
  ) throws(PlanError) -> [String] {
    var result: [String] = []
    for text in try texts(node, of: what) {
      let name = text.hasPrefix("axis.") ? String(text.dropFirst("axis.".count)) : text
      guard name != "seed" else {
        throw place(node).error("\(what): seeds are what intervals are over; leave seed out")
      }
      guard name != "shards" || isOverShards else {
        throw place(node).error("\(what): shards are told apart with over: shards only")
      }
      if name != "part", name != "shards" { try PlanOptions.check(name: name, at: place(node)) }
      result.append(name)
    }
    return result
  }

  /// Reads one text, or a list of them.
  func texts(_ node: Node, of what: String) throws(PlanError) -> [String] {
    guard case .sequence(let list) = node else { return [try text(node, of: what)] }
    var result: [String] = []
    for node in list { result.append(try text(node, of: what)) }
    guard !result.isEmpty else { throw place(node).error("\(what): no value is given") }
    return result
  }
}
