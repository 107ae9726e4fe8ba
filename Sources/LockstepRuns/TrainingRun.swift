import Foundation
import LockstepCore
import LockstepModels
import LockstepSimulator
import LockstepTelemetry
import LockstepThreads
import LockstepTopology
import Synchronization

/// One run, from its configuration to its record.
///
/// **Concurrency:** one thread executes a run; ``interrupt()`` may be called from any.
public final class TrainingRun: Sendable {
  /// How far a run is.
  public struct Progress: Sendable {
    /// The number of updates made.
    public var updates: Int
    /// The number of updates to make.
    public var total: Int
    /// The latest training loss.
    public var loss: Double?
  }

  private let interruption = Mutex<Interruption>(Interruption())

  private let cancellation = Cancellation()

  private struct Interruption {
    var hasBegun = false
    var carryOut: (@Sendable () -> Void)?
  }

  /// Creates a run.
  public init() {}

  /// Asks the run to end soon, with what there is; also before it has begun.
  ///
  /// - Returns: whether ``execute(_:_:on:progress:)`` has begun, and will say what there is.
  @discardableResult
  public func interrupt() -> Bool {
    cancellation.request()
    let (carryOut, hasBegun) = interruption.withLock { ($0.carryOut, $0.hasBegun) }
    carryOut?()
    return hasBegun
  }

  /// Trains the model and describes what happened.
  ///
  /// - Parameters:
  ///   - configuration: what was asked for.
  ///   - prepared: the configuration's model with its data.
  ///   - topology: the machine.
  ///   - checkpoints: where the state of the run is saved, and which one it goes on from; `nil` for neither.
  ///   - progress: called now and then on the calling thread.
  ///   - keepTrace: called with every iteration of the run, where the configuration asks for them,
  ///     or for a calibration, which is made of them.
  ///   - willBegin: called with every option, resolved, before anything is computed.
  /// - Returns: the record; the last parameters are written to the configuration's `savePath`.
  /// - Throws: ``ConfigurationError``, ``DataError``, ``TopologyError``, ``ResourceError``, ``CheckpointError``
  ///   or ``NumPyError``, and what `willBegin` and `keepTrace` throw.
  public func execute(
    _ configuration: RunConfiguration, _ prepared: PreparedModel, on topology: Topology,
    checkpoints: CheckpointPlan? = nil,
    progress: (Progress) -> Void = { _ in }, keepTrace: (Trace) throws -> Void = { _ in },
    willBegin: ([String: ConfigurationValue]) throws -> Void = { _ in }
  ) throws -> RunRecord {
    interruption.withLock { $0.hasBegun = true }
    try configuration.validate()
    try checkpoints?.check(configuration)
    let resolved = try ResolvedRun(
      configuration, prepared, lossEvery: checkpoints?.resumed?.facts.lossEvery)
    try checkpoints?.resumed?.check(resolved, prepared)
    try willBegin(resolved.values(prepared))
    try ThreadAllowance.require(configuration.threads)
    let keeper = checkpoints?.keeper(of: resolved, prepared)
    switch prepared.objective {
    case .single(let model):
      return try train(model, resolved, prepared, topology, keeper, progress, keepTrace)
    case .double(let model):
      return try train(model, resolved, prepared, topology, keeper, progress, keepTrace)
    }
  }

  /// Makes sure that a configuration can be carried out, before anything is computed.
  ///
  /// - Throws: as ``execute(_:_:on:progress:keepTrace:willBegin:)`` would.
  public static func check(_ configuration: RunConfiguration, _ prepared: PreparedModel) throws {
    try configuration.validate()
    let resolved = try ResolvedRun(configuration, prepared)
    func check(_ model: some Objective) throws {
      try MemoryNeed.require(model, resolved, prepared)
      try resolved.engine.check(model, on: configuration.engine)
    }
    switch prepared.objective {
    case .single(let model): try check(model)
    case .double(let model): try check(model)
    }
  }

  /// Writes parameters in their own scalar type.
  private static func save<Scalar: ModelScalar>(
    _ parameters: [Scalar], to path: String
  ) throws(NumPyError) {
    if let parameters = parameters as? [Double] {
      try write(parameters, path, NumPyArray.write)
    } else if let parameters = parameters as? [Float] {
      try write(parameters, path, NumPyArray.write)
    }
  }

  private static func write<Scalar>(
    _ parameters: [Scalar], _ path: String,
    _ writer: (UnsafeBufferPointer<Scalar>, String) throws(NumPyError) -> Void
  ) throws(NumPyError) {
    let result = parameters.withUnsafeBufferPointer { buffer -> Result<Void, NumPyError> in
      do throws(NumPyError) {
        try writer(buffer, path)
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private func train<Model: Objective>(
    _ model: Model, _ resolved: ResolvedRun, _ prepared: PreparedModel, _ topology: Topology,
    _ keeper: CheckpointKeeper?, _ progress: (Progress) -> Void,
    _ keepTrace: (Trace) throws -> Void
  ) throws -> RunRecord {
    let configuration = resolved.configuration
    try MemoryNeed.require(model, resolved, prepared, savesState: keeper != nil)
    let probes = try NoiseProbes(resolved, prepared)
    if let probes { keeper?.besides.append((name: "probes", part: probes)) }
    var record =
      switch configuration.engine {
      case .threads:
        try runThreads(model, resolved, prepared, topology, keeper, probes, progress, keepTrace)
      case .virtual:
        try simulate(model, resolved, prepared, topology, keeper, probes, progress, keepTrace)
      }
    if let probes {
      record.noise = probes.records
      record.noiseSeconds = probes.time.wall
    }
    return record
  }

  private func runThreads<Model: Objective>(
    _ model: Model, _ resolved: ResolvedRun, _ prepared: PreparedModel, _ topology: Topology,
    _ keeper: CheckpointKeeper?, _ probes: NoiseProbes?, _ progress: (Progress) -> Void,
    _ keepTrace: (Trace) throws -> Void
  ) throws -> RunRecord {
    let configuration = resolved.configuration
    let plan = try configuration.placement(on: topology)
    var settings = resolved.engine
    settings.observer = probes?.observer
    settings.cancellation = cancellation
    settings.checkpoints = keeper
    let engine = try ThreadEngine(
      model: model, configuration: settings, topology: topology, placement: plan)
    interruption.withLock { $0.carryOut = { engine.interrupt() } }
    if cancellation.isRequested { engine.interrupt() }
    defer { interruption.withLock { $0.carryOut = nil } }
    let outcome = try engine.run { state in
      progress(Progress(updates: state.updates, total: state.total, loss: state.loss))
    }
    if let path = configuration.savePath {
      try Self.save(outcome.parameters, to: path)
    }
    try keep(outcome.trace, outcome.parameters, of: resolved, prepared, keepTrace)
    return RunRecord(
      configuration: resolved.values(prepared), machine: topology.machine,
      placement: plan.placements, oversubscribed: plan.oversubscribed, status: outcome.status,
      parameterCount: model.parameterCount, updates: outcome.updates, samples: outcome.samples,
      wallSeconds: outcome.wallSeconds, cpuSeconds: outcome.cpuSeconds,
      throughput: ThroughputRecord(
        updates: outcome.updates, samples: outcome.samples, seconds: outcome.wallSeconds),
      loss: outcome.loss, staleness: outcome.staleness, tornViews: outcome.tornViews,
      workers: outcome.workers)
  }

  /// Hands over a trace, with every option of its run.
  private func keep<Scalar: ModelScalar>(
    _ trace: Trace?, _ parameters: [Scalar], of resolved: ResolvedRun, _ prepared: PreparedModel,
    _ keepTrace: (Trace) throws -> Void
  ) throws {
    guard var trace else { return }
    trace.header.parameters = ParameterDigest.of(parameters)
    trace.header.configuration = resolved.values(prepared)
    try keepTrace(trace)
  }

  private func simulate<Model: Objective>(
    _ model: Model, _ resolved: ResolvedRun, _ prepared: PreparedModel, _ topology: Topology,
    _ keeper: CheckpointKeeper?, _ probes: NoiseProbes?, _ report: (Progress) -> Void,
    _ keepTrace: (Trace) throws -> Void
  ) throws -> RunRecord {
    let configuration = resolved.configuration
    var simulation = resolved.engine
    simulation.observer = probes?.observer
    simulation.cancellation = cancellation
    simulation.checkpoints = keeper
    let isStopped: @Sendable () -> Bool = { [cancellation] in cancellation.isRequested }
    let progress = { (updates: Int, total: Int, loss: Double?) in
      report(Progress(updates: updates, total: total, loss: loss))
    }
    let watch = HostTime()
    keeper?.besides.append((name: "host", part: watch))
    let outcome: SimulationOutcome<Model.Scalar>
    if let delay = configuration.virtual.delay {
      let engine = try DelayEngine(
        model: model, configuration: simulation, delay: delay,
        scope: configuration.virtual.delayScope ?? .read)
      outcome = try engine.run(isStopped: isStopped, progress: progress)
    } else {
      let engine = try EventEngine(
        model: model, configuration: simulation,
        service: configuration.virtual.resolvedService ?? VirtualConfiguration.defaultService)
      outcome = try engine.run(isStopped: isStopped, progress: progress)
    }
    let (whole, wholeProcessor) = watch.elapsed
    // Probing is no part of simulating.
    let wall = max(0, whole - (probes?.time.wall ?? 0))
    let processor = max(0, wholeProcessor - (probes?.time.processor ?? 0))
    if let path = configuration.savePath {
      try Self.save(outcome.parameters, to: path)
    }
    try keep(outcome.trace, outcome.parameters, of: resolved, prepared, keepTrace)
    var record = RunRecord(
      configuration: resolved.values(prepared), machine: topology.machine, placement: [],
      oversubscribed: false, status: outcome.status, parameterCount: model.parameterCount,
      updates: outcome.updates, samples: outcome.samples, wallSeconds: wall,
      cpuSeconds: processor,
      throughput: ThroughputRecord(
        updates: outcome.updates, samples: outcome.samples, seconds: outcome.virtualTime ?? 0),
      loss: outcome.loss, staleness: outcome.staleness, tornViews: outcome.tornViews,
      workers: outcome.workers)
    record.virtualTime = outcome.virtualTime
    record.ensemble = outcome.ensemble
    // Where squares are collected, growth is looked at; a run that diverged may have ended before that.
    if outcome.ensemble.stationaryMeanSquare != nil || outcome.ensemble.pathGrowthRate != nil
      || outcome.status == .diverged
    {
      record.ensemble.note(ExactGrowth(configuration))
    }
    record.stall = outcome.stall
    return record
  }
}
