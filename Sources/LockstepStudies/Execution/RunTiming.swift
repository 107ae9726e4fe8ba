import LockstepCore
import LockstepRuns
import LockstepTelemetry
import LockstepTopology

/// How long a run takes, from short runs of the same kind.
///
/// A run costs something however short it is (above all the losses before and after), and then something for
/// each update, for each point of the loss curve between the ends, and for each noise probe. Each of these is
/// measured by itself: in proportion to the updates alone, the first would count thousandfold.
struct RunTiming {
  /// The time of a run without updates, in seconds.
  private(set) var fixed: Double
  /// The time of an update.
  private(set) var perUpdate = 0.0
  /// The time of a point of the loss curve.
  private(set) var perLoss = 0.0
  /// The time of a noise probe.
  private(set) var perProbe = 0.0

  /// How much longer than the shortest run a trial takes at least, in seconds.
  private static let contrast = 0.02
  /// The points that are added to the loss curve to time them.
  private static let addedPoints = 8

  /// One short run.
  private struct Trial {
    /// Its time but for that of noise probes.
    var seconds: Double
    var record: RunRecord
  }

  /// Times a kind of run.
  ///
  /// - Parameters:
  ///   - configuration: a run of that kind.
  ///   - prepared: its model.
  ///   - total: the number of updates that it makes.
  ///   - topology: the machine.
  /// - Throws: whatever keeps the run from being carried out.
  init(
    _ configuration: RunConfiguration, _ prepared: PreparedModel, total: Int,
    on topology: Topology
  ) throws {
    var configuration = configuration
    configuration.virtual.warmup = nil
    configuration.epochs = nil
    configuration.targetLoss = nil
    func trial(_ updates: Int, lossEvery: Int) throws -> Trial {
      configuration.updates = updates
      configuration.lossEvery = lossEvery
      let start = ContinuousClock.now
      let record = try TrainingRun().execute(configuration, prepared, on: topology)
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      return Trial(seconds: max(0, elapsed - (record.noiseSeconds ?? 0)), record: record)
    }
    let first = min(total, 2 * configuration.workers)
    // The first one warms up caches and threads; the faster of the two is what it costs afterwards.
    let cold = try trial(first, lossEvery: first)
    let shortest = try min(cold.seconds, trial(first, lossEvery: first).seconds)
    var updates = first
    var longest = cold
    while updates < total, longest.seconds - shortest < max(Self.contrast, shortest / 2) {
      updates = updates > total / 4 ? total : updates * 4
      longest = try trial(updates, lossEvery: updates)
    }
    if updates > first {
      perUpdate = max(0, longest.seconds - shortest) / Double(updates - first)
    }
    fixed = max(0, shortest - perUpdate * Double(first))
    let finer = try trial(updates, lossEvery: max(1, updates / Self.addedPoints))
    let added = finer.record.loss.curve.count - longest.record.loss.curve.count
    if added > 0 { perLoss = max(0, finer.seconds - longest.seconds) / Double(added) }
    let probes = Set(finer.record.noise.map(\.update)).count
    if probes > 0, let seconds = finer.record.noiseSeconds { perProbe = seconds / Double(probes) }
  }

  /// The time of a whole run, in seconds.
  ///
  /// - Parameters:
  ///   - updates: the number of its updates.
  ///   - lossEvery: one update in how many is a point of the loss curve.
  ///   - probeEvery: one update in how many is probed; `nil` for none.
  func seconds(updates: Int, lossEvery: Int, probeEvery: Int?) -> Double {
    let losses = Double((updates - 1) / lossEvery)
    let probes = probeEvery.map { Double((updates - 1) / $0 + 1) } ?? 0
    return fixed + perUpdate * Double(updates) + perLoss * losses + perProbe * probes
  }
}
