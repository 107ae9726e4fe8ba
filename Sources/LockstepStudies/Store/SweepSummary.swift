import LockstepCore
import LockstepTelemetry

/// What came of one configuration over its seeds.
public struct ConfigurationSummary: Codable, Equatable, Sendable {
  /// The part of the plan that it belongs to.
  public var part: String?
  /// The values of its axes, but for the seed.
  public var axes: [String: ConfigurationValue]
  /// The number of runs.
  public var runs: Int
  /// How many runs ended in which way.
  public var statuses: [String: Int]
  /// The median of the last training losses, a run without one counting as larger than any other.
  @ExplicitNull public var medianFinalLoss: Double?
  /// The median interaction penalty on the current batch, as a share of the promised decrease; `null` without
  /// noise probes, and with probes of several numbers of shards.
  @ExplicitNull public var medianInteraction: Double?
  /// Whether the virtual engine made the runs.
  public var isVirtual: Bool
  /// The median of the runs' speeds, in the unit that the summary was made in; `null` where no time passes.
  @ExplicitNull public var medianSpeed: Double?
  /// The mean of the mean staleness.
  @ExplicitNull public var meanStaleness: Double?
}

/// A column of speeds: of one engine, in one unit.
public struct SpeedColumn: Sendable {
  /// What stands above it.
  public let heading: String
  /// Whether it is the virtual engine's.
  public let isVirtual: Bool

  /// The columns that some configurations need: one for each engine that has a speed, so that a heading never stands
  /// for two definitions.
  public static func all(_ summaries: [ConfigurationSummary], in unit: SpeedUnit) -> [SpeedColumn] {
    [(false, "\(unit.rawValue)/s"), (true, "\(unit.rawValue)/unit")].compactMap { engine, heading in
      summaries.contains { $0.isVirtual == engine && $0.medianSpeed != nil }
        ? SpeedColumn(heading: heading, isVirtual: engine) : nil
    }
  }

  /// What a configuration has in it.
  public func value(_ summary: ConfigurationSummary) -> Double? {
    summary.isVirtual == isVirtual ? summary.medianSpeed : nil
  }
}

/// What came of a sweep, configuration by configuration.
public enum SweepSummary {
  /// Summarizes runs over their seeds.
  ///
  /// - Parameters:
  ///   - runs: the runs.
  ///   - unit: what speed is counted in.
  /// - Returns: one entry for each part and values of axes, in the order of their first runs.
  /// - Complexity: O(runs × log runs).
  public static func of(
    _ runs: [StoredRun], speedIn unit: SpeedUnit
  ) -> [ConfigurationSummary] {
    runs.grouped {
      "\($0.part ?? "")\n\($0.record.isVirtual)\n\($0.axes.setting(without: "seed"))"
    }.map { summary($0, unit) }
  }

  private static func summary(_ runs: [StoredRun], _ unit: SpeedUnit) -> ConfigurationSummary {
    var statuses: [String: Int] = [:]
    for run in runs { statuses[run.record.status.rawValue, default: 0] += 1 }
    let losses = runs.map { run in
      run.record.loss.final.flatMap { $0.isFinite ? $0 : nil } ?? .infinity
    }
    let staleness = runs.compactMap(\.record.staleness.mean)
    return ConfigurationSummary(
      part: runs.first?.part, axes: runs.first?.axes.filter { $0.key != "seed" } ?? [:],
      runs: runs.count, statuses: statuses,
      medianFinalLoss: Sample.median(ofFinite: [Sample(losses).median]),
      medianInteraction: interaction(runs).flatMap { Sample.median(ofFinite: $0) },
      isVirtual: runs.first?.record.isVirtual ?? false,
      medianSpeed: Sample.median(ofFinite: runs.map { unit.speed(of: $0.record) }),
      meanStaleness: staleness.isEmpty
        ? nil : staleness.reduce(0, +) / Double(staleness.count))
  }

  /// The exact penalties where all runs have them, and those to second order otherwise.
  private static func interaction(_ runs: [StoredRun]) -> [Double]? {
    ["interaction", "interactionSecondOrder"].lazy
      .compactMap { try? Metric("noise.\($0)[current].relative") }
      .map { metric in runs.compactMap(metric.value) }
      .first { $0.count == runs.count }
  }
}
