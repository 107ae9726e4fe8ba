import LockstepCore
import LockstepModels
import LockstepNoise
import LockstepTelemetry

/// The noise probes of one run: estimates what each shown update's parallelism cost, and keeps it.
///
/// **Concurrency:** belongs to the thread that runs the engine, which is the one that shows updates.
final class NoiseProbes: Archivable, @unchecked Sendable {
  // Invariant behind @unchecked: an engine shows updates on the thread that runs it, and what is
  // kept is read on the same thread once the run has ended.

  /// What the probes found, in the order of the updates.
  private(set) var records: [NoiseRecord] = []
  /// The time that probing took, on the clock and of the processors.
  private(set) var time = (wall: 0.0, processor: 0.0)

  private let every: Int
  private let estimate: (StepObservation) -> [NoiseRecord]

  /// Makes the buffers of the probes that a run asks for.
  ///
  /// - Returns: `nil` where it asks for none.
  /// - Throws: ``ConfigurationError``.
  init?(_ resolved: ResolvedRun, _ prepared: PreparedModel) throws(ConfigurationError) {
    guard let noise = resolved.configuration.noise else { return nil }
    guard let model = prepared.curvature else {
      throw .conflict(
        reason: "the model was prepared without noise probes; prepare it for the same run")
    }
    every = noise.every
    estimate = try Self.estimator(model, noise, resolved)
  }

  private static func estimator<Model: CurvatureObjective>(
    _ model: Model, _ noise: NoiseSpecification, _ resolved: ResolvedRun
  ) throws(ConfigurationError) -> (StepObservation) -> [NoiseRecord] {
    let engine = resolved.engine
    let estimator = try NoiseEstimator(
      model: model, specification: noise, optimizer: engine.optimizer, workers: engine.workers,
      largestBatch: model.trainingCount == 0 ? 0 : resolved.largestObservedBatch,
      seed: engine.seed, isJoint: engine.budget.isJoint)
    return estimator.estimate
  }

  /// Transfers what was found so far.
  func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.document("records", &records)
    try archive.number("wallSeconds", &time.wall)
    try archive.number("processorSeconds", &time.processor)
  }

  /// What an engine gets to show updates to.
  var observer: StepObserver {
    StepObserver(every: every) { [self] observation in
      let watch = HostTime()
      // Updates that take time don't end in the order of their numbers.
      let place = records.lastIndex { $0.update <= observation.update }.map { $0 + 1 } ?? 0
      records.insert(contentsOf: estimate(observation), at: place)
      let (wall, processor) = watch.elapsed
      time.wall += wall
      time.processor += processor
    }
  }
}
