import CSharedMemory
import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry

/// A worker that reads and updates the shared vector where it stands, coordinate by coordinate: for
/// models whose examples touch few parameters, under plain gradient descent.
///
/// It makes no view, so nothing can be torn; its staleness is counted on the others' clocks.
///
/// **Concurrency:** one block runs it at a time; whatever it shares is in ``SharedRun``.
final class InPlaceWorker<Model: InPlaceObjective>: EngineWorker {
  typealias Scalar = Model.Scalar

  // One thread at a time runs a worker, so its fields need no run-time check for overlapping access,
  // which would cost as much as the bookkeeping itself.
  @exclusivity(unchecked) private(set) var clock = 0
  @exclusivity(unchecked) private(set) var telemetry = WorkerTelemetry()
  @exclusivity(unchecked) private(set) var samples = 0

  let workspace: Model.Workspace

  /// How many examples ahead the memory of an example is asked for: a power of two.
  private static var lookahead: Int { 4 }

  private let run: SharedRun<Model>
  private let index: Int
  private let rules: WorkerRules
  private let isBlocks: Bool
  private let range: Range<Int>
  @exclusivity(unchecked) private var feed: MinibatchFeed
  private let upcoming: UnsafeMutablePointer<Int32>
  private let seen: UnsafeMutablePointer<Int>

  var copies: (reads: Int, torn: Int)? { nil }
  var sharedWorkspace: AnyObject? { workspace }

  /// Makes a worker's buffers; called on its own pinned thread, so that they are near it.
  init(_ run: SharedRun<Model>, index: Int) {
    self.run = run
    self.index = index
    let configuration = run.configuration
    let layout = run.parameters.layout
    precondition(layout.isContiguous, "in place, parameter i stands at offset i")
    rules = configuration.policy.rules(for: WorkerID(index), of: configuration.workers)
    isBlocks = configuration.decomposition == .blocks
    range =
      isBlocks || run.isJoint
      ? (index < layout.shardCount ? layout.ranges[index] : 0..<0) : 0..<layout.parameterCount
    let capacity = MinibatchFeed.capacity(configuration, exampleCount: run.model.trainingCount)
    workspace = run.model.makeWorkspace(batch: capacity, range: 0..<layout.parameterCount)
    feed = MinibatchFeed(
      configuration: configuration, exampleCount: run.model.trainingCount, worker: index)
    upcoming = .allocate(capacity: Self.lookahead)
    upcoming.initialize(repeating: 0, count: Self.lookahead)
    seen = .allocate(capacity: configuration.workers)
    seen.initialize(repeating: 0, count: configuration.workers)
  }

  deinit {
    upcoming.deallocate()
    seen.deallocate()
  }

  @specialized(where Model == LinearModel<Float>)
  @specialized(where Model == LinearModel<Double>)
  @specialized(where Model == Factorization<Float>)
  @specialized(where Model == Factorization<Double>)
  func run(_ share: WorkShare) throws {
    var share = share
    let clocks = run.clocks
    let isFused =
      !isBlocks && rules.access == .racing && rules.apply.subject == .nobody
      && run.configuration.batch == 1 && run.configuration.minibatches == nil
    if isFused { look(from: clock, count: Self.lookahead) }
    while share.next(at: clock), !clocks.isStopped {
      try run.probe?.beforeIteration?(index, clock)
      guard isFused ? step() : iterate() else { break }
      run.probe?.afterIteration?(index, (0..<clocks.count).map { clocks.completed($0) })
    }
  }

  // MARK: One example at a time

  /// Draws some of the examples to come and asks for their memory.
  @inline(__always)
  private func look(from clock: Int, count: Int) {
    for ahead in clock..<(clock + count) {
      feed.advance(to: ahead)
      let example = feed.examples[0]
      upcoming[ahead & (Self.lookahead - 1)] = example
      run.model.prefetch(run.parameters.values, example: Int(example))
    }
  }

  /// Makes one iteration on one example: reads and writes its coordinates at once.
  private func step() -> Bool {
    let clocks = run.clocks
    let isTimed = telemetry.shouldTime()
    var phases = WorkerTelemetry.Phases()
    var last = isTimed ? lockstep_nanoseconds() : 0
    let start = clocks.wait(for: rules.start, at: clock)
    guard start.holds else { return giveUp() }
    if isTimed {
      telemetry.parks &+= start.parks
      last = lap(since: last, into: &phases.wait)
      noteClocks()
    }
    let example = Int(upcoming[clock & (Self.lookahead - 1)])
    run.model.stepInPlace(
      run.parameters.values, example: example, rate: run.optimizer.rate)
    look(from: clock &+ Self.lookahead, count: 1)
    samples &+= 1
    if isTimed {
      _ = lap(since: last, into: &phases.compute)
      observeStaleness()
      telemetry.add(phases)
    }
    tick()
    return true
  }

  // MARK: A minibatch at a time

  /// Makes one iteration on a minibatch: first everything is read, then everything is written.
  private func iterate() -> Bool {
    let clocks = run.clocks
    let isTimed = telemetry.shouldTime()
    var phases = WorkerTelemetry.Phases()
    var last = isTimed ? lockstep_nanoseconds() : 0
    let start = clocks.wait(for: rules.start, at: clock)
    telemetry.parks &+= start.parks
    guard start.holds else { return giveUp() }
    feed.advance(to: clock)
    samples &+= feed.examples.count
    if isTimed { last = lap(since: last, into: &phases.wait) }

    if rules.access == .exclusive {
      run.lock.withLock { _ in
        if isTimed {
          last = lap(since: last, into: &phases.wait)
          noteClocks()
        }
        prepare()
      }
    } else {
      if isTimed { noteClocks() }
      prepare()
    }
    if isTimed { last = lap(since: last, into: &phases.compute) }

    if rules.access == .exclusive {
      run.lock.withLock { _ in
        if isTimed {
          last = lap(since: last, into: &phases.wait)
          observeStaleness()
        }
        applyUpdate()
        tick()
      }
    } else {
      if isTimed { observeStaleness() }
      if rules.apply.subject != .nobody {
        clocks.publish(.computed, clock + 1, by: index)
        let apply = clocks.wait(for: rules.apply, at: clock)
        telemetry.parks &+= apply.parks
        guard apply.holds else { return giveUp() }
        if isTimed { last = lap(since: last, into: &phases.wait) }
      }
      applyUpdate()
      tick()
    }
    if isTimed {
      _ = lap(since: last, into: &phases.apply)
      telemetry.add(phases)
    }
    return true
  }

  @inline(__always)
  private func prepare() {
    run.model.prepareInPlace(
      at: run.parameters.values, examples: feed.examples, workspace: workspace)
  }

  private func applyUpdate() {
    let rate = run.optimizer.rate
    if run.isJoint {
      let workers = run.configuration.workers
      guard !range.isEmpty else { return }
      for worker in 0..<workers {
        run.model.applyInPlace(
          run.workspaces[worker], to: run.parameters.values, range: range,
          rate: rate / Scalar(workers))
      }
    } else {
      run.model.applyInPlace(workspace, to: run.parameters.values, range: range, rate: rate)
    }
  }

  // MARK: Clocks

  @inline(__always)
  private func tick() {
    clock &+= 1
    if rules.keepsPace {
      run.clocks.publish(.completed, clock, by: index)
    } else {
      run.clocks.publishUnawaited(clock, by: index)
    }
  }

  private func giveUp() -> Bool {
    telemetry.iterations &-= 1
    return false
  }

  @inline(__always)
  private func lap(since last: UInt64, into phase: inout UInt64) -> UInt64 {
    let now = lockstep_nanoseconds()
    phase &+= now &- last
    return now
  }

  private func noteClocks() {
    for worker in 0..<run.clocks.count { seen[worker] = run.clocks.completed(worker) }
  }

  /// Notes how stale the update is: per foreign shard in `blocks`, as a whole in `samples`.
  private func observeStaleness() {
    var sum = 0
    for worker in 0..<run.clocks.count where worker != index {
      let stale = run.clocks.completed(worker) &- seen[worker]
      if isBlocks { telemetry.observe(staleness: stale) }
      sum &+= stale
    }
    if !isBlocks { telemetry.observe(staleness: sum) }
  }
}
