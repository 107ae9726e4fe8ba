import LockstepCore
import Yams

extension PlanReader {
  /// Reads one part of a plan.
  func part(
    _ node: Node, on shared: PlanLayer, variant: PlanVariant, foreign: Set<String>
  ) throws(PlanError) -> PlanPart {
    let own = ["name", "description"] + Self.layerKeys
    let fields = try mapping(node, of: "a part", keys: own + foreign.sorted())
    guard let name = fields["name"] else {
      throw place(node).error("a part has no name; write name: NAME")
    }
    guard try !text(name, of: "name").isEmpty else {
      throw place(name).error("a part's name is empty")
    }
    let layer = try shared.overlaid(by: layer(fields, variant: variant))
    return PlanPart(
      name: try text(name, of: "name"), options: layer.options, groups: layer.groups,
      place: place(node))
  }

  /// Reads a block, with that of its variant on top of it.
  func layer(
    _ fields: [String: Node], variant: PlanVariant
  ) throws(PlanError) -> PlanLayer {
    let base = try plainLayer(fields)
    // The other variant's block is checked, too: a mistake in it should not wait for its day.
    var upper: PlanLayer?
    for other in PlanVariant.allCases {
      guard let node = fields[other.rawValue] else { continue }
      let found = try plainLayer(
        mapping(node, of: other.rawValue, keys: ["options", "parameters", "zip"]))
      if other == variant { upper = found }
    }
    return try upper.map { layer throws(PlanError) in try base.overlaid(by: layer) } ?? base
  }

  private func plainLayer(_ fields: [String: Node]) throws(PlanError) -> PlanLayer {
    var layer = PlanLayer()
    if let node = fields["options"] {
      for (key, content) in try pairs(node, of: "options") {
        let text = MachineValue.resolved(try value(content, of: key.text), of: key.text)
        try PlanOptions.check(key.text, text, at: key.place)
        layer.options.append(FixedOption(name: key.text, text: text, place: key.place))
      }
    }
    if let node = fields["parameters"] {
      layer.groups += try axes(node, of: "parameters").map { [$0] }
    }
    if let node = fields["zip"] {
      for group in try sequence(node, of: "zip") {
        let axes = try axes(group, of: "zip")
        guard axes.count >= 2 else {
          throw place(group).error("an entry of zip pairs at least two axes")
        }
        layer.groups.append(axes)
      }
    }
    try layer.check()
    return layer
  }

  /// Reads one value; an option that may be repeated may have a list of them.
  private func value(_ node: Node, of name: String) throws(PlanError) -> String {
    guard case .sequence(let items) = node, let option = try? RunOptions.option(named: name),
      option.isRepeatable
    else { return try text(node, of: name) }
    var texts: [String] = []
    for item in items { texts.append(try text(item, of: name)) }
    return texts.joined(separator: " ")
  }

  private func axes(_ node: Node, of what: String) throws(PlanError) -> [Axis] {
    var result: [Axis] = []
    for (key, value) in try pairs(node, of: what) {
      try PlanOptions.check(name: key.text, at: key.place)
      result.append(try Axis(key.text, values(value, of: key.text), at: key.place))
    }
    return result
  }

  /// Reads an axis' values: a list, an expression as on the command line, or `{values: […]}`,
  /// `{range: […]}`, `{linspace: […]}`, `{logspace: […]}` or `{doubling: […]}`.
  private func values(_ node: Node, of name: String) throws(PlanError) -> [String] {
    switch node {
    case .sequence: return try list(node, of: name)
    case .mapping:
      let forms = ["values"] + AxisExpression.functions.keys.sorted()
      let fields = try mapping(node, of: name, keys: forms)
      guard fields.count == 1, let (form, content) = fields.first else {
        throw place(node).error("\(name) takes one of \(forms.joined(separator: ", "))")
      }
      if form == "values" { return try list(content, of: name) }
      var arguments: [String] = []
      for item in try sequence(content, of: "\(form) of \(name)") {
        arguments.append(try text(item, of: form))
      }
      return try expression(at: content, of: name) { () throws(AxisExpression.Failure) in
        try AxisExpression.call(
          form, arguments, written: "\(form)(\(arguments.joined(separator: ",")))")
      }
    default:
      let text = try text(node, of: name)
      return try expression(at: node, of: name) { () throws(AxisExpression.Failure) in
        try AxisExpression.values(text)
      }
    }
  }

  private func list(_ node: Node, of name: String) throws(PlanError) -> [String] {
    var result: [String] = []
    for item in try sequence(node, of: "values of \(name)") {
      result.append(try value(item, of: name))
    }
    return result
  }

  private func expression(
    at node: Node, of name: String, _ body: () throws(AxisExpression.Failure) -> [String]
  ) throws(PlanError) -> [String] {
    do throws(AxisExpression.Failure) {
      return try body()
    } catch {
      throw place(node).error("\(name): \(error.reason)")
    }
  }
}
