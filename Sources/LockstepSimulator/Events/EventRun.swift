import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry

/// One run of the event loop.
///
/// The tables are indexed by workers' numbers and live as long as the run.
///
/// **Concurrency:** used by one thread; it lets others compute gradients while it waits.
final class EventRun<Scalar: ModelScalar>: SimulatedRun<Scalar> {
  let law: ServiceLaw
  let isJoint: Bool
  /// Whether the updates of one clock are made together: no worker's before all gradients are ready.
  let joinsSteps: Bool
  /// The number of updates between two looks at the parameters for the ensemble.
  let round: Int

  @exclusivity(unchecked) var now: UInt64 = 0
  @exclusivity(unchecked) var deadCount = 0
  @exclusivity(unchecked) var stalled: StallRecord?
  /// What is noted down for a trace; `nil` for nothing.
  let trace: EventTrace?
  /// Who picks the order; `nil` for the durations.
  let adversary: Adversary?
  /// What befalls workers; `nil` for nothing.
  let faults: FaultTable?
  /// What reads and updates are doing where they take time; `nil` where they are instants.
  let phases: PhaseTable<Scalar>?
  /// For each worker, how many iterations were begun before its present one, −1 between two; empty
  /// where nothing depends on it.
  let places: Table<Int>
  let hasPlaces: Bool
  @exclusivity(unchecked) var begun = 0

  @exclusivity(unchecked) var heap: EventHeap
  @exclusivity(unchecked) var completed: ClockBook
  @exclusivity(unchecked) var computed: ClockBook
  @exclusivity(unchecked) var batch: WorkerBatch
  @exclusivity(unchecked) var queue: WorkerQueue
  /// The parameters.
  let store: VersionStore<Scalar>
  /// Whether each shard has versions of its own; else the vector has one.
  let isInParts: Bool

  let states: Table<WorkerState>
  /// What each worker has to wait for before it reads, and before it applies.
  let starts: Table<ClockCondition>
  let applies: Table<ClockCondition>
  let ahead: GradientsAhead<Scalar>?
  let average: Table<Scalar>

  /// The most versions of shards that were held at once.
  var peakBuffers: Int { store.peak }

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
  ///   - isFirst: whether it is the first replica; the others share the host's threads.
  init(
    model: any Objective<Scalar>, configuration: EngineConfiguration, law: ServiceLaw,
    phaseLaws: PhaseLaws, plan: EnsemblePlan, isFirst: Bool
  ) {
    let (workers, count) = (configuration.workers, model.parameterCount)
    let budget = configuration.budget
    let isBlocks = configuration.decomposition == .blocks
    let rules = configuration.policy.rules(of: workers)
    precondition(
      rules.allSatisfy { $0.joinsSteps || $0.apply.subject == .nobody },
      "an update waits to be applied where steps are joined, and nowhere else")
    self.law = law
    adversary = law.adversary
    round = plan.round
    isJoint = budget.isJoint
    joinsSteps = rules[0].joinsSteps

    let isCut = isBlocks || phaseLaws.takeTime
    let shards =
      isCut
      ? ShardLayout.even(
        parameterCount: count, shards: min(workers, count), scalarBytes: MemoryLayout<Scalar>.stride
      ).ranges : [0..<count]
    isInParts = isCut && !budget.isJoint
    store = VersionStore(
      isInParts ? shards : [0..<count], hasNumbers: isInParts,
      instantViews: isBlocks && !phaseLaws.takeTime ? workers : 0)
    let largest = isBlocks ? shards[0].count : count
    phases =
      phaseLaws.takeTime
      ? PhaseTable(
        laws: phaseLaws,
        views: isInParts
          ? ShardViews(
            of: store, workers: workers, notesStaleness: isBlocks && !rules[0].joinsSteps) : nil,
        shardCount: shards.count, workers: workers, largest: isInParts ? largest : 0,
        isExclusive: rules[0].access == .exclusive) : nil
    trace =
      configuration.recordsTrace && isFirst
      ? EventTrace(
        workers: workers, ownsShards: isBlocks || budget.isJoint,
        shards: phaseLaws.takeTime ? shards.count : 1) : nil

    hasPlaces =
      configuration.feed(exampleCount: model.trainingCount).asksForOrder
    places = Table(repeating: -1, count: hasPlaces ? workers : 0)
    starts = Table(rules.map(\.start))
    applies = Table(rules.map(\.apply))
    states = Table(repeating: WorkerState(), count: workers)
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
    average = Table(repeating: 0, count: isJoint ? count : 0)
    let threads = isFirst ? min(max(1, configuration.hostThreads), workers) : 1
    ahead =
      threads > 1 && Self.weight(of: model, configuration) >= Self.parallelCost
      ? GradientsAhead(
        (0..<threads).map { _ in
          GradientLane(model: model, configuration: configuration)
        }, workers: workers, largest: largest) : nil
    super.init(model: model, configuration: configuration, plan: plan)
  }

  override func start(replica: Int, total: Int) {
    super.start(replica: replica, total: total)
    store.write(snapshot.base)
  }

  /// Evaluates the first parameters and lets everybody go on who may start at time 0.
  override func begin() {
    super.begin()
    for worker in 0..<workers {
      states[worker].share =
        budget.isDealt || isJoint
        ? budget.iterations(of: WorkerID(worker), within: total) : Int.max
    }
    guard status == nil else { return }
    scheduleFaults()
    admitAll()
  }

  // Of a round that is applied together, only the first update is shown.
  override var shownRound: Int { round }

  override func nextLook(_ losses: LossCourse<Scalar>) -> Int {
    let wanted = losses.nextLook(after: updates)
    return wanted >= total ? total : budget.pausePoint(atOrAfter: wanted)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  override func advance() -> Bool { carryOutEvents() }

  override func goOn() {
    super.goOn()
    drainQueue()
  }

  override func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try super.transfer(archive)
    try archive.number("now", &now)
    try archive.number("dead", &deadCount)
    try archive.number("begun", &begun)
    try archive.table("places", places)
    try archive.part("store", store)
    try archive.workers(states, versions: store.peak)
    try archive.part("events", &heap)
    // Faults stand there as events of negative workers.
    let faultCount = Int32(faults?.faults.count ?? 0)
    try archive.require(heap.isOnly(of: -faultCount..<Int32(workers)), "events.workers")
    try archive.part("completed", &completed)
    try archive.part("computed", &computed)
    try archive.part("queue", &queue)
    try archive.table("average", average)
    if let faults { try archive.part("faults", faults) }
    if let phases { try archive.part("phases", phases) }
  }

  override func readParameters() { store.copyNewest(into: snapshot.base) }

  // MARK: What came of it

  /// The virtual time, in the law's unit.
  var virtualTime: Double { Self.units(now) }

  static func units(_ ticks: UInt64) -> Double {
    Double(ticks) / Double(ServiceLaw.ticksPerUnit)
  }

  override var time: Double? { virtualTime }

  override var tornViews: TornViewsRecord {
    if let views = phases?.views { return TornViewsRecord(reads: views.reads, torn: views.torn) }
    return TornViewsRecord(reads: reads * (isBlocks ? workers : phases?.shardCount ?? 1), torn: 0)
  }

  override func record(of worker: Int) -> WorkerRecord {
    let state = states[worker]
    return WorkerRecord(
      worker: worker, updates: state.clock, computeSeconds: Self.units(state.computed),
      readSeconds: Self.units(phases?.states[worker].read ?? 0),
      applySeconds: Self.units(phases?.states[worker].applied ?? 0),
      waitSeconds: Self.units(state.waited), parks: 0)
  }

  override func outcome() -> SimulationOutcome<Scalar> {
    var outcome = super.outcome()
    outcome.stall = stalled
    if let trace {
      let header = Trace.Header(
        engine: EngineChoice.virtual.rawValue, policy: configuration.policy.specification,
        decomposition: configuration.decomposition.rawValue, workers: workers,
        shards: trace.shardCount, isJoint: isJoint, isDealt: budget.isDealt, updates: updates,
        timeUnit: "unit", torn: Int(outcome.tornViews.torn ?? 0))
      outcome.trace = Trace(header: header, events: trace.wholeEvents)
    }
    return outcome
  }
}
