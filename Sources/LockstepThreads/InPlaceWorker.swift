import CSharedMemory
import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry
import Synchronization

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
  private let ownWorkspace: [Model.Workspace]

  /// The largest number of steps made in one go.
  private static var longestRun: Int { 64 }
  /// How many examples to come are drawn ahead, so that their memory can be fetched.
  private static var lookahead: Int { 12 }

  private let run: SharedRun<Model>
  private let index: Int
  private let rules: WorkerRules
  private let isBlocks: Bool
  /// Whether several iterations are made in one go.
  private let isFused: Bool
  private let range: Range<Int>
  @exclusivity(unchecked) private var feed: MinibatchFeed
  private let counter: StepCounter
  /// Counts a step that is not to show in the worker's clock yet.
  private let ownCount: UnsafeMutablePointer<Atomic<Int>>
  /// The rates of the steps of one go.
  private let rates: UnsafeMutablePointer<Scalar>
  /// Where gradients are added up before they move anything: under policies that leave no choice of the
  /// order, so that the bits are those of a worker with a view; `nil` under the others, where a
  /// minibatch moves the parameters example by example.
  private let sums: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>)?
  /// Whether telemetry looks at the joint step that waited to be applied when the run was stopped; `nil`
  /// where none did.
  @exclusivity(unchecked) private var unsettled: Bool?
  /// The number in the run, from 0, of the update that is being made.
  @exclusivity(unchecked) private var number = 0
  /// The examples of the iterations to come; those before `taken` are done with.
  private let upcoming: UnsafeMutablePointer<Int32>
  @exclusivity(unchecked) private var drawn = 0
  @exclusivity(unchecked) private var taken = 0
  private let seen: UnsafeMutablePointer<Int>

  var copies: (reads: Int, torn: Int)? { nil }
  var sharedWorkspace: AnyObject? { workspace }
  var trace: TraceBuffer? { nil }

  /// Makes a worker's buffers; called on its own pinned thread, so that they are near it.
  init(_ run: SharedRun<Model>, index: Int) {
    self.run = run
    self.index = index
    let configuration = run.configuration
    let layout = run.parameters.layout
    precondition(layout.isContiguous, "in place, parameter i stands at offset i")
    rules = run.rules[index]
    isBlocks = configuration.decomposition == .blocks
    range =
      isBlocks || run.isJoint
      ? (index < layout.shardCount ? layout.ranges[index] : 0..<0) : 0..<layout.parameterCount
    let capacity = configuration.largestMinibatch(exampleCount: run.model.trainingCount)
    workspace = run.model.makeWorkspace(batch: capacity, range: 0..<layout.parameterCount)
    ownWorkspace = [workspace]
    feed = configuration.feed(exampleCount: run.model.trainingCount, worker: index)
    counter = run.clocks.counter(of: index)
    upcoming = .allocate(capacity: Self.longestRun + Self.lookahead)
    upcoming.initialize(repeating: 0, count: Self.longestRun + Self.lookahead)
    ownCount = .allocate(capacity: 1)
    ownCount.initialize(to: Atomic(0))
    rates = .allocate(capacity: Self.longestRun)
    rates.initialize(repeating: run.optimizer.rate, count: Self.longestRun)
    isFused =
      !isBlocks && rules.access == .racing && rules.apply.subject == .nobody
      && configuration.batch == 1 && configuration.minibatches == nil
    if rules.isDeterministic && !isFused {
      let count = layout.parameterCount
      let (sum, mean) = (
        UnsafeMutablePointer<Scalar>.allocate(capacity: count),
        UnsafeMutablePointer<Scalar>.allocate(capacity: run.isJoint ? count : 1)
      )
      sum.initialize(repeating: 0, count: count)
      mean.initialize(repeating: 0, count: run.isJoint ? count : 1)
      sums = (sum, mean)
    } else {
      sums = nil
    }
    seen = .allocate(capacity: configuration.workers)
    seen.initialize(repeating: 0, count: configuration.workers)
  }

  deinit {
    upcoming.deallocate()
    ownCount.deinitialize(count: 1)
    ownCount.deallocate()
    rates.deallocate()
    sums?.0.deallocate()
    sums?.1.deallocate()
    seen.deallocate()
  }

  @specialized(where Model == LinearModel<Float>)
  @specialized(where Model == LinearModel<Double>)
  @specialized(where Model == Factorization<Float>)
  @specialized(where Model == Factorization<Double>)
  func run(_ quota: WorkerQuota) throws {
    var quota = quota
    let clocks = run.clocks
    let start = lockstep_nanoseconds()
    defer { telemetry.add(running: lockstep_nanoseconds() &- start) }
    if isFused {
      (drawn, taken) = (0, 0)
      while !clocks.isStopped, try makeRun(&quota) {}
      return
    }
    while quota.next(at: clock), !clocks.isStopped {
      number = quota.number
      try run.probe?.beforeIteration?(index, clock)
      guard iterate() else { break }
      run.probe?.afterIteration?(index, (0..<clocks.count).map { clocks.completed($0) })
    }
  }

  // MARK: One example at a time

  /// Makes as many iterations in one go as the policy, the share and the buffer allow, each on one
  /// example: reads and writes its coordinates at once.
  ///
  /// - Returns: false if there is nothing left to do.
  private func makeRun(_ quota: inout WorkerQuota) throws -> Bool {
    let clocks = run.clocks
    var allowed = clocks.allowance(rules.start, at: clock)
    if allowed == 0 {
      let start = lockstep_nanoseconds()
      let wait = clocks.wait(for: rules.start, at: clock)
      telemetry.add(wait: lockstep_nanoseconds() &- start, parks: wait.parks)
      guard wait.holds else { return false }
      allowed = 1
    }
    let longest = min(telemetry.untilLook, run.probe?.longestRun ?? Self.longestRun)
    let count = quota.next(atMost: min(longest, allowed), at: clock)
    guard count > 0 else { return false }
    number = quota.number
    try run.probe?.beforeIteration?(index, clock)
    draw(count + Self.lookahead)
    if run.optimizer.hasSchedule { noteRates(count, stride: quota.stride) }
    let before = clock
    if telemetry.shouldTime(count) {
      // The staleness of the first step, and the time of the steps that look at no clocks.
      noteClocks()
      let start = lockstep_nanoseconds()
      step(1, StepCounter(ownCount))
      let end = lockstep_nanoseconds()
      run.probe?.duringLook?(index, before)
      noteStaleness()
      countStaleness()
      // Only now may the others know of it: whoever waits for this step is not stale, but next.
      counter.advance()
      if count == 1 {
        time(from: start, to: end, count: 1)
      } else {
        let start = lockstep_nanoseconds()
        step(count - 1, counter, from: 1)
        time(from: start, to: lockstep_nanoseconds(), count: count - 1)
      }
    } else {
      step(count, counter)
    }
    if rules.keepsPace { clocks.publish(.completed, from: before, to: clock, by: index) }
    run.probe?.afterIteration?(index, (0..<clocks.count).map { clocks.completed($0) })
    return true
  }

  /// Notes the time of some steps.
  private func time(from start: UInt64, to end: UInt64, count: Int) {
    var phases = WorkerTelemetry.Phases()
    phases.compute = end &- start
    telemetry.add(phases, count: count)
  }

  /// Notes the rates of the next steps, by the numbers of their updates.
  private func noteRates(_ count: Int, stride: Int) {
    for step in 0..<count {
      rates[step] = run.optimizer.rate(at: number &+ step &* stride)
    }
  }

  /// Makes steps on the next examples, counting each.
  ///
  /// - Parameters:
  ///   - count: the number of steps.
  ///   - counter: where they are counted.
  ///   - first: the number of steps of the same go that are made already.
  @inline(__always)
  private func step(_ count: Int, _ counter: StepCounter, from first: Int = 0) {
    run.model.stepInPlace(
      run.parameters.values,
      examples: UnsafeBufferPointer(start: upcoming + taken, count: drawn &- taken),
      count: count, rates: UnsafePointer(rates + first), counter: counter)
    taken &+= count
    clock &+= count
    samples &+= count
  }

  /// Draws examples until a number of them lies ahead.
  private func draw(_ count: Int) {
    let left = drawn &- taken
    for position in 0..<left { upcoming[position] = upcoming[taken &+ position] }
    if count > left {
      feed.draw(single: (clock &+ left)..<(clock &+ count), into: upcoming + left)
    }
    taken = 0
    drawn = max(left, count)
  }

  // MARK: A minibatch at a time

  /// Makes one iteration on a minibatch: first everything is read, then everything is written.
  private func iterate() -> Bool {
    let clocks = run.clocks
    var phases = WorkerTelemetry.Phases()
    var timer = LapTimer(isRunning: telemetry.shouldTime())
    let start = clocks.wait(for: rules.start, at: clock)
    telemetry.parks &+= start.parks
    guard start.holds else { return giveUp() }
    feed.advance(to: clock, begun: number)
    timer.lap(&phases.wait)

    if rules.access == .exclusive {
      run.lock.withLock { _ in
        if timer.isRunning {
          timer.lap(&phases.wait)
          noteClocks()
        }
        prepare()
      }
    } else {
      if timer.isRunning { noteClocks() }
      prepare()
    }
    if timer.isRunning { run.probe?.duringLook?(index, clock) }
    timer.lap(&phases.compute)

    if rules.access == .exclusive {
      run.lock.withLock { _ in
        if timer.isRunning {
          timer.lap(&phases.wait)
          noteStaleness()
          countStaleness()
        }
        applyUpdate()
        completeIteration()
      }
    } else {
      if timer.isRunning { noteStaleness() }
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
    guard isMade else { return telemetry.takeBack() }
    if isLookedAt { countStaleness() }
    applyUpdate()
    completeIteration()
  }

  @inline(__always)
  private func prepare() {
    run.model.prepareInPlace(
      at: run.parameters.values, examples: feed.examples, workspace: workspace)
  }

  /// The learning rate of the current iteration.
  private var rate: Scalar {
    run.optimizer.rate(at: number)
  }

  private func applyUpdate() {
    if let sums {
      guard !range.isEmpty else { return }
      run.model.applyMeanInPlace(
        run.isJoint ? run.workspaces : ownWorkspace, to: run.parameters.values, range: range,
        rate: rate, sums: sums)
    } else {
      run.model.applyInPlace(workspace, to: run.parameters.values, range: range, rate: rate)
    }
  }

  // MARK: Clocks

  @inline(__always)
  private func completeIteration() {
    clock &+= 1
    samples &+= feed.examples.count
    run.clocks.complete(clock, by: index, isAwaited: rules.keepsPace)
  }

  private func giveUp() -> Bool {
    telemetry.takeBack()
    return false
  }

  private func noteClocks() {
    for worker in 0..<run.clocks.count { seen[worker] = run.clocks.completed(worker) }
  }

  /// Notes how stale the update is: how far each clock has moved since ``noteClocks()``.
  private func noteStaleness() {
    for worker in 0..<run.clocks.count {
      seen[worker] = run.clocks.completed(worker) &- seen[worker]
    }
  }

  /// Counts what was noted, of an update that is going to be made: per foreign shard in `blocks`, as a
  /// whole in `samples`.
  private func countStaleness() {
    var sum = 0
    for worker in 0..<run.clocks.count where worker != index {
      if isBlocks { telemetry.observe(staleness: seen[worker]) }
      sum &+= seen[worker]
    }
    if !isBlocks { telemetry.observe(staleness: sum) }
  }
}
