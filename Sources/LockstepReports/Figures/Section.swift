import LockstepStudies
import LockstepTelemetry

/// The runs of one part of a plan, with what varies among them.
struct Section: Sendable {
  /// The part's name; empty where the plan has but one.
  let name: String
  let runs: [StoredRun]
  /// The axes that take more than one value, without the seed, by name.
  let axes: [Axis]
  /// The seeds.
  let seedCount: Int

  /// An axis that varies.
  struct Axis: Equatable, Sendable {
    let name: String
    /// Its values, in natural order.
    let values: [String]
  }

  init(name: String, runs: [StoredRun]) {
    self.name = name
    self.runs = runs
    var names = Set<String>()
    for run in runs { names.formUnion(run.axes.keys) }
    var axes: [Axis] = []
    for name in names.sorted() where name != "seed" {
      let values = runs.map { $0.axes[name]?.spelling ?? "–" }.uniqued
      guard values.count > 1 else { continue }
      axes.append(Axis(name: name, values: NaturalOrder.sorted(values)))
    }
    self.axes = axes
    seedCount = Set(runs.map(\.seed)).count
  }

  /// Cuts the runs of a folder into the parts of its plan.
  ///
  /// - Parameters:
  ///   - runs: the runs.
  ///   - parts: the names of parts in the order in which they are shown; others follow in the order in which
  ///     they came.
  static func cut(_ runs: [StoredRun], parts: [String] = []) -> [Section] {
    let present = Set(runs.map { $0.part ?? "" })
    var order = parts.filter(present.contains)
    var known = Set(order)
    var groups: [String: [StoredRun]] = [:]
    for run in runs {
      let part = run.part ?? ""
      if known.insert(part).inserted { order.append(part) }
      groups[part, default: []].append(run)
    }
    return order.map { Section(name: $0, runs: groups[$0] ?? []) }
  }

  /// The axis of a name, if it varies.
  func axis(_ name: String) -> Axis? { axes.first { $0.name == name } }

  /// Which engines made the runs: whether the virtual one, for each that is there.
  var engines: [Bool] {
    [false, true].filter { isVirtual in runs.contains { $0.record.isVirtual == isVirtual } }
  }

  /// Whether the runs' times are those of the virtual engine.
  var isVirtual: Bool { runs.contains { $0.record.isVirtual } }

  /// The unit of an engine's times.
  static func timeUnit(isVirtual: Bool) -> String { isVirtual ? "virtual time units" : "s" }

  /// What tells a figure of one engine's times from that of the other's, where there are both.
  func words(for engine: Bool?) -> [String] {
    guard let engine, engines.count > 1 else { return [] }
    return [engine ? "virtual" : "threads"]
  }
}
