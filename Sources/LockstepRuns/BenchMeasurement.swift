import Foundation
import LockstepCore
import LockstepTelemetry
import LockstepTopology
import Synchronization

/// Carries out a plan: every configuration once per repetition, after a warm-up that isn't counted.
///
/// **Concurrency:** one thread executes a measurement; ``interrupt()`` may be called from any.
public final class BenchMeasurement: Sendable {
  /// How far a measurement is.
  public struct Progress: Sendable {
    /// The share of the runs that are done, warm-ups included.
    public var fraction: Double
    /// What is being done.
    public var activity: String
  }

  /// What was measured.
  public struct Outcome: Sendable {
    /// The configurations, as the plan has them.
    public var configurations: [RunConfiguration]
    /// What each model is trained on, for a person, by the model's specification.
    public var dataNames: [String: String]
    /// The machine's limits, by number of workers and pin.
    public var limits: [BenchLimits]
    /// Whether each configuration has more workers than processing units.
    public var oversubscribed: [Bool]
    /// The complete runs, in the order in which they were made.
    public var runs: [BenchRun]
    /// Whether somebody interrupted it.
    public var isInterrupted: Bool
    /// The system's load average of the minute before it began; `nil` if it can't be had.
    public var loadAverage: Double?
  }

  private struct State {
    var isInterrupted = false
    /// Whether a measured run is complete.
    var hasRuns = false
    var current: TrainingRun?
  }

  private let state = Mutex(State())

  /// Creates a measurement.
  public init() {}

  /// Asks it to end soon, with the runs that are complete.
  ///
  /// - Returns: whether there is any.
  @discardableResult
  public func interrupt() -> Bool {
    let (current, hasRuns) = state.withLock { state in
      state.isInterrupted = true
      return (state.current, state.hasRuns)
    }
    current?.interrupt()
    return hasRuns
  }

  private var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

  /// Measures everything.
  ///
  /// - Parameters:
  ///   - plan: what to measure.
  ///   - topology: the machine.
  ///   - progress: called now and then on the calling thread.
  /// - Throws: ``ConfigurationError`` for a configuration that cannot be, by its name, before
  ///   anything runs; ``DataError`` or ``TopologyError``.
  public func execute(
    _ plan: BenchPlan, on topology: Topology, progress: (Progress) -> Void = { _ in }
  ) throws -> Outcome {
    let configurations = plan.configurations
    let placements = try configurations.map { configuration in
      try PlacementPlan(
        workers: configuration.workers, pin: PinPlan(configuration.resolvedPin), on: topology)
    }
    // The limits are measured on as many threads, and no others beside.
    try ThreadAllowance.require(configurations.map(\.threads).max() ?? 0)
    let prepared = try prepare(configurations)
    var outcome = Outcome(
      configurations: configurations, dataNames: prepared.compactMapValues(\.dataName),
      limits: [], oversubscribed: placements.map(\.oversubscribed), runs: [],
      isInterrupted: false, loadAverage: Self.loadAverage)
    let total = Double(configurations.count * (plan.runs + 1))
    var done = 0

    for (configuration, placement) in zip(configurations, placements) where !isInterrupted {
      let isKnown = outcome.limits.contains {
        $0.workers == configuration.workers && $0.pin == placement.pin.specification
      }
      guard !isKnown else { continue }
      let workers = NumberText.counted(configuration.workers, "worker")
      progress(Progress(fraction: 0, activity: "limits of \(workers)"))
      outcome.limits.append(try BenchLimits(placement, on: topology, seconds: plan.limitSeconds))
    }

    /// Runs one configuration; `nil` if it was interrupted.
    func run(_ configuration: RunConfiguration, _ activity: String) throws -> RunRecord? {
      guard let model = prepared[configuration.model.specification] else { return nil }
      let run = TrainingRun()
      let isLate = state.withLock { state in
        state.current = run
        return state.isInterrupted
      }
      defer { state.withLock { $0.current = nil } }
      if isLate { return nil }
      func report(_ share: Double) {
        progress(
          Progress(
            fraction: (Double(done) + share) / total,
            activity: "\(activity): \(BenchPlan.name(of: configuration))"))
      }
      report(0)
      let record = try run.execute(configuration, model, on: topology) { state in
        report(Double(state.updates) / Double(max(1, state.total)))
      }
      return record.status == .interrupted ? nil : record
    }

    var measured: [RunConfiguration] = []
    for configuration in configurations {
      guard let model = prepared[configuration.model.specification] else { continue }
      var calibration = try BenchCalibration(configuration, plan.length, model)
      while let updates = calibration.next {
        var trial = configuration
        trial.epochs = nil
        trial.updates = updates
        trial.lossEvery = updates
        guard let record = try run(trial, "warm-up") else { break }
        calibration.note(updates: record.updates, seconds: record.wallSeconds)
      }
      guard !isInterrupted else { break }
      var final = configuration
      final.epochs = nil
      final.updates = calibration.result
      // One point at the end: the loss is not evaluated while the clock runs.
      final.lossEvery = calibration.result
      measured.append(final)
      done += 1
    }

    for repetition in 0..<plan.runs {
      guard !isInterrupted else { break }
      let order = BenchPlan.order(
        ofRepetition: repetition, of: measured.count, runs: plan.runs)
      for index in order {
        let activity = "run \(repetition + 1) of \(plan.runs)"
        guard !isInterrupted, let record = try run(measured[index], activity) else { break }
        outcome.runs.append(
          BenchRun(record, configuration: index, repetition: repetition))
        state.withLock { $0.hasRuns = true }
        done += 1
      }
    }
    outcome.isInterrupted = isInterrupted
    return outcome
  }

  /// The number of threads that wanted to run, averaged over the last minute.
  private static var loadAverage: Double? {
    var load = 0.0
    return getloadavg(&load, 1) == 1 ? load : nil
  }

  /// Loads each model's data once, and makes sure that every configuration can be.
  private func prepare(_ configurations: [RunConfiguration]) throws -> [String: PreparedModel] {
    var prepared: [String: PreparedModel] = [:]
    for configuration in configurations {
      let name = configuration.model.specification
      let model = try prepared[name] ?? PreparedModel(configuration)
      prepared[name] = model
      if configuration.decomposition == .blocks, model.parameterCount < configuration.workers {
        throw ConfigurationError.conflict(
          reason: "\(BenchPlan.name(of: configuration)): with --decomposition blocks every "
            + "worker owns at least one parameter, and this model has \(model.parameterCount)")
      }
      do {
        _ = try ResolvedRun(configuration, model)
      } catch let error as ConfigurationError {
        throw ConfigurationError.conflict(
          reason: "\(BenchPlan.name(of: configuration)): \(error)")
      }
    }
    return prepared
  }
}
