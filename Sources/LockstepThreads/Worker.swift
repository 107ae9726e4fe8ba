import CSharedMemory
import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry
import Synchronization

/// A worker: waits until its policy lets it go on, reads the shared parameters, computes a gradient and
/// applies it, again and again.
///
/// How it reads and applies is its ``store``'s business; who waits for whom is the clocks'.
///
/// **Concurrency:** one block runs it at a time; whatever it shares is in ``SharedRun``.
final class Worker<Store: ParameterStore>: EngineWorker {
  typealias Scalar = Store.Scalar

  // One thread at a time runs a worker, so its fields need no run-time check for overlapping access,
  // which would cost as much as the bookkeeping itself.
  @exclusivity(unchecked) private(set) var clock = 0
  @exclusivity(unchecked) private(set) var telemetry = WorkerTelemetry()
  @exclusivity(unchecked) private(set) var samples = 0
  let trace: TraceBuffer?

  private let run: SharedRun<Scalar>
  private let index: Int
  private let rules: WorkerRules
  private let store: Store
  private let isBlocks: Bool
  /// Whether staleness is told by the versions in a view; by the clocks otherwise.
  private let countsVersions: Bool
  @exclusivity(unchecked) private var feed: MinibatchFeed
  private let observation: WorkerObservation<Scalar>?
  /// The clock from which on the next update is observed; `Int.max` for none.
  @exclusivity(unchecked) private var observeAt = Int.max
  /// Whether telemetry looks at the joint step that waited to be applied when the run was stopped; `nil`
  /// where none did.
  @exclusivity(unchecked) private var unsettled: Bool?
  /// The number in the run, from 0, of the update that is being made.
  @exclusivity(unchecked) private var number = 0
  /// The others' counters when the worker read, then how far they have moved since: the versions of the
  /// shards in a view in `blocks`, else the clocks.
  private let seen: UnsafeMutablePointer<Int>

  var copies: (reads: Int, torn: Int)? { store.view.map { ($0.reads, $0.torn) } }

  /// Makes a worker's buffers; called on its own pinned thread, so that they are near it.
  init(_ run: SharedRun<Scalar>, _ store: Store, index: Int) {
    self.run = run
    self.store = store
    self.index = index
    let configuration = run.configuration
    let shards = run.parameters.layout.shardCount
    rules = run.rules[index]
    isBlocks = configuration.decomposition == .blocks
    countsVersions = isBlocks && store.view != nil
    trace =
      configuration.recordsTrace
      ? TraceBuffer(shards: shards, shard: isBlocks || run.isJoint ? index : nil) : nil
    feed = configuration.feed(exampleCount: run.model.trainingCount, worker: index)
    observation = run.observations.map { WorkerObservation(at: $0, worker: index) }
    seen = .allocate(capacity: configuration.workers)
    seen.initialize(repeating: 0, count: configuration.workers)
  }

  deinit { seen.deallocate() }

  func join(_ workers: [any EngineWorker]) {
    store.join(workers.compactMap { ($0 as? Self)?.store })
  }

  @specialized(where Store == ViewStore<Float>)
  @specialized(where Store == ViewStore<Double>)
  @specialized(where Store == InPlaceStore<Float>)
  @specialized(where Store == InPlaceStore<Double>)
  func run(_ quota: WorkerQuota) throws {
    var quota = quota
    observeAt = observation?.begin(at: clock) ?? Int.max
    let start = lockstep_nanoseconds()
    defer { telemetry.add(running: lockstep_nanoseconds() &- start) }
    if let steps = store.steps {
      steps.begin()
      while !run.clocks.isStopped, try makeSteps(&quota, steps) {}
      return
    }
    // Handed down, so that an iteration need not count references to them.
    let (clocks, view) = (run.clocks, store.view)
    while quota.next(at: clock), !clocks.isStopped {
      number = quota.number
      try run.probe?.beforeIteration?(index, clock)
      guard iterate(clocks, view) else { break }
      run.probe?.afterIteration?(index, (0..<clocks.count).map { clocks.completed($0) })
    }
  }

  /// Reads or applies, under the lock where the policy has one.
  @inline(__always)
  private func withAccess<Result>(_ body: () -> Result) -> Result {
    rules.access == .racing ? body() : run.lock.withLock { _ in body() }
  }

  /// Makes one iteration.
  ///
  /// - Parameters:
  ///   - clocks: the run's.
  ///   - view: the store's.
  /// - Returns: false if the run was stopped while the worker waited.
  private func iterate(_ clocks: AtomicClocks, _ view: ParameterView<Scalar>?) -> Bool {
    var phases = WorkerTelemetry.Phases()
    var timer = LapTimer(isRunning: telemetry.shouldTime())

    let start = clocks.wait(for: rules.start, at: clock)
    telemetry.parks &+= start.parks
    guard start.holds else {
      telemetry.takeBack()
      return false
    }
    timer.lap(&phases.wait)
    if view == nil {
      feed.advance(to: clock, begun: number)
      timer.lap(&phases.compute)
    }

    withAccess {
      if rules.access == .exclusive { timer.lap(&phases.wait) }
      if timer.isRunning, !countsVersions { noteClocks() }
      trace?.times.start = lockstep_nanoseconds()
      store.read(feed.examples)
    }
    if let view {
      note(view, isLookedAt: timer.isRunning)
      timer.lap(&phases.read)
      feed.advance(to: clock, begun: number)
      trace?.line = feed.asksForOrder ? number : nil
    } else if timer.isRunning {
      run.probe?.duringLook?(index, clock)
    }
    store.computeGradient(feed.examples, clock: clock)
    timer.lap(&phases.compute)
    trace?.times.ready = lockstep_nanoseconds()

    let isMade = withAccess {
      if rules.access == .exclusive { timer.lap(&phases.wait) }
      // The staleness of an update is taken when it is ready to be applied: under `barrier` nobody has
      // applied anything of this round yet.
      if timer.isRunning { noteStaleness() }
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
      push()
      return true
    }
    if isMade, timer.isRunning {
      timer.lap(&phases.apply)
      telemetry.add(phases)
    }
    return isMade
  }

  func settle(isMade: Bool) {
    guard let isLookedAt = unsettled else { return }
    unsettled = nil
    guard isMade else {
      observation?.takeBack(clock: clock)
      store.view?.takeBack()
      return telemetry.takeBack()
    }
    if isLookedAt { countStaleness() }
    push()
  }

  /// Transfers the clock, and what was counted and measured; everything else begins anew with a stretch.
  func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.number("clock", &clock)
    try archive.require(clock >= 0, "clock")
    try archive.number("samples", &samples)
    try archive.part("telemetry", &telemetry)
    if let view = store.view { try archive.part("view", view) }
    if let observation { try archive.part("observation", observation) }
  }

  /// Applies the update and completes the iteration.
  private func push() {
    if let trace { trace.times.apply = lockstep_nanoseconds() }
    store.push(number: number, noting: trace)
    if let trace {
      trace.times.end = lockstep_nanoseconds()
      trace.commit(clock: clock, number: run.optimizer.hasSchedule ? number : nil)
    }
    clock &+= 1
    samples &+= feed.examples.count
    run.clocks.complete(clock, by: index, isAwaited: rules.keepsPace)
  }

  /// Notes down the versions of the view that has just been copied.
  @inline(__always)
  private func note(_ view: ParameterView<Scalar>, isLookedAt: Bool) {
    if isLookedAt, countsVersions { seen.update(from: view.versions, count: view.shardCount) }
    if let trace {
      trace.times.compute = lockstep_nanoseconds()
      trace.read.update(from: view.versions, count: view.shardCount)
    }
    run.probe?.afterRead?(
      index, clock, UnsafeBufferPointer(start: view.versions, count: view.shardCount))
  }

  /// Shows the update to the observer, as it is about to be applied.
  ///
  /// Under a policy that joins steps nobody applies anything before all have computed, which this
  /// worker has not said yet: the view is exactly what the update will find, and so is the state.
  @inline(never)
  private func observe(_ timer: inout LapTimer) {
    guard let observation, let view = store.view else { return }
    let start = lockstep_nanoseconds()
    let layout = run.parameters.layout
    observeAt = observation.take(
      clock: clock, made: run.clocks.completedByOthers(than: index) &+ clock,
      range: isBlocks ? layout.ranges[index] : 0..<layout.parameterCount, view: view.values,
      step: run.parameters.versions.applied(index % layout.shardCount) + 1,
      rate: Double(run.optimizer.rate(at: number)), feed: &feed)
    timer.skip()
    telemetry.leaveOut(lockstep_nanoseconds() &- start)
  }

  // MARK: Several iterations in one go

  /// Makes as many iterations in one go as the policy, the quota and the buffer allow, each on one
  /// example: reads and writes its coordinates at once.
  ///
  /// - Returns: false if there is nothing left to do.
  private func makeSteps(_ quota: inout WorkerQuota, _ steps: InPlaceSteps<Scalar>) throws -> Bool {
    let clocks = run.clocks
    var allowed = clocks.allowance(rules.start, at: clock)
    if allowed == 0 {
      let start = lockstep_nanoseconds()
      let wait = clocks.wait(for: rules.start, at: clock)
      telemetry.add(wait: lockstep_nanoseconds() &- start, parks: wait.parks)
      guard wait.holds else { return false }
      allowed = 1
    }
    let longest = min(telemetry.untilLook, run.probe?.longestRun ?? steps.longest)
    let count = quota.next(atMost: min(longest, allowed), at: clock)
    guard count > 0 else { return false }
    try run.probe?.beforeIteration?(index, clock)
    steps.prepare(count, at: clock, number: quota.number, stride: quota.stride, from: &feed)
    if telemetry.shouldTime(count) {
      // The staleness of the first step, and the time of the steps that look at no clocks.
      noteClocks()
      let start = lockstep_nanoseconds()
      steps.makeUncounted()
      let end = lockstep_nanoseconds()
      run.probe?.duringLook?(index, clock)
      noteStaleness()
      countStaleness()
      // Only now may the others know of it: whoever waits for this step is not stale, but next.
      steps.counter.advance()
      if count == 1 {
        time(from: start, to: end, count: 1)
      } else {
        let start = lockstep_nanoseconds()
        steps.make(count - 1, from: 1)
        time(from: start, to: lockstep_nanoseconds(), count: count - 1)
      }
    } else {
      steps.make(count)
    }
    clock &+= count
    samples &+= count
    if rules.keepsPace { clocks.publish(.completed, from: clock &- count, to: clock, by: index) }
    run.probe?.afterIteration?(index, (0..<clocks.count).map { clocks.completed($0) })
    return true
  }

  /// Notes the time of some steps.
  private func time(from start: UInt64, to end: UInt64, count: Int) {
    var phases = WorkerTelemetry.Phases()
    phases.compute = end &- start
    telemetry.add(phases, count: count)
  }

  // MARK: Staleness

  private func noteClocks() {
    for worker in 0..<run.clocks.count { seen[worker] = run.clocks.completed(worker) }
  }

  /// Notes how stale the update is: how far each counter has moved since the read.
  private func noteStaleness() {
    for other in 0..<run.clocks.count {
      let now =
        countsVersions ? run.parameters.versions.applied(other) : run.clocks.completed(other)
      seen[other] = now &- seen[other]
    }
  }

  /// Counts what was noted, of an update that is going to be made: per foreign shard in `blocks`, as a
  /// whole in `samples`.
  private func countStaleness() {
    var sum = 0
    for other in 0..<run.clocks.count where other != index {
      if isBlocks { telemetry.observe(staleness: seen[other]) }
      sum &+= seen[other]
    }
    if !isBlocks { telemetry.observe(staleness: sum) }
  }
}
