import CSharedMemory
import Dispatch
import Foundation
import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry
import LockstepTopology
import Synchronization

/// The engine of real threads: trains an objective with pinned Dispatch workers under a policy.
///
/// The run goes in stretches. Within one, the workers make updates as the policy lets them; between
/// two, they rest while the training loss is evaluated, and the clock of the record stands still.
///
/// **Concurrency:** one thread runs an engine; ``interrupt()`` may be called from any.
///
/// **Determinism:** bit-exact under `barrier` and `sequential` for equal seed and number of workers;
/// statistical under the others.
public final class ThreadEngine<Scalar: ModelScalar>: @unchecked Sendable {
  // Invariant behind @unchecked: everything but the interrupt flag and the clocks is touched by the
  // thread that calls `run` only, or by workers that it has joined.

  /// How far a run is.
  public struct Progress: Sendable {
    /// The number of updates made.
    public var updates: Int
    /// The number of updates to make.
    public var total: Int
    /// The latest training loss.
    public var loss: Double?
  }

  /// What came of a run.
  public struct Outcome: Sendable {
    /// The parameters at the end, `[n]`.
    public var parameters: [Scalar]
    /// How it ended.
    public var status: RunStatus
    /// The number of updates made.
    public var updates: Int
    /// The number of examples processed; shared minibatches count once.
    public var samples: Int
    /// The time the workers ran.
    public var wallSeconds: Double
    /// The processor time of the process while they ran.
    public var cpuSeconds: Double
    /// The losses.
    public var loss: LossRecord
    /// How stale the views were.
    public var staleness: StalenessRecord
    /// Shard copies made and torn.
    public var tornViews: TornViewsRecord
    /// Each worker's share.
    public var workers: [WorkerRecord]
    /// Every iteration, in nanoseconds since the first began; `nil` unless asked for.
    public var trace: Trace?
  }

  private let model: any Objective<Scalar>
  private let configuration: EngineConfiguration
  private let pool: WorkerPool
  private let topology: Topology
  private let placement: PlacementPlan
  let shared: SharedRun<Scalar>
  /// The model, where it is updated in place.
  private let inPlace: (any InPlaceObjective<Scalar>)?
  private let isInterrupted = Atomic<Bool>(false)
  private let workers: WorkerRoster

  /// Creates an engine.
  ///
  /// - Parameters:
  ///   - model: what is trained.
  ///   - configuration: how.
  ///   - topology: the machine.
  ///   - placement: where the workers go; as many as the configuration has.
  /// - Throws: ``ConfigurationError`` or ``DataError`` for what doesn't go together.
  public convenience init(
    model: any Objective<Scalar>, configuration: EngineConfiguration, topology: Topology,
    placement: PlacementPlan
  ) throws {
    try self.init(
      model: model, configuration: configuration, topology: topology, placement: placement,
      probe: nil)
  }

  package init(
    model: any Objective<Scalar>, configuration: EngineConfiguration, topology: Topology,
    placement: PlacementPlan, probe: EngineProbe?
  ) throws {
    try configuration.check(model, on: .threads)
    self.model = model
    self.configuration = configuration
    self.placement = placement
    self.topology = topology
    inPlace = Self.inPlaceModel(model, configuration)
    let scalarBytes = MemoryLayout<Scalar>.stride
    let shards = min(configuration.workers, model.parameterCount)
    // The same shards either way: in place, parameter i stands at offset i, without padding.
    let layout =
      inPlace == nil
      ? ShardLayout.even(
        parameterCount: model.parameterCount, shards: shards, scalarBytes: scalarBytes)
      : ShardLayout.contiguous(
        parameterCount: model.parameterCount, shards: shards, scalarBytes: scalarBytes)
    // Whoever shares a processing unit must not burn it while the other one could work.
    let spin: UInt64 = placement.oversubscribed ? 0 : Self.spinNanoseconds
    let clocks = AtomicClocks(workers: configuration.workers, spinNanoseconds: spin)
    let rules = configuration.policy.rules(of: configuration.workers)
    clocks.waitsAreForEveryone = Admission.waitsAreForEveryone(rules)
    shared = SharedRun(
      model: model, configuration: configuration,
      parameters: SharedParameters(
        layout: layout, stateVectors: configuration.optimizer.statePerParameter),
      clocks: clocks, rules: rules, probe: probe)
    pool = WorkerPool(
      workers: configuration.workers, topology: topology, placements: placement.placements)
    workers = WorkerRoster(count: configuration.workers)
  }

  /// How long a worker spins before it parks: about what parking and waking cost together, so that
  /// waiting never costs more than twice the best choice.
  public static var spinNanoseconds: UInt64 { 50_000 }

  /// Asks the run to end soon, with what there is.
  public func interrupt() {
    isInterrupted.store(true, ordering: .sequentiallyConsistent)
    shared.clocks.stop()
  }

  /// Asks all workers to rest at once, after which the run goes on.
  ///
  /// Any thread may ask. Under `barrier` and `sequential` it makes no difference to the results.
  func rest() { shared.clocks.stop() }

  /// Runs to the end.
  ///
  /// - Parameter progress: called on the calling thread, at most every 100 ms.
  /// - Throws: the first error of a worker, after all have ended and nothing is left bound.
  public func run(progress: (Progress) -> Void = { _ in }) throws -> Outcome {
    let losses = LossCourse(model, configuration)
    let snapshot = UnsafeMutablePointer<Scalar>.allocate(capacity: model.parameterCount)
    snapshot.initialize(repeating: 0, count: model.parameterCount)
    defer { snapshot.deallocate() }
    configuration.initialize(snapshot, of: model)
    try prepareWorkers(from: snapshot)

    var state = RunState(losses: losses)
    let checkpoints = configuration.checkpoints
    let isResumed =
      try checkpoints?.restore { archive throws(CheckpointError) in
        try transfer(archive, &state)
      } ?? false
    var status = isResumed ? nil : losses.begin(at: snapshot)
    var updates = completedUpdates
    let budget = configuration.budget
    // A run that was interrupted after its last update still lacks its last look.
    while status == nil, updates < configuration.updates || losses.latestUpdate != updates {
      let look = losses.nextLook(after: losses.latestUpdate ?? 0)
      let pause = min(configuration.updates, budget.pausePoint(atOrAfter: look))
      let next = min(pause, shared.observations?.pause(after: updates) ?? pause)
      if updates < next {
        let cpuBefore = Self.processorSeconds()
        let stretch = try runStretch(from: updates, to: next) { done in
          progress(Progress(updates: done, total: configuration.updates, loss: losses.latestLoss))
          if let checkpoints, checkpoints.isDue { rest() }
        }
        state.cpu += Self.processorSeconds() - cpuBefore
        state.wall += stretch.wallNanoseconds
      }
      updates = completedUpdates
      shared.observations?.handOver { isInterrupted.load(ordering: .acquiring) }
      let hasBeenInterrupted = isInterrupted.load(ordering: .acquiring)
      // Before the loss is looked at: a run that is not interrupted here takes no look of its own.
      if let checkpoints, losses.canBeSaved, hasBeenInterrupted || checkpoints.isDue {
        try checkpoints.save(updates: updates) { archive throws(CheckpointError) in
          try transfer(archive, &state)
        }
      }
      // Where the workers paused for the observer or a checkpoint only, no loss is due.
      guard updates >= pause || hasBeenInterrupted else { continue }
      shared.parameters.copyAll(into: snapshot)
      let ending = losses.look(at: snapshot, update: updates, time: Double(state.wall) * 1e-9)
      progress(
        Progress(updates: updates, total: configuration.updates, loss: losses.latestLoss))
      status = hasBeenInterrupted ? .interrupted : ending
    }
    shared.parameters.copyAll(into: snapshot)
    let ending = status ?? .completed
    return outcome(
      parameters: Array(UnsafeBufferPointer(start: snapshot, count: model.parameterCount)),
      status: ending, updates: updates, wallSeconds: Double(state.wall) * 1e-9,
      cpuSeconds: state.cpu,
      loss: losses.conclude(at: snapshot, ending))
  }

  /// What the thread that runs the engine keeps.
  private struct RunState {
    let losses: LossCourse<Scalar>
    /// The time that the workers ran, in nanoseconds, and the processors' meanwhile, in seconds.
    var wall: UInt64 = 0
    var cpu = 0.0
  }

  /// Transfers the state of the run while the workers rest.
  private func transfer(
    _ archive: StateArchive, _ state: inout RunState
  ) throws(CheckpointError) {
    try archive.number("wallNanoseconds", &state.wall)
    try archive.number("processorSeconds", &state.cpu)
    try archive.part("losses", state.losses)
    try archive.part("shared", shared.parameters)
    for (index, worker) in workers.all.enumerated() {
      try archive.part("worker.\(index)", worker)
    }
  }

  /// Makes the workers' buffers and writes each shard's first parameters, on the pinned threads: the
  /// pages of a shard come to lie where its owner runs.
  private func prepareWorkers(from parameters: UnsafeMutablePointer<Scalar>) throws {
    nonisolated(unsafe) let parameters = UnsafePointer(parameters)
    let workers = workers
    let shared = shared
    let inPlace = inPlace
    let topology = topology
    let placement = placement
    _ = try pool.run(onFailure: {}, whileRunning: {}) { index in
      if index < shared.parameters.layout.shardCount {
        if let node = placement.placements[index].numaNode {
          let storage = shared.parameters.storage(ofShard: index)
          if let base = storage.baseAddress {
            // First touch by the pinned owner places the pages already; a container may refuse more.
            _ = try? topology.bindMemory(at: base, byteCount: storage.count, toNUMANode: node)
          }
        }
        shared.parameters.initializeShard(index, from: parameters)
      }
      workers[index] =
        inPlace.map { Worker(shared, InPlaceStore(shared, $0, index: index), index: index) }
        ?? Worker(shared, ViewStore(shared, index: index), index: index)
    }
    if shared.isJoint { for worker in workers.all { worker.join(workers.all) } }
  }

  /// Lets the workers make the updates from one count to another.
  private func runStretch(
    from first: Int, to last: Int, progress: (Int) -> Void
  ) throws -> WorkerPool.Stretch {
    let budget = configuration.budget
    let clocks = shared.clocks
    let count = configuration.workers
    clocks.clearStop()
    if isInterrupted.load(ordering: .sequentiallyConsistent) { clocks.stop() }
    let source = UpdateCounter(updates: first..<last)
    // A chunk is claimed with one atomic operation; small enough that all workers get their share.
    let isOneByOne = inPlace == nil || configuration.minibatches != nil
    let chunk = isOneByOne ? 1 : max(1, min(64, (last - first) / (count * 16)))
    for index in 0..<count { clocks.reset(index, to: workers[index]?.clock ?? 0) }
    shared.observations?.prepare(updates: last - first)
    let workers = workers
    let stretch = try pool.run(
      onFailure: { clocks.stop() },
      whileRunning: { progress(completedUpdates(clocks: clocks)) }
    ) { index in
      guard let worker = workers[index] else { return }
      let quota =
        budget.isDealt
        ? WorkerQuota(of: WorkerID(index), dealtBy: budget, until: last)
        : WorkerQuota(of: WorkerID(index), claimedFrom: source, chunk: chunk, budget: budget)
      // Nobody waits for a worker any more that has used up its quota or failed. In a run that is stopped
      // everybody gives up waiting: a step that this worker has not computed is not made without it.
      defer { if !clocks.isStopped { clocks.finish(index, at: worker.clock) } }
      try worker.run(quota)
    }
    // A stop may come when some have seen that all gradients of a step are ready and others not yet.
    let most = workers.all.map(\.clock).max() ?? 0
    for worker in workers.all { worker.settle(isMade: worker.clock < most) }
    return stretch
  }

  private var completedUpdates: Int {
    let clocks = workers.all.map(\.clock)
    return shared.isJoint ? clocks.min() ?? 0 : clocks.reduce(0, +)
  }

  /// The number of updates by the published clocks, while the workers run.
  private func completedUpdates(clocks: AtomicClocks) -> Int {
    var sum = 0
    for index in 0..<clocks.count {
      if shared.isJoint { return clocks.completed(index) }
      sum += clocks.completed(index)
    }
    return sum
  }

  private func outcome(
    parameters: [Scalar], status: RunStatus, updates: Int, wallSeconds: Double,
    cpuSeconds: Double, loss: LossRecord
  ) -> Outcome {
    let present = workers.all
    var staleness = StalenessHistogram()
    for worker in present { staleness.add(worker.telemetry.staleness) }
    let copies = present.compactMap(\.copies)
    let hasViews = copies.count == present.count
    return Outcome(
      parameters: parameters, status: status, updates: updates,
      samples: configuration.samples(counted: present.map(\.samples).reduce(0, +)),
      wallSeconds: wallSeconds, cpuSeconds: cpuSeconds, loss: loss,
      staleness: staleness.record(
        sampledEvery: WorkerTelemetry.sampledEvery(present.map(\.telemetry))),
      tornViews: TornViewsRecord(
        reads: hasViews ? copies.map(\.reads).reduce(0, +) : nil,
        torn: hasViews ? copies.map(\.torn).reduce(0, +) : nil),
      workers: present.enumerated().map { $1.telemetry.record(worker: $0) },
      trace: configuration.recordsTrace ? trace(updates: updates) : nil)
  }

  /// What the workers noted down.
  private func trace(updates: Int) -> Trace {
    let isJoint = shared.isJoint
    let header = Trace.Header(
      engine: EngineChoice.threads.rawValue, policy: configuration.policy.specification,
      decomposition: configuration.decomposition.rawValue, workers: configuration.workers,
      shards: shared.parameters.layout.shardCount, isJoint: isJoint,
      isDealt: configuration.budget.isDealt, updates: updates, timeUnit: "ns",
      torn: workers.all.compactMap { $0.copies?.torn }.reduce(0, +))
    let ticks = workers.all.enumerated().flatMap { index, worker in
      worker.trace?.events(of: index) { Double($0) } ?? []
    }
    let origin = ticks.map(\.start).min() ?? 0
    let events = ticks.map { event in
      var event = event
      event.start -= origin
      event.compute -= origin
      event.ready = event.ready.map { $0 - origin }
      event.apply = event.apply.map { $0 - origin }
      event.end = event.end.map { $0 - origin }
      return event
    }
    return Trace(header: header, events: events)
  }

  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
