import Foundation
import LockstepCore
import LockstepRuns
import LockstepTelemetry
import LockstepTopology

/// How long a sweep will take, from short runs of its own kinds.
///
/// Runs are of one kind where they have the same model, data, engine, workers and whatever else the
/// time of an update depends on. A run of each kind is made with few updates, then with more and more
/// of them until it takes long enough to be measured; the rest is proportion.
public struct SweepEstimate: Codable, Equatable, Sendable {
  /// The time of all runs that are missing, with so many jobs; `nil` where none could be timed.
  @ExplicitNull public var seconds: Double?
  /// The number of kinds of runs.
  public var kinds: Int
  /// How many of them were timed; the others are taken to be like their mean.
  public var timed: Int
  /// The axes of a run that can't be carried out, and why; left out where all trials could.
  public var failure: SweepFailure?

  /// How long a trial lasts at least, unless its run ends before.
  static let trialSeconds = 0.02
  /// How long all trials together may take.
  static let budgetSeconds = 5.0

  /// Estimates.
  ///
  /// - Parameters:
  ///   - runs: those that are missing.
  ///   - jobs: the number of simulated runs at a time.
  ///   - topology: the machine.
  public init(_ runs: [PlannedRun], jobs: Int, on topology: Topology) {
    var groups: [(key: String, runs: [PlannedRun])] = []
    var index: [String: Int] = [:]
    for run in runs {
      let key = Self.kind(run.configuration)
      if let group = index[key] {
        groups[group].runs.append(run)
      } else {
        index[key] = groups.count
        groups.append((key, [run]))
      }
    }
    kinds = groups.count
    let cache = ModelCache(capacity: 4)
    let start = ContinuousClock.now
    var perRun: [Double?] = []
    for group in groups {
      guard ContinuousClock.now - start <= .seconds(Self.budgetSeconds) else {
        perRun.append(nil)
        continue
      }
      let run = group.runs[0]
      do {
        perRun.append(try Self.time(run, cache, topology))
      } catch {
        perRun.append(nil)
        failure =
          failure
          ?? SweepFailure(id: run.id, part: run.part, axes: run.axisText, reason: "\(error)")
      }
    }
    let known = perRun.compactMap(\.self)
    timed = known.count
    guard !known.isEmpty else {
      seconds = runs.isEmpty ? 0 : nil
      return
    }
    let mean = known.reduce(0, +) / Double(known.count)
    let total = zip(groups, perRun).reduce(0.0) { sum, pair in
      let (group, time) = pair
      let lanes = group.runs[0].configuration.engine == .virtual ? Double(max(1, jobs)) : 1
      return sum + (time ?? mean) * Double(group.runs.count) / lanes
    }
    seconds = total
  }

  private static let irrelevant = [
    "seed", "learning-rate", "schedule", "target-loss", "policy", "updates", "epochs", "init",
  ]

  private static func kind(_ configuration: RunConfiguration) -> String {
    RunOptions.table.filter { !irrelevant.contains($0.name) }
      .map { RunIdentity.value(of: $0.name, in: configuration) ?? "" }.joined(separator: "\n")
      // Whole numbers of updates and epochs make runs of one length.
      + "\n\(configuration.updates ?? 0) \(configuration.epochs ?? 0)"
  }

  /// The time of a whole run.
  private static func time(
    _ run: PlannedRun, _ cache: ModelCache, _ topology: Topology
  ) throws -> Double {
    var configuration = run.configuration
    configuration.virtual.warmup = nil
    if configuration.engine == .virtual { configuration.virtual.hostThreads = 1 }
    let prepared = try cache.model(of: configuration)
    let resolved = try ResolvedRun(configuration, prepared)
    let total = resolved.engine.updates
    configuration.epochs = nil
    configuration.targetLoss = nil
    configuration.lossEvery = resolved.engine.lossEvery
    var updates = min(total, 2 * configuration.workers)
    while true {
      configuration.updates = updates
      let start = ContinuousClock.now
      _ = try TrainingRun().execute(configuration, prepared, on: topology)
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      if updates == total || elapsed >= trialSeconds {
        return elapsed * Double(total) / Double(updates)
      }
      updates = updates > total / 4 ? total : updates * 4
    }
  }
}
