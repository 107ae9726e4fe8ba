import LockstepCore

extension SweepPlan {
  /// Reads a plan from the command line: `workers=1,2,4 seed=1..5 zip(model=mlp:8,mlp:16 batch=8,16)`.
  ///
  /// - Parameters:
  ///   - arguments: axes, one each, or several in `zip(…)` with spaces between them.
  ///   - options: what all runs have in common.
  /// - Throws: ``PlanError/argument(reason:)``.
  public init(axes arguments: [String], options: RunOptions) throws(PlanError) {
    var layer = PlanLayer()
    for name in options.names {
      guard let text = options[name] else { continue }
      try PlanOptions.check(name, text, at: .arguments)
      layer.options.append(FixedOption(name: name, text: text, place: .arguments))
    }
    for argument in arguments {
      if argument.hasPrefix("zip(") {
        guard argument.hasSuffix(")") else {
          throw .argument(reason: "'\(argument)' lacks a closing parenthesis at its end")
        }
        let inner = argument.dropFirst(4).dropLast()
        var group: [Axis] = []
        for word in inner.split(separator: " ") { group.append(try Self.axis(String(word))) }
        guard group.count >= 2 else {
          throw .argument(
            reason: "'\(argument)': write zip(NAME=VALUES NAME=VALUES) with at least two axes")
        }
        layer.groups.append(group)
      } else {
        layer.groups.append([try Self.axis(argument)])
      }
    }
    try layer.check()
    self.init(parts: [
      PlanPart(name: nil, options: layer.options, groups: layer.groups, place: .arguments)
    ])
  }

  private static func axis(_ text: String) throws(PlanError) -> Axis {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw .argument(
        reason: "'\(text)' is neither a plan file nor an axis; write NAME=VALUES, such as "
          + "workers=1,2,4")
    }
    let name = String(text[..<equals])
    let values: [String]
    do throws(AxisExpression.Failure) {
      values = try AxisExpression.values(String(text[text.index(after: equals)...]))
    } catch {
      throw .argument(reason: "\(name): \(error.reason)")
    }
    return try Axis(name, values, at: .arguments)
  }
}
