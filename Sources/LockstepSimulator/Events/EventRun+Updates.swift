import LockstepCore
import LockstepModels
import LockstepParameters

/// Gradients and what is made of them.
extension EventRun {
  /// Counts how stale the views of an update are that is made now: of every gradient of a joint one.
  ///
  /// An update that waits to be applied waits for all gradients of its round, none of which is applied
  /// before: it is as fresh as when it was ready. Any other is made at the moment when it is ready.
  @inline(__always)
  func countStaleness(of worker: Int) {
    if isJoint {
      staleness.record(0, count: workers)
    } else if joinsSteps {
      staleness.record(0, count: workers &- 1)
    } else if !isBlocks {
      staleness.record(updates &- states[worker].seen, count: 1)
    } else {
      shards?.countStaleness(since: states[worker].seen, besides: worker, into: &staleness)
    }
  }

  /// Notes how stale an update is at the moment when it is ready; it counts once it is made.
  func noteStaleness(of worker: Int, _ table: PhaseTable<Scalar>) {
    if joinsSteps { return }
    if isBlocks {
      table.shards?.noteStaleness(of: worker)
    } else {
      table.states[worker].staleness = updates &- states[worker].seen
    }
  }

  /// Counts what was noted of an update that has been made.
  func countStaleness(of worker: Int, _ table: PhaseTable<Scalar>) {
    if joinsSteps {
      countStaleness(of: worker)
    } else if isBlocks {
      table.shards?.countStaleness(of: worker, into: &staleness)
    } else {
      staleness.record(table.states[worker].staleness, count: 1)
    }
  }

  /// The parameters that a worker updates.
  @inline(__always)
  func range(of worker: Int) -> Range<Int> {
    guard isBlocks, let place = shards?.place(worker) ?? phases?.shards?.place(worker) else {
      return 0..<model.parameterCount
    }
    return place.start..<(place.start + place.count)
  }

  /// The number in the run, from 0, of the update that a worker is about to make: how many are made, or have
  /// begun, before it.
  ///
  /// The schedule of the learning rate goes by it.
  @inline(__always)
  func number(of worker: Int) -> Int {
    if budget.stepsInRounds { return budget.number(of: WorkerID(worker), at: states[worker].clock) }
    return phases?.states[worker].place ?? updates
  }

  @inline(__always)
  private func task(_ worker: Int) -> GradientTask<Scalar> {
    let state = states[worker]
    let isInParts = shards != nil || phases?.shards != nil
    return GradientTask(
      worker: worker, clock: state.clock, range: range(of: worker),
      view: isInParts ? nil : UnsafePointer(vector.values(state.view)), moment: state.seen,
      begun: places?[worker] ?? 0)
  }

  /// A worker's gradient, valid until the next call.
  @inline(__always)
  func gradient(of worker: Int) -> UnsafePointer<Scalar> {
    if let ahead {
      if !ahead.has(worker) { computeAhead(worker, with: ahead) }
      if ahead.has(worker) {
        let (gradient, count) = ahead.take(worker)
        samples &+= count
        return gradient
      }
    }
    samples &+= lane.compute(
      task(worker), shards: shards, phased: phases?.shards, into: lane.gradient)
    return UnsafePointer(lane.gradient)
  }

  /// Computes a worker's gradient and those of others whose views are fixed already.
  private func computeAhead(_ worker: Int, with ahead: GradientsAhead<Model>) {
    let room = ahead.room
    guard room > 1 else { return }
    var tasks = [task(worker)]
    func add(_ other: Int) -> Bool {
      // After a fault there may be several events of one worker.
      if other != worker, !ahead.has(other), !tasks.contains(where: { $0.worker == other }) {
        tasks.append(task(other))
      }
      return tasks.count < room
    }
    if isJoint {
      for other in (worker + 1)..<max(worker + 1, workers) where !add(other) { break }
    } else {
      queue.visit { states[$0].phase == .start || hasCrashed($0) || add($0) }
      if tasks.count < room { heap.visitEarly { !isUnderWay($0) || add(Int($0.worker)) } }
    }
    ahead.compute(tasks, shards: shards, phased: phases?.shards)
  }

  /// Makes a worker's own update.
  @inline(__always)
  func applyAlone(_ worker: Int) {
    let gradient = gradient(of: worker)
    if isBlocks {
      applyToShard(worker, gradient)
    } else {
      vector.letGo(states[worker].view)
      guard !optimizer.isPlainDescent else {
        return descend(along: gradient, number: number(of: worker))
      }
      optimizer.apply(
        gradient, to: vector.advance(), state: optimizerState, offset: 0,
        count: model.parameterCount, step: updates &+ 1, number: number(of: worker))
    }
  }

  /// Makes a step of plain gradient descent from one version to the next, in one pass.
  @inline(__always)
  private func descend(along gradient: UnsafePointer<Scalar>, number: Int) {
    let old = vector.advanceElsewhere()
    VectorSum.descend(
      from: old, along: gradient, rate: optimizer.rate(at: number),
      into: vector.values(vector.newest), count: model.parameterCount)
  }

  private func applyToShard(_ worker: Int, _ gradient: UnsafePointer<Scalar>) {
    shards?.letGo(by: worker)
    guard let place = shards?.place(worker), let values = shards?.advance(worker) else { return }
    optimizer.apply(
      gradient, to: values,
      state: optimizerState.advanced(by: place.start),
      offset: 0, count: place.count, step: states[worker].clock &+ 1,
      number: number(of: worker))
  }

  /// Makes one update with the average of all workers' gradients.
  func applyJointly() {
    averageGradients()
    stepJointly()
  }

  /// Averages all workers' gradients, added up by their numbers, while all are at one clock.
  func averageGradients() {
    guard let average else { return }
    let count = model.parameterCount
    let scale = 1 / Scalar(workers)
    for worker in 0..<workers {
      VectorSum.accumulate(
        gradient(of: worker), scale: scale, into: average, count: count, overwrite: worker == 0)
    }
  }

  /// Makes one update with the average.
  func stepJointly() {
    guard let average else { return }
    optimizer.apply(
      average, to: vector.advance(), state: optimizerState, offset: 0, count: model.parameterCount,
      step: updates &+ 1, number: updates)
  }
}
