import Foundation
import LockstepCore
import LockstepRuns
import LockstepTelemetry
import LockstepTopology

/// How long a sweep will take, from short runs of its own kinds.
///
/// Runs are of one kind where they have the same model, data, engine, policy, workers and whatever else their
/// time depends on; see ``RunTiming``.
public struct SweepEstimate: Codable, Equatable, Sendable {
  /// The time of all runs that are missing, with so many jobs; `nil` where none could be timed.
  @ExplicitNull public var seconds: Double?
  /// The number of kinds of runs.
  public var kinds: Int
  /// How many of them were timed; the others are taken to be like their mean.
  public var timed: Int
  /// The axes of a run that can't be carried out, and why; left out where all trials could.
  public var failure: SweepFailure?

  /// How long all trials together may take.
  static let budgetSeconds = 10.0

  /// Runs that take equally long.
  private struct Kind {
    var run: PlannedRun
    var count: Int
  }

  /// Estimates.
  ///
  /// - Parameters:
  ///   - runs: those that are missing, each with how often it, or one like it, is to be carried out.
  ///   - jobs: the number of simulated runs at a time.
  ///   - topology: the machine.
  public init(_ runs: [(run: PlannedRun, count: Int)], jobs: Int, on topology: Topology) {
    var groups: [Kind] = []
    var index: [String: Int] = [:]
    for (run, count) in runs where count > 0 {
      let key = Self.key(run.configuration)
      if let group = index[key] {
        groups[group].count += count
      } else {
        index[key] = groups.count
        groups.append(Kind(run: run, count: count))
      }
    }
    kinds = groups.count
    let cache = ModelCache(capacity: 4)
    let start = ContinuousClock.now
    var preparation = 0.0
    var perRun: [Double?] = []
    for group in groups {
      guard ContinuousClock.now - start <= .seconds(Self.budgetSeconds) else {
        perRun.append(nil)
        continue
      }
      do {
        let (whole, once) = try Self.time(group.run, jobs: jobs, cache, topology)
        perRun.append(whole)
        preparation += once
      } catch {
        perRun.append(nil)
        let run = group.run
        failure =
          failure
          ?? SweepFailure(id: run.id, part: run.part, axes: run.axisText, reason: "\(error)")
      }
    }
    let known = perRun.compactMap(\.self)
    timed = known.count
    guard !known.isEmpty else {
      seconds = groups.isEmpty ? 0 : nil
      return
    }
    let mean = known.reduce(0, +) / Double(known.count)
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let shared = groups.filter { !$0.run.isExclusive }.reduce(0) {
      $0 + $1.count
    }
    let lanes = Double(max(1, min(jobs, processors, shared)))
    seconds = zip(groups, perRun).reduce(preparation) { sum, pair in
      let (group, time) = pair
      return sum + (time ?? mean) * Double(group.count) / (group.run.isExclusive ? 1 : lanes)
    }
  }

  /// Options that the time of an update doesn't depend on.
  private static let irrelevant = [
    "seed", "learning-rate", "schedule", "target-loss", "init", "batches",
  ]

  private static func key(_ configuration: RunConfiguration) -> String {
    RunOptions.table.filter { !irrelevant.contains($0.name) }
      .map { RunIdentity.value(of: $0.name, in: configuration) ?? "" }.joined(separator: "\n")
  }

  /// The time of a whole run, and of what is done once for it and all that share its model.
  private static func time(
    _ run: PlannedRun, jobs: Int, _ cache: ModelCache, _ topology: Topology
  ) throws -> (run: Double, preparation: Double) {
    if let seconds = run.repetition?.seconds { return (seconds, 0) }
    var configuration = run.configuration
    if configuration.engine == .virtual, jobs > 1 { configuration.virtual.hostThreads = 1 }
    let start = ContinuousClock.now
    let prepared = try cache.model(of: configuration)
    let preparation = (ContinuousClock.now - start) / .seconds(1)
    let engine = try ResolvedRun(configuration, prepared).engine
    let timing = try RunTiming(configuration, prepared, total: engine.updates, on: topology)
    let seconds = timing.seconds(
      updates: engine.updates, lossEvery: engine.lossEvery,
      probeEvery: configuration.noise?.every)
    return (seconds, preparation)
  }
}
