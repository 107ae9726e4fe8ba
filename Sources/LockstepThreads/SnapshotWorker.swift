import CSharedMemory
import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry

/// A worker that copies its view, computes its gradient on the copy, and applies it: every model
/// under every policy.
///
/// **Concurrency:** one block runs it at a time; whatever it shares is in ``SharedRun``.
final class SnapshotWorker<Model: Objective>: EngineWorker {
  typealias Scalar = Model.Scalar

  // One thread at a time runs a worker, so its fields need no run-time check for overlapping access.
  @exclusivity(unchecked) private(set) var clock = 0
  @exclusivity(unchecked) private(set) var telemetry = WorkerTelemetry()
  @exclusivity(unchecked) private(set) var samples = 0

  let gradient: UnsafeMutablePointer<Scalar>
  let trace: TraceBuffer?

  private let run: SharedRun<Model>
  private let index: Int
  private let rules: WorkerRules
  private let view: ParameterView<Scalar>
  private let computer: GradientComputer<Model>
  @exclusivity(unchecked) private var feed: MinibatchFeed
  private let average: UnsafeMutablePointer<Scalar>?
  private let isBlocks: Bool
  private let observation: WorkerObservation<Scalar>?
  /// How stale the update was when it was ready: each shard in `blocks`, first of all in `samples`.
  private let staleness: UnsafeMutablePointer<Int>
  /// The clock from which on the next update is observed; `Int.max` for none.
  @exclusivity(unchecked) private var observeAt = Int.max
  /// Whether telemetry looks at the joint step that waited to be applied when the run was stopped; `nil`
  /// where none did.
  @exclusivity(unchecked) private var unsettled: Bool?
  /// The number in the run, from 0, of the update that is being made.
  @exclusivity(unchecked) private var number = 0

  var copies: (reads: Int, torn: Int)? { (view.reads, view.torn) }

  var sharedWorkspace: AnyObject? { nil }

  /// Makes a worker's buffers; called on its own pinned thread, so that they are near it.
  init(_ run: SharedRun<Model>, index: Int) {
    self.run = run
    self.index = index
    let configuration = run.configuration
    let layout = run.parameters.layout
    rules = run.rules[index]
    isBlocks = configuration.decomposition == .blocks
    view = ParameterView(of: run.parameters)
    computer = GradientComputer(
      model: run.model, range: isBlocks ? layout.ranges[index] : 0..<layout.parameterCount,
      batch: configuration.largestMinibatch(exampleCount: run.model.trainingCount),
      seed: configuration.seed, worker: isBlocks ? 0 : index, clip: configuration.clip)
    gradient = computer.gradient
    trace =
      configuration.recordsTrace
      ? TraceBuffer(shards: layout.shardCount, shard: isBlocks || run.isJoint ? index : nil) : nil
    feed = configuration.feed(exampleCount: run.model.trainingCount, worker: index)
    staleness = .allocate(capacity: layout.shardCount)
    staleness.initialize(repeating: 0, count: layout.shardCount)
    observation = run.observations.map { WorkerObservation(at: $0, worker: index) }
    if run.isJoint, index < layout.shardCount {
      let buffer = UnsafeMutablePointer<Scalar>.allocate(capacity: layout.ranges[index].count)
      buffer.initialize(repeating: 0, count: layout.ranges[index].count)
      average = buffer
    } else {
      average = nil
    }
  }

  deinit {
    average?.deallocate()
    staleness.deallocate()
  }

  @specialized(where Model == Quadratic<Float>)
  @specialized(where Model == Quadratic<Double>)
  @specialized(where Model == LinearModel<Float>)
  @specialized(where Model == LinearModel<Double>)
  @specialized(where Model == MultilayerPerceptron<Float>)
  @specialized(where Model == MultilayerPerceptron<Double>)
  @specialized(where Model == Factorization<Float>)
  @specialized(where Model == Factorization<Double>)
  func run(_ quota: WorkerQuota) throws {
    var quota = quota
    let clocks = run.clocks
    observeAt = observation?.begin(at: clock) ?? Int.max
    let start = lockstep_nanoseconds()
    defer { telemetry.add(running: lockstep_nanoseconds() &- start) }
    while quota.next(at: clock), !clocks.isStopped {
      number = quota.number
      try run.probe?.beforeIteration?(index, clock)
      guard iterate() else { break }
      run.probe?.afterIteration?(index, (0..<clocks.count).map { clocks.completed($0) })
    }
  }

  /// Makes one iteration.
  ///
  /// - Returns: false if the run was stopped while the worker waited.
  private func iterate() -> Bool {
    let clocks = run.clocks
    var phases = WorkerTelemetry.Phases()
    var timer = LapTimer(isRunning: telemetry.shouldTime())

    // Admission.
    let start = clocks.wait(for: rules.start, at: clock)
    telemetry.parks &+= start.parks
    guard start.holds else { return giveUp() }
    timer.lap(&phases.wait)

    // The view.
    var seen = 0
    if rules.access == .exclusive {
      run.lock.withLock { _ in
        timer.lap(&phases.wait)
        seen = clocks.completedByOthers(than: index)
        trace?.times.start = lockstep_nanoseconds()
        view.refresh()
      }
    } else {
      if timer.isRunning { seen = clocks.completedByOthers(than: index) }
      trace?.times.start = lockstep_nanoseconds()
      view.refresh()
    }
    if let trace { noteView(in: trace) }
    run.probe?.afterRead?(
      index, clock, UnsafeBufferPointer(start: view.versions, count: view.shardCount))
    timer.lap(&phases.read)

    // The gradient.
    feed.advance(to: clock, begun: number)
    trace?.line = feed.asksForOrder ? number : nil
    computer.compute(at: view.values, examples: feed.examples, clock: clock)
    timer.lap(&phases.compute)
    trace?.times.ready = lockstep_nanoseconds()

    // The update. Its staleness is taken when it is ready to be applied: under `barrier` nobody has
    // applied anything of this round yet.
    if rules.access == .exclusive {
      run.lock.withLock { _ in
        if timer.isRunning {
          timer.lap(&phases.wait)
          noteStaleness(seen)
          countStaleness()
        }
        if clock >= observeAt { observe(&timer) }
        applyUpdate()
        completeIteration()
      }
    } else {
      if timer.isRunning { noteStaleness(seen) }
      if clock >= observeAt { observe(&timer) }
      if rules.apply.subject != .nobody {
        clocks.publish(.computed, from: clock, to: clock &+ 1, by: index)
        let apply = clocks.wait(for: rules.apply, at: clock)
        telemetry.parks &+= apply.parks
        guard apply.holds else {
          unsettled = timer.isRunning
          return false
        }
        timer.lap(&phases.wait)
      }
      if timer.isRunning { countStaleness() }
      applyUpdate()
      completeIteration()
    }
    if timer.isRunning {
      timer.lap(&phases.apply)
      telemetry.add(phases)
    }
    return true
  }

  func settle(isMade: Bool) {
    guard let isLookedAt = unsettled else { return }
    unsettled = nil
    guard isMade else {
      observation?.takeBack(clock: clock)
      return telemetry.takeBack()
    }
    if isLookedAt { countStaleness() }
    applyUpdate()
    completeIteration()
  }

  /// Completes the iteration.
  @inline(__always)
  private func completeIteration() {
    clock &+= 1
    samples &+= feed.examples.count
    run.clocks.complete(clock, by: index, isAwaited: rules.keepsPace)
  }

  /// Takes back the iteration that was begun when the run was stopped.
  private func giveUp() -> Bool {
    telemetry.takeBack()
    return false
  }

  /// Notes how stale the update is: per foreign shard in `blocks`, as a whole in `samples`.
  private func noteStaleness(_ seen: Int) {
    guard isBlocks else {
      staleness[0] = run.clocks.completedByOthers(than: index) &- seen
      return
    }
    let versions = run.parameters.versions
    for shard in 0..<view.shardCount where shard != index {
      staleness[shard] = versions.applied(shard) &- view.versions[shard]
    }
  }

  /// Counts what was noted, of an update that is going to be made.
  private func countStaleness() {
    guard isBlocks else { return telemetry.observe(staleness: staleness[0]) }
    for shard in 0..<view.shardCount where shard != index {
      telemetry.observe(staleness: staleness[shard])
    }
  }

  /// Notes down the versions of the view that has just been copied.
  private func noteView(in trace: TraceBuffer) {
    trace.times.compute = lockstep_nanoseconds()
    for shard in 0..<view.shardCount { trace.read[shard] = view.versions[shard] }
  }

  /// Puts the update down for the observer, as it is about to be applied.
  ///
  /// Under a policy that joins steps nobody applies anything before all have computed, which this
  /// worker has not said yet: the view is exactly what the update will find, and so is the state.
  @inline(never)
  private func observe(_ timer: inout LapTimer) {
    guard let observation else { return }
    let start = lockstep_nanoseconds()
    let place = run.parameters.places[index % view.shardCount]
    let range = isBlocks ? place.start..<(place.start + place.count) : 0..<computer.range.count
    let made = run.clocks.completedByOthers(than: index) &+ clock
    observeAt = observation.take(
      clock: clock, made: made, range: range, view: view.values,
      step: run.parameters.versions.applied(index % view.shardCount) + 1,
      rate: Double(run.optimizer.rate(at: number)), feed: &feed)
    timer.skip()
    telemetry.leaveOut(lockstep_nanoseconds() &- start)
  }

  private func applyUpdate() {
    if let trace { trace.times.apply = lockstep_nanoseconds() }
    makeUpdate()
    if let trace {
      trace.times.end = lockstep_nanoseconds()
      trace.commit(clock: clock, number: run.optimizer.hasSchedule ? number : nil)
    }
  }

  @inline(__always)
  private func makeUpdate() {
    let parameters = run.parameters
    if isBlocks {
      apply(gradient, to: index, exclusive: true)
    } else if run.isJoint {
      guard let average else { return }
      let place = parameters.places[index]
      let workers = run.configuration.workers
      let scale = 1 / Scalar(workers)
      for worker in 0..<workers {
        VectorSum.accumulate(
          run.gradients[worker] + place.start, scale: scale, into: average, count: place.count,
          overwrite: worker == 0)
      }
      apply(average, to: index, exclusive: true)
    } else {
      // Each worker starts at its own shard, so that they don't queue for the same cache lines.
      let exclusive = rules.access == .exclusive
      for step in 0..<view.shardCount {
        let shard = (step + index) % view.shardCount
        apply(gradient + parameters.places[shard].start, to: shard, exclusive: exclusive)
      }
    }
  }

  /// Applies one update to one shard.
  ///
  /// - Parameters:
  ///   - gradient: the shard's gradient, private.
  ///   - shard: the shard.
  ///   - exclusive: whether nobody else can be updating it.
  @inline(__always)
  private func apply(_ gradient: UnsafePointer<Scalar>, to shard: Int, exclusive: Bool) {
    let parameters = run.parameters
    let place = parameters.places[shard]
    let before = parameters.versions.begin(shard, exclusive: exclusive)
    if let trace { trace.applied[shard] = before + 1 }
    run.optimizer.apply(
      gradient, to: parameters.values, state: run.optimizerState, offset: place.offset,
      count: place.count, step: before + 1, number: number)
    parameters.versions.end(shard, exclusive: exclusive)
  }
}
