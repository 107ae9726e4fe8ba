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
  /// The median of the updates per second of real time.
  @ExplicitNull public var medianUpdatesPerSecond: Double?
  /// The mean of the mean staleness.
  @ExplicitNull public var meanStaleness: Double?
}

/// What came of a sweep, configuration by configuration.
public enum SweepSummary {
  /// Summarizes runs over their seeds.
  ///
  /// - Returns: one entry for each part and values of axes, in the order of their first runs.
  /// - Complexity: O(runs × log runs).
  public static func of(_ runs: [StoredRun]) -> [ConfigurationSummary] {
    var groups: [[StoredRun]] = []
    var index: [String: Int] = [:]
    for run in runs {
      let axes = run.axes.filter { $0.key != "seed" }.sorted { $0.key < $1.key }
      let key = "\(run.part ?? "")\n" + axes.map { "\($0.key)=\($0.value.text)\n" }.joined()
      if let group = index[key] {
        groups[group].append(run)
      } else {
        index[key] = groups.count
        groups.append([run])
      }
    }
    return groups.map(summary)
  }

  private static func summary(_ runs: [StoredRun]) -> ConfigurationSummary {
    var statuses: [String: Int] = [:]
    for run in runs { statuses[run.record.status.rawValue, default: 0] += 1 }
    let losses = runs.map { run in
      run.record.loss.final.flatMap { $0.isFinite ? $0 : nil } ?? .infinity
    }
    let rates = runs.compactMap { run in
      run.record.wallSeconds > 0 ? Double(run.record.updates) / run.record.wallSeconds : nil
    }
    let staleness = runs.compactMap(\.record.staleness.mean)
    return ConfigurationSummary(
      part: runs.first?.part, axes: runs.first?.axes.filter { $0.key != "seed" } ?? [:],
      runs: runs.count, statuses: statuses,
      medianFinalLoss: median(losses).flatMap { $0.isFinite ? $0 : nil },
      medianUpdatesPerSecond: median(rates),
      meanStaleness: staleness.isEmpty
        ? nil : staleness.reduce(0, +) / Double(staleness.count))
  }

  private static func median(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : Sample(values).median
  }
}
