import LockstepCore
import LockstepModels

/// Gradients, and how stale their views are.
extension EventRun {
  /// Counts how stale the views of an update are that is made now: of every gradient of a joint one.
  ///
  /// An update that waits to be applied waits for all gradients of its round, none of which is applied
  /// before: it is as fresh as when it was ready. Where applying takes time, what counts was noted when
  /// the update was ready. Any other is made at the moment when it is ready.
  @inline(__always)
  func countStaleness(of worker: Int) {
    if isJoint {
      staleness.record(0, count: workers)
    } else if joinsSteps {
      staleness.record(0, count: workers &- 1)
    } else if let phases {
      countNotedStaleness(of: worker, phases)
    } else if isBlocks {
      store.countStaleness(since: states[worker].seen, besides: worker, into: &staleness)
    } else {
      staleness.record(updates &- states[worker].seen, count: 1)
    }
  }

  /// Notes how stale an update is at the moment when it is ready; it counts once it is made.
  func noteStaleness(of worker: Int, _ table: PhaseTable<Scalar>) {
    if joinsSteps { return }
    if isBlocks {
      table.views?.noteStaleness(of: worker)
    } else {
      table.states[worker].staleness = updates &- states[worker].seen
    }
  }

  private func countNotedStaleness(of worker: Int, _ table: PhaseTable<Scalar>) {
    if isBlocks {
      table.views?.countStaleness(of: worker, into: &staleness)
    } else {
      staleness.record(table.states[worker].staleness, count: 1)
    }
  }

  /// The parameters that a worker updates.
  @inline(__always)
  func range(of worker: Int) -> Range<Int> { isBlocks ? store.place(worker).range : 0..<count }

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
    return GradientTask(
      worker: worker, clock: state.clock, range: range(of: worker),
      view: isInParts ? nil : UnsafePointer(store.values(state.view)), moment: state.seen,
      begun: hasPlaces ? places[worker] : 0)
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
      task(worker), store: store, views: phases?.views, into: lane.gradient)
    return UnsafePointer(lane.gradient)
  }

  /// Computes a worker's gradient and those of others whose views are fixed already.
  private func computeAhead(_ worker: Int, with ahead: GradientsAhead<Scalar>) {
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
      queue.visit { states[$0].stage == .waiting || hasCrashed($0) || add($0) }
      if tasks.count < room { heap.visitEarly { !isUnderWay($0) || add(Int($0.worker)) } }
    }
    ahead.compute(tasks, store: store, views: phases?.views)
  }

  /// Averages all workers' gradients, added up by their numbers, while all are at one clock.
  func averageGradients() {
    let weight = Scalar(budget.gradientWeight)
    for worker in 0..<workers {
      VectorSum.accumulate(
        gradient(of: worker), scale: weight, into: average.base, count: count,
        overwrite: worker == 0)
    }
  }
}
