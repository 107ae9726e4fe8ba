import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry

/// One replica of a simulation, and everything that doesn't depend on how time goes in it: the rule and
/// its state, the gradients, the losses, and what is counted, shown and averaged.
///
/// A subclass has the parameters and moves them on: ``EventRun`` event by event, the delay-driven runs
/// round by round.
///
/// **Concurrency:** used by one thread at a time, so its fields need no run-time check for overlapping
/// access.
class SimulatedRun<Scalar: ModelScalar>: Archivable {
  final let model: any Objective<Scalar>
  final let configuration: EngineConfiguration
  final let plan: EnsemblePlan
  final let budget: UpdateBudget
  final let workers: Int
  /// The number of parameters `n`.
  final let count: Int
  final let isBlocks: Bool
  final let optimizer: Optimizer<Scalar>
  final let optimizerState: OptimizerState<Scalar>
  final let lane: GradientLane<Scalar>
  /// A copy of parameters: the first ones at the start, whichever are looked at later on.
  final let snapshot: Table<Scalar>
  /// The number of updates or rounds between two looks at the outside world.
  final let burst: Int

  @exclusivity(unchecked) final private(set) var seed: UInt64 = 0
  /// The number of updates to make.
  @exclusivity(unchecked) final private(set) var total = 0
  /// Whether losses and staleness are told of, and updates shown.
  @exclusivity(unchecked) final private(set) var isObserved = false
  @exclusivity(unchecked) final var updates = 0
  /// The number of examples processed.
  @exclusivity(unchecked) final var samples = 0
  /// The number of views read.
  @exclusivity(unchecked) final var reads = 0
  @exclusivity(unchecked) final var status: RunStatus?
  @exclusivity(unchecked) final var hasOverflowed = false
  /// The number of updates at the next point of the loss curve.
  @exclusivity(unchecked) final var nextPause = Int.max
  @exclusivity(unchecked) final var staleness: StalenessCounts
  /// What has been added up for the ensemble.
  @exclusivity(unchecked) final var ensemble: EnsembleAccumulator
  /// The losses; `nil` for a replica beside the first.
  @exclusivity(unchecked) final private(set) var losses: LossCourse<Scalar>?
  /// Who is shown updates; `nil` for nobody.
  @exclusivity(unchecked) final private(set) var watch: StepWatch<Scalar>?
  /// The next update to be shown; `Int.max` for none.
  @exclusivity(unchecked) final var nextShown = Int.max

  /// Whether a look was given up for an interruption.
  private var isLookDue = false
  private let copies: Int
  private let stateTable: Table<Scalar>

  /// Makes the tables.
  ///
  /// - Parameters:
  ///   - model: what is trained.
  ///   - configuration: how.
  ///   - plan: what an ensemble of such runs is averaged over.
  ///   - copies: the number of copies of the optimiser's state.
  ///   - largestStaleness: no staleness is above it; `nil` where that isn't known.
  init(
    model: any Objective<Scalar>, configuration: EngineConfiguration, plan: EnsemblePlan,
    copies: Int = 1, largestStaleness: Int? = nil
  ) {
    self.model = model
    self.configuration = configuration
    budget = configuration.budget
    self.plan = plan
    self.copies = copies
    workers = configuration.workers
    count = model.parameterCount
    isBlocks = configuration.decomposition == .blocks
    snapshot = Table(repeating: 0, count: count)
    optimizer = Optimizer(
      configuration.optimizer, rate: configuration.learningRate, schedule: configuration.schedule,
      updates: configuration.updates)
    let vectors = configuration.optimizer.statePerParameter
    let stride = count * copies
    stateTable = Table(capacity: vectors * stride)
    optimizerState = OptimizerState(
      first: vectors > 0 ? stateTable.base : nil,
      second: vectors > 1 ? stateTable.base + stride : nil)
    lane = GradientLane(model: model, configuration: configuration)
    staleness = StalenessCounts(largest: largestStaleness)
    ensemble = EnsembleAccumulator(plan: plan)
    // Whoever is shown an update may take their time over it.
    burst = max(
      1,
      min(
        4096, configuration.observer?.every ?? 4096,
        configuration.checkpoints?.longestBurst ?? 4096,
        4_000_000 / max(1, Self.weight(of: model, configuration))))
  }

  /// The cost of a gradient, in parameters times examples.
  final class func weight(of model: some Objective, _ configuration: EngineConfiguration) -> Int {
    let batch = model.trainingCount == 0 ? 1 : max(1, configuration.batch)
    let (cost, overflow) = model.parameterCount.multipliedReportingOverflow(by: batch)
    return overflow ? .max : cost
  }

  /// Becomes a replica at its start: its first parameters in the snapshot, no state, nothing counted.
  ///
  /// - Parameters:
  ///   - replica: which of them; all but the first have a seed of their own, take no points of the
  ///     loss curve and show nothing.
  ///   - total: the number of updates to make.
  func start(replica: Int, total: Int) {
    seed = EnsembleReplicas.seed(of: replica, ofRun: configuration.seed)
    self.total = total
    isObserved = replica == 0
    (updates, samples, reads, status, nextPause) = (0, 0, 0, nil, Int.max)
    configuration.initialize(snapshot.base, of: model, seed: seed)
    stateTable.fill(with: 0)
    lane.start(seed: seed)
    if isObserved {
      staleness.reset()
      losses = LossCourse(model, configuration)
      watch = configuration.observer.map { observer in
        StepWatch(
          observer, configuration, round: shownRound, exampleCount: model.trainingCount,
          count: count, state: optimizerState, optimizer: optimizer)
      }
      nextShown = watch?.next ?? Int.max
    }
  }

  // MARK: What a subclass has

  /// Makes some updates.
  ///
  /// - Returns: false when the run has ended.
  func advance() -> Bool { fatalError("a run moves on") }

  /// Copies the newest parameters to the snapshot.
  func readParameters() { fatalError("a run has parameters") }

  /// The number of updates of a round of which only the first is shown.
  var shownRound: Int { 1 }

  /// The number of updates at the next point of the loss curve.
  func nextLook(_ losses: LossCourse<Scalar>) -> Int { fatalError("a run looks at its loss") }

  /// The virtual time; `nil` where no time passes.
  var time: Double? { nil }

  /// Copies of shards, and those during which the shard was being updated.
  var tornViews: TornViewsRecord { TornViewsRecord(reads: reads, torn: 0) }

  /// A worker's share.
  func record(of worker: Int) -> WorkerRecord { fatalError("a run has workers") }

  // MARK: Along the way

  /// Whether there is something left to do.
  @inline(__always)
  final var isGoingOn: Bool { status == nil && updates < total && !hasOverflowed }

  /// The latest training loss.
  final var latestLoss: Double? { losses?.latestLoss }

  /// Evaluates the first parameters.
  func begin() {
    ensemble.begin()
    ensemble.record(update: 0, parameters: UnsafePointer(snapshot.base), count: count)
    status = losses?.begin(at: snapshot.base)
    setNextPause()
  }

  /// Takes a point of the loss curve; virtual time stands still.
  ///
  /// Where it is given up for an interruption, the run stands where it is.
  @inline(never)
  final func pause() {
    evaluate()
    guard losses?.isGivenUp != true else { return status = .interrupted }
    setNextPause()
  }

  /// Whether the first loss was evaluated, without which a run cannot go on from a checkpoint.
  final var canBeSaved: Bool { losses?.canBeSaved ?? false }

  /// Goes on from a state that has been restored: takes the look that was given up, if one was.
  func goOn() {
    guard isLookDue else { return }
    isLookDue = false
    pause()
  }

  /// Ends the run where it is.
  final func end(_ ending: RunStatus) {
    evaluate()
    status = ending
  }

  private func setNextPause() { nextPause = losses.map { min(total, nextLook($0)) } ?? Int.max }

  private func evaluate() {
    readParameters()
    status = losses?.look(at: snapshot.base, update: updates, time: time ?? 0) ?? status
  }

  /// Updates a shard along a gradient: the one place where the parameters move, but for messages.
  ///
  /// Plain descent goes from one version to the next in one pass.
  ///
  /// - Parameters:
  ///   - shard: the shard.
  ///   - store: where it is.
  ///   - gradient: its gradient.
  ///   - step: the number of this update of the shard, from 1.
  ///   - number: the number in the run, from 0, for the schedule of the rate.
  @inline(__always)
  final func update(
    _ shard: Int, of store: VersionStore<Scalar>, along gradient: UnsafePointer<Scalar>, step: Int,
    number: Int
  ) {
    let place = store.place(shard)
    guard !optimizer.isPlainDescent else {
      let (old, rate) = (store.advanceElsewhere(shard), optimizer.rate(at: number))
      let new = store.newestValues(shard)
      // A single parameter doesn't pay for the call.
      guard place.count > 1 else { return new[0] = old[0] - rate * gradient[0] }
      return VectorSum.descend(
        from: old, along: gradient, rate: rate, into: new, count: place.count)
    }
    optimizer.apply(
      gradient, to: store.advance(shard), state: optimizerState.advanced(by: place.start),
      offset: 0, count: place.count, step: step, number: number)
  }

  /// Transfers the state of the first replica between two bursts; a subclass adds its own.
  ///
  /// What is worked out ahead or kept for the next use, such as gradients and minibatches, is no state: it is
  /// worked out again.
  func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.number("updates", &updates)
    try archive.number("samples", &samples)
    try archive.number("reads", &reads)
    try archive.number("nextPause", &nextPause)
    if !archive.isRestoring { isLookDue = losses?.isGivenUp ?? false }
    try archive.flag("isLookDue", &isLookDue)
    try archive.number("nextShown", &nextShown)
    for index in 0..<configuration.optimizer.statePerParameter {
      try archive.numbers(
        "state.\(index)", stateTable.base + index * count * copies, count: count * copies)
    }
    try archive.part("staleness", &staleness)
    try archive.part("ensemble", &ensemble)
    if let losses { try archive.part("losses", losses) }
    if let watch { try archive.part("watch", watch) }
  }

  /// What came of the run.
  func outcome() -> SimulationOutcome<Scalar> {
    readParameters()
    let status = status ?? .completed
    return SimulationOutcome(
      parameters: Array(UnsafeBufferPointer(start: snapshot.base, count: count)),
      status: status, updates: updates, samples: configuration.samples(counted: samples),
      virtualTime: time,
      loss: losses?.conclude(at: snapshot.base, status) ?? LossRecord(),
      staleness: staleness.record(), tornViews: tornViews,
      workers: (0..<workers).map { record(of: $0) }, ensemble: ensemble.record())
  }
}
