import LockstepCore
import LockstepTelemetry

/// Many runs: grids of options, and what all runs of a grid have in common.
public struct SweepPlan: Equatable, Sendable {
  /// A short name, if it has one.
  public var name: String?
  /// What it is for, if it says so.
  public var description: String?
  /// The grids; one without a name where the plan isn't divided.
  public var parts: [PlanPart]
  /// How exactly the largest stable learning rate of each configuration is searched, as a share; `nil`
  /// where runs are carried out as they are.
  public var bisectionTolerance: Double?
  /// Which stability such a search judges.
  public var stability = Stability.path
  /// How often each configuration runs, to measure its speed; `nil` where it runs once.
  public var repetitions: Repetitions?

  /// Creates a plan.
  public init(
    name: String? = nil, description: String? = nil, parts: [PlanPart],
    bisectionTolerance: Double? = nil
  ) {
    self.name = name
    self.description = description
    self.parts = parts
    self.bisectionTolerance = bisectionTolerance
  }

  /// The names of all axes of all parts, in the order in which they are first written.
  public var axisNames: [String] {
    parts.flatMap(\.groups).joined().map(\.name).uniqued
  }
}

/// One grid of a plan: every combination of its axes' values.
public struct PlanPart: Equatable, Sendable {
  /// Its name; `nil` where the plan isn't divided.
  public var name: String?
  /// What all of its runs have in common.
  public var options: [FixedOption]
  /// Its axes; those of a group go together value by value, and groups are crossed.
  public var groups: [[Axis]]
  /// Where it was written.
  public var place: PlanPlace

  /// The number of combinations; `nil` where it exceeds every integer.
  public var count: Int? {
    groups.reduce(1 as Int?) { product, group in
      guard let product else { return nil }
      let (value, overflow) = product.multipliedReportingOverflow(
        by: group.first?.values.count ?? 1)
      return overflow ? nil : value
    }
  }
}

/// An option that is the same in all runs of a grid.
public struct FixedOption: Equatable, Sendable {
  /// Its name on the command line, without the dashes.
  public var name: String
  /// Its value as text.
  public var text: String
  /// Where it was written.
  public var place: PlanPlace
}

/// An option with several values.
public struct Axis: Equatable, Sendable {
  /// Its name on the command line, without the dashes.
  public var name: String
  /// Its values as text.
  public var values: [String]
  /// Where it was written.
  public var place: PlanPlace

  /// Creates an axis.
  ///
  /// - Throws: ``PlanError`` for a name that no option has, and for no value.
  init(_ name: String, _ values: [String], at place: PlanPlace) throws(PlanError) {
    self.name = name
    let values = MachineValue.resolved(values, of: name)
    self.values = values
    self.place = place
    try PlanOptions.check(name: name, at: place)
    guard !values.isEmpty else { throw place.error("\(name): no value is given") }
  }

  /// What to say of `bounded:0..16`, and of the 4 of `bounded:0,4`, where an option doesn't take it.
  private func listHint(_ text: String) -> String {
    let written = text.contains("..") ? text : values.first { $0.contains(":") } ?? ""
    guard text.contains("..") && !text.hasPrefix("uniform:") || Double(text) != nil,
      let colon = written.firstIndex(of: ":")
    else {
      return ""
    }
    let family = written[...colon]
    return "; write each value in full, such as \(name)=\(family)1,\(family)4"
  }

  /// Checks the values of axes that go together; left until their number is known to be bearable.
  ///
  /// - Throws: ``PlanError`` for a value that its option doesn't take, and for one that is there twice: of
  ///   zipped axes, with the same values of all others.
  static func checkValues(_ group: [Axis]) throws(PlanError) {
    for axis in group {
      for text in axis.values {
        try PlanOptions.check(axis.name, text, at: axis.place, hint: axis.listHint(text))
      }
    }
    guard let first = group.first else { return }
    var seen: Set<[String]> = []
    for index in first.values.indices {
      // However they are written: 0.1 and 1e-1 are one value.
      let values = group.map { ConfigurationValue(axis: $0.values[index]).spelling }
      guard seen.insert(values).inserted else {
        let texts = group.map { "\($0.name)=\($0.values[index])" }.joined(separator: " with ")
        throw first.place.error(
          group.count == 1
            ? "\(first.name): the value \(first.values[index]) is there twice"
            : "zip: \(texts) is there twice")
      }
    }
  }
}

/// Which options a plan may give.
enum PlanOptions {
  /// Options that name one file, which every run would write over.
  private static let files = ["save", "calibrate"]

  /// Checks an option's name.
  static func check(name: String, at place: PlanPlace) throws(PlanError) {
    do throws(ConfigurationError) {
      _ = try RunOptions.option(named: name)
    } catch {
      throw place.error(sentence(error))
    }
  }

  /// Checks an option's name, and its value as far as it can be told by itself.
  ///
  /// - Parameter hint: what follows the sentence about a value that the option doesn't take.
  static func check(
    _ name: String, _ text: String, at place: PlanPlace, hint: String = ""
  ) throws(PlanError) {
    do throws(ConfigurationError) {
      let option = try RunOptions.option(named: name)
      if files.contains(name) {
        throw ConfigurationError.conflict(
          reason: "--\(name) names one file, which every run of a sweep would write over; leave "
            + "it out")
      }
      try option.check(text)
      if name == "record", text.split(separator: " ").contains("trace") {
        throw ConfigurationError.conflict(
          reason: "--record trace: a sweep keeps no traces; take lockstep run for one")
      }
    } catch {
      throw place.error(sentence(error) + hint)
    }
  }

  /// The error in a plan's words: no dashes before an option's name, and only options that it may give.
  static func sentence(_ error: ConfigurationError) -> String {
    switch error {
    case .unknown(option: "option", let value, let choices, let nearest):
      return "there is no option '\(value)'"
        + Suggestion.among(choices.filter { !files.contains($0) }, nearest: nearest)
    default: return "\(error)"
    }
  }
}
