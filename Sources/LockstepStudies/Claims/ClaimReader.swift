import LockstepCore
import LockstepTelemetry
import Yams

/// Reads claims out of YAML nodes.
extension PlanReader {
  static let claimKeys = [
    "id", "statement", "source", "where", "let", "value", "against", "over", "ratio", "by",
    "summary", "expect",
  ]

  /// Reads the claims of a study.
  ///
  /// - Parameters:
  ///   - node: the list.
  ///   - parts: the names of the plan's parts.
  /// - Throws: ``PlanError`` for what is missing or unknown, with its line.
  func claims(_ node: Node, parts: [String]) throws(PlanError) -> [Claim] {
    var claims: [Claim] = []
    let list = try sequence(node, of: "claims")
    guard !list.isEmpty else {
      throw place(node).error("there is no claim; a plan without claims is for lockstep sweep")
    }
    for node in list {
      let claim = try claim(node, parts: parts)
      guard !claims.contains(where: { $0.id == claim.id }) else {
        throw place(node).error("there are two claims with the id \(claim.id)")
      }
      claims.append(claim)
    }
    return claims
  }

  private func claim(_ node: Node, parts: [String]) throws(PlanError) -> Claim {
    let fields = try mapping(node, of: "a claim", keys: Self.claimKeys)
    func need(_ key: String) throws(PlanError) -> Node {
      guard let value = fields[key] else { throw place(node).error("the claim has no '\(key)'") }
      return value
    }
    var claim = Claim(
      id: try text(need("id"), of: "id"), statement: try text(need("statement"), of: "statement"),
      source: try text(need("source"), of: "source"), value: try expression(need("value"), "value"),
      expectation: try expectation(need("expect")))
    if let filters = fields["where"] { try read(filters, into: &claim, parts: parts) }
    if let names = fields["let"] { claim.names = try self.names(names) }
    if let over = fields["over"] {
      guard try text(over, of: "over") == "shards" else {
        throw place(over).error("over: write shards, or leave it out")
      }
      claim.isOverShards = true
    }
    if let against = fields["against"] { claim.against = try expression(against, "against") }
    if let ratio = fields["ratio"] {
      claim.ratios = try ratios(ratio, isOverShards: claim.isOverShards)
    }
    if let groups = fields["by"] {
      claim.groups = try placeNames(groups, of: "by", isOverShards: claim.isOverShards)
    }
    if let summary = fields["summary"] { claim.summary = try self.summary(summary) }
    guard claim.summary.isTrend == (claim.against != nil) else {
      throw place(fields["summary"] ?? fields["against"] ?? node).error(
        "exponent and factor are trends, and need 'against'; other summaries have none")
    }
    try checkNames(
      of: claim, value: need("value"), against: fields["against"],
      at: fields["let"] ?? node)
    return claim
  }

  private func read(
    _ node: Node, into claim: inout Claim, parts: [String]
  ) throws(PlanError) {
    for (key, value) in try pairs(node, of: "where") {
      guard key.text == "part" else {
        claim.filters.append(
          Claim.Filter(axis: key.text, values: try values(value, of: key.text, at: key.place)))
        continue
      }
      let values = try texts(value, of: key.text)
      for name in values where !parts.contains(name) {
        let hint = Suggestion.hint(Suggestion.nearest(to: name, among: parts))
        throw place(value).error("the plan has no part '\(name)'\(hint)")
      }
      claim.parts = values
    }
  }

  private func names(_ node: Node) throws(PlanError) -> [Claim.Name] {
    var result: [Claim.Name] = []
    for (key, value) in try pairs(node, of: "let") {
      guard (try? Expression(key.text))?.names == [key.text], key.text != "shards" else {
        throw key.place.error(
          "'\(key.text)' cannot be a name; take letters, digits and _, and neither pi nor shards")
      }
      let path = try text(value, of: key.text)
      do throws(MetricError) {
        result.append(Claim.Name(name: key.text, metric: try Metric(path)))
      } catch {
        throw place(value).error("\(error)")
      }
    }
    return result
  }

  private func expression(_ node: Node, _ what: String) throws(PlanError) -> Expression {
    let text = try text(node, of: what)
    do throws(ExpressionError) {
      return try Expression(text)
    } catch {
      throw place(node).error("\(error)")
    }
  }

  private func checkNames(
    of claim: Claim, value: Node, against: Node?, at node: Node
  ) throws(PlanError) {
    let known = claim.names.map(\.name) + (claim.isOverShards ? ["shards"] : [])
    let used = [(value, claim.value)] + [against].compactMap(\.self).map { ($0, claim.against) }
    for (node, expression) in used {
      for name in expression?.names ?? [] where !known.contains(name) {
        let hint = Suggestion.hint(Suggestion.nearest(to: name, among: known))
        throw place(node).error("'let' doesn't say what '\(name)' is\(hint)")
      }
    }
    let names = used.flatMap { $1?.names ?? [] }
    for name in known where !names.contains(name) && name != "shards" {
      throw place(node).error("'let' names \(name), which no expression uses; leave it out")
    }
    guard !claim.value.names.isEmpty else {
      throw place(value).error(
        "value: '\(claim.value.text)' is the same for all runs; use a name that 'let' gives to a "
          + "metric")
    }
  }

  private func ratios(_ node: Node, isOverShards: Bool) throws(PlanError) -> [PairedRatio] {
    guard case .sequence(let list) = node else { return [try ratio(node, isOverShards)] }
    var result: [PairedRatio] = []
    for node in list { result.append(try ratio(node, isOverShards)) }
    guard !result.isEmpty else { throw place(node).error("ratio is an empty list") }
    return result
  }

  private func ratio(_ node: Node, _ isOverShards: Bool) throws(PlanError) -> PairedRatio {
    let fields = try mapping(node, of: "a ratio", keys: ["axis", "of", "to", "ignoring"])
    guard let axis = fields["axis"], let above = fields["of"], let below = fields["to"] else {
      throw place(node).error("a ratio has an 'axis', and the values 'of' and 'to'")
    }
    guard try text(above, of: "of") != text(below, of: "to") else {
      throw place(node).error("a ratio is of two different values, and of and to are the same")
    }
    let names = try placeNames(axis, of: "axis", isOverShards: isOverShards)
    guard names.count == 1, let name = names.first else {
      throw place(axis).error("a ratio is along one axis; write a list of ratios for several")
    }
    func side(_ node: Node) throws(PlanError) -> String {
      guard name != "part", name != "shards" else { return try text(node, of: name) }
      let found = try values(node, of: name, at: place(node))
      guard found.count == 1, let value = found.first else {
        throw place(node).error("a ratio is of one value to another")
      }
      return value
    }
    return PairedRatio(
      axis: name, numerator: try side(above), denominator: try side(below),
      ignored: try fields["ignoring"].map { node throws(PlanError) in
        try placeNames(node, of: "ignoring", isOverShards: isOverShards)
      } ?? [])
  }

  private func summary(_ node: Node) throws(PlanError) -> ClaimSummary {
    let text = try text(node, of: "summary")
    guard let summary = ClaimSummary(rawValue: text) else {
      let known = ClaimSummary.allCases.map(\.rawValue)
      throw place(node).error(
        "there is no summary '\(text)'\(Suggestion.among(known, for: text))")
    }
    return summary
  }

  private func expectation(_ node: Node) throws(PlanError) -> ClaimExpectation {
    let fields = try mapping(node, of: "expect", keys: ["above", "below", "between", "equal"])
    guard fields.count == 1, let (key, value) = fields.first else {
      throw place(node).error("expect one of above, below, between or equal")
    }
    if key == "between" {
      let ends = try sequence(value, of: key)
      guard ends.count == 2 else { throw place(value).error("between: write [LOW, HIGH]") }
      let (low, high) = (try number(ends[0], of: key), try number(ends[1], of: key))
      guard low <= high else { throw place(value).error("between: write the smaller one first") }
      return .between(low, high)
    }
    let bound = try number(value, of: key)
    return key == "above" ? .above(bound) : key == "below" ? .below(bound) : .equal(bound)
  }

  private func number(_ node: Node, of what: String) throws(PlanError) -> Double {
    let text = try text(node, of: what)
    guard let value = Double(text), value.isFinite else {
      throw place(node).error("\(what): '\(text)' is not a finite number")
    }
    return value
  }
}
