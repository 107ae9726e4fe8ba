import CSharedMemory

/// A rule that turns a gradient `g` into an update of the parameters `θ`, with the learning rate `η`.
///
/// What a rule is stands in its file in `Sources/CSharedMemory/rules`: its name, what it takes, its
/// formula, its constants and its kernel. ``all`` lists them.
public struct GradientRule: Equatable, @unchecked Sendable {
  // Invariant behind @unchecked: what it points to never changes.
  /// What the rule's file says.
  public let facts: UnsafePointer<lockstep_rule>

  /// Every rule, in the order in which help and documents list them.
  public static var all: [GradientRule] {
    (0..<lockstep_rule_count()).map { GradientRule(facts: lockstep_rule_at($0)) }
  }

  /// The rule of a name; `nil` where there is none.
  public static func named(_ name: String) -> GradientRule? { all.first { $0.name == name } }

  /// Its spelling on the command line.
  public var name: String { String(cString: facts.pointee.name) }

  /// The number of state values it keeps for each parameter.
  public var statePerParameter: Int { Int(facts.pointee.state_vectors) }

  /// Whether its update depends on the parameters, not on the gradient and the state alone.
  public var readsParameters: Bool { facts.pointee.reads_parameters }

  /// Its name and what may follow it, as help writes it.
  public var grammar: String {
    guard let argument else { return name }
    return argument.usual == nil ? "\(name):\(argument.name)" : "\(name)[:\(argument.name)]"
  }

  /// The update, as documents write it.
  public var formula: String { String(cString: facts.pointee.formula) }

  /// The constants in ``formula``; empty where there are none.
  public var constants: String { facts.pointee.constants.map { String(cString: $0) } ?? "" }

  /// Who published it, where.
  public var source: String { String(cString: facts.pointee.source) }

  /// The learning rate where none is given.
  ///
  /// - Parameters:
  ///   - model: what is trained.
  ///   - schedule: how the rate changes.
  func rate(for model: ModelSpecification, _ schedule: RateSchedule) -> Double {
    let rate = model.entry.usualRate(self, schedule)
    return rate > 0 ? rate : facts.pointee.rate
  }

  /// The number that may follow the name; `nil` where none may.
  var argument: Argument? {
    guard let name = facts.pointee.argument else { return nil }
    let usual = facts.pointee.usual
    return Argument(
      name: String(cString: name), below: facts.pointee.below,
      usual: usual.isNaN ? nil : usual, example: facts.pointee.example)
  }

  /// A number that follows the name of a rule.
  struct Argument {
    /// Its name in help.
    var name: String
    /// It is at least 0 and less than this.
    var below: Double
    /// What it is where nothing is said; `nil` where something must be said.
    var usual: Double?
    /// One to show.
    var example: Double

    /// The range, as an error says it.
    var range: String {
      below.isFinite ? "0 ≤ \(name) < \(NumberText.short(below))" : "\(name) ≥ 0"
    }
  }
}
