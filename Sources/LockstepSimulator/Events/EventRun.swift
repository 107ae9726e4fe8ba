import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry

/// One run of the event loop.
///
/// The tables are unsafe memory, indexed by workers' numbers, for the sake of the loop's speed; they
/// live as long as the run.
///
/// **Concurrency:** used by one thread; it lets others compute gradients while it waits.
final class EventRun<Model: Objective> {
  typealias Scalar = Model.Scalar

  let model: Model
  let configuration: EngineConfiguration
  let law: ServiceLaw
  let budget: UpdateBudget
  let workers: Int
  let isBlocks: Bool
  let isJoint: Bool
  /// Whether the updates of one clock are made together: no worker's before all gradients are ready.
  let joinsSteps: Bool
  let seed: UInt64
  let total: Int
  /// Whether losses and staleness are told of.
  let isObserved: Bool
  /// The number of updates between two looks at the parameters for the ensemble.
  let round: Int
  /// What has been added up for it.
  @exclusivity(unchecked) var ensemble: EnsembleAccumulator

  // One thread at a time runs a run, so its fields need no run-time check for overlapping access.
  @exclusivity(unchecked) var now: UInt64 = 0
  @exclusivity(unchecked) var updates = 0
  @exclusivity(unchecked) var nextPause = 0
  @exclusivity(unchecked) var status: RunStatus?
  @exclusivity(unchecked) var hasOverflowed = false
  @exclusivity(unchecked) var deadCount = 0
  @exclusivity(unchecked) var stalled: StallRecord?
  /// What is noted down for a trace; `nil` for nothing.
  let trace: EventTrace?
  /// Who is shown updates; `nil` for nobody.
  let watch: StepWatch<Scalar>?
  /// The next update to be shown; `Int.max` for none.
  @exclusivity(unchecked) var nextShown = Int.max
  /// Who picks the order; `nil` for the durations.
  let adversary: Adversary?
  /// What befalls workers; `nil` for nothing.
  let faults: FaultTable?
  /// What reads and updates are doing where they take time; `nil` where they don't.
  let phases: PhaseTable<Scalar>?
  @exclusivity(unchecked) var reads = 0
  /// For each worker, how many iterations were begun before its present one, −1 between two; `nil`
  /// where nothing depends on it.
  let places: UnsafeMutablePointer<Int>?
  @exclusivity(unchecked) var begun = 0
  @exclusivity(unchecked) var samples = 0

  @exclusivity(unchecked) var heap: EventHeap
  @exclusivity(unchecked) var completed: ClockBook
  @exclusivity(unchecked) var computed: ClockBook
  @exclusivity(unchecked) var batch: WorkerBatch
  @exclusivity(unchecked) var queue: WorkerQueue
  @exclusivity(unchecked) var vector: VersionedVector<Scalar>
  /// The shards in `blocks`, where reading and applying take no time.
  let shards: VersionedShards<Scalar>?
  @exclusivity(unchecked) var staleness = StalenessCounts()

  let states: UnsafeMutablePointer<WorkerState>
  /// What each worker has to wait for before it reads, and before it applies.
  let starts: UnsafeMutablePointer<ClockCondition>
  let applies: UnsafeMutablePointer<ClockCondition>
  let lane: GradientLane<Model>
  let ahead: GradientsAhead<Model>?
  let average: UnsafeMutablePointer<Scalar>?
  let optimizer: Optimizer<Scalar>
  let optimizerState: OptimizerState<Scalar>
  let snapshot: UnsafeMutablePointer<Scalar>
  /// The losses; `nil` for a replica beside the first.
  let losses: LossCourse<Model.Scalar>?
  /// The number of events between two looks at the outside world.
  let burst: Int

  /// The latest training loss.
  var latestLoss: Double? { losses?.latestLoss }

  /// The most buffers of shards that were in use at once.
  var peakBuffers: Int { phases?.shards?.peak ?? shards?.peak ?? vector.peak }

  /// The cost of a gradient, in parameters times examples, from which on threads are worth it.
  static var parallelCost: Int { 16_384 }

  /// Makes the tables of a run.
  ///
  /// - Parameters:
  ///   - model: what is trained.
  ///   - configuration: how.
  ///   - law: the law of durations.
  ///   - phaseLaws: the laws of reading and applying, where they take time.
  ///   - plan: what an ensemble of such runs is averaged over.
  ///   - replica: which of its replicas this is; all but the first have a seed of their own and take
  ///     no points of the loss curve.
  ///   - total: the number of updates to make.
  init(
    model: Model, configuration: EngineConfiguration, law: ServiceLaw,
    phaseLaws: PhaseLaws = PhaseLaws(), plan: EnsemblePlan, replica: Int = 0, total: Int
  ) {
    var configuration = configuration
    configuration.seed = EnsembleReplicas.seed(of: replica, ofRun: configuration.seed)
    if replica > 0 { configuration.hostThreads = 1 }
    isObserved = replica == 0
    ensemble = EnsembleAccumulator(plan: plan)
    round = plan.round
    self.model = model
    self.configuration = configuration
    self.law = law
    adversary = law.adversary
    self.total = total
    budget = configuration.budget
    workers = configuration.workers
    trace =
      configuration.recordsTrace && replica == 0
      ? EventTrace(
        workers: configuration.workers,
        ownsShards: configuration.decomposition == .blocks || configuration.budget.isJoint,
        shards: configuration.takesPhases
          ? min(configuration.workers, model.parameterCount) : 1) : nil
    isBlocks = configuration.decomposition == .blocks
    isJoint = budget.isJoint
    seed = configuration.seed
    let count = model.parameterCount

    let rules = configuration.policy.rules(of: workers)
    joinsSteps = rules[0].joinsSteps
    precondition(
      rules.allSatisfy { $0.joinsSteps || $0.apply.subject == .nobody },
      "an update waits to be applied where steps are joined, and nowhere else")
    func allocate<Element>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
      let pointer = UnsafeMutablePointer<Element>.allocate(capacity: values.count)
      pointer.initialize(from: values, count: values.count)
      return pointer
    }
    places =
      configuration.feed(exampleCount: model.trainingCount).asksForOrder
      ? allocate([Int](repeating: -1, count: workers)) : nil
    starts = allocate(rules.map(\.start))
    applies = allocate(rules.map(\.apply))
    // A state is a cache line, and of many workers each event finds another one cold.
    states = LargeMemory.allocate(byteCount: workers * MemoryLayout<WorkerState>.stride)
      .bindMemory(to: WorkerState.self, capacity: workers)
    states.initialize(repeating: WorkerState(), count: workers)
    let conditions = rules.flatMap { [$0.start, $0.apply] }.filter { $0.subject != .nobody }
    completed = ClockBook(
      workers: workers, conditions: conditions.filter { $0.counter == .completed })
    computed = ClockBook(
      workers: workers, conditions: conditions.filter { $0.counter == .computed })
    heap = EventHeap(capacity: workers + FaultTable.extraEvents(configuration.faults))
    faults =
      configuration.faults.isEmpty ? nil : FaultTable(configuration.faults, workers: workers)
    batch = WorkerBatch(workers: workers)
    queue = WorkerQueue(workers: workers)

    snapshot = allocate([Scalar](repeating: 0, count: count))
    configuration.initialize(snapshot, of: model)
    var largest = count
    phases = Self.phases(
      phaseLaws, configuration, rules[0], isJoint: isJoint, from: snapshot, count: count)
    if isBlocks, phases == nil {
      let layout = ShardLayout.even(
        parameterCount: count, shards: workers, scalarBytes: MemoryLayout<Scalar>.stride)
      largest = layout.ranges.map(\.count).max() ?? 1
      shards = VersionedShards(layout: layout, from: snapshot)
    } else {
      shards = nil
    }
    vector = VersionedVector(count: isBlocks || phases?.shards != nil ? 0 : count, from: snapshot)

    optimizer = Optimizer(
      configuration.optimizer, rate: configuration.learningRate, schedule: configuration.schedule,
      updates: configuration.updates)
    let stateVectors = configuration.optimizer.statePerParameter
    let zeros = [Scalar](repeating: 0, count: count)
    optimizerState = OptimizerState(
      first: stateVectors > 0 ? allocate(zeros) : nil,
      second: stateVectors > 1 ? allocate(zeros) : nil)
    average = isJoint ? allocate(zeros) : nil
    watch =
      replica == 0
      ? configuration.observer.map { [optimizer, optimizerState, budget] observer in
        StepWatch(
          observer, configuration, budget: budget, round: plan.round,
          exampleCount: model.trainingCount, count: count, state: optimizerState,
          optimizer: optimizer)
      } : nil
    nextShown = watch?.next ?? Int.max

    let batchSize = model.trainingCount == 0 ? 1 : max(1, configuration.batch)
    let cost = count.multipliedReportingOverflow(by: batchSize)
    let weight = cost.overflow ? Int.max : cost.partialValue
    // Whoever is shown an update may take their time over it.
    let patience = watch == nil ? 4096 : min(4096, configuration.observer?.every ?? 4096)
    burst = max(1, min(patience, 4_000_000 / max(1, weight)))
    let threads = min(max(1, configuration.hostThreads), workers)
    lane = GradientLane(model: model, configuration: configuration)
    if threads > 1, weight >= Self.parallelCost {
      let others = (1..<threads).map { _ in
        GradientLane(model: model, configuration: configuration)
      }
      ahead = GradientsAhead([lane] + others, workers: workers, largest: largest)
    } else {
      ahead = nil
    }
    losses = replica == 0 ? LossCourse(model, configuration) : nil
  }

  deinit {
    heap.deallocate()
    faults?.deallocate()
    completed.deallocate()
    computed.deallocate()
    batch.deallocate()
    queue.deallocate()
    vector.deallocate()
    staleness.deallocate()
    states.deallocate()
    places?.deallocate()
    starts.deallocate()
    applies.deallocate()
    average?.deallocate()
    optimizerState.first?.deallocate()
    optimizerState.second?.deallocate()
    snapshot.deallocate()
  }
}
