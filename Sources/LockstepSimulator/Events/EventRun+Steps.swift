import LockstepCore
import LockstepModels

extension EventRun {
  /// Makes some events.
  ///
  /// - Returns: false when the run has ended.
  @specialized(where Model == Quadratic<Double>)
  @specialized(where Model == Quadratic<Float>)
  @specialized(where Model == LinearModel<Double>)
  @specialized(where Model == LinearModel<Float>)
  @specialized(where Model == MultilayerPerceptron<Double>)
  @specialized(where Model == MultilayerPerceptron<Float>)
  @specialized(where Model == Factorization<Double>)
  @specialized(where Model == Factorization<Float>)
  func advance() -> Bool {
    for _ in 0..<burst {
      guard status == nil, updates < total, !hasOverflowed else { return false }
      guard let event = heap.takeFirst() else {
        stall()
        return false
      }
      if let faults, !passesFaults(event, faults) {
        // Only a fault, or a block that has ended.
      } else {
        now = adversary == nil ? event.time : now &+ ServiceLaw.ticksPerUnit
        if let phases { step(Int(event.worker), phases) } else { finish(Int(event.worker)) }
      }
      while status == nil, let worker = queue.popFirst() { resume(worker) }
    }
    return status == nil && updates < total && !hasOverflowed
  }

  /// Admits whoever may start at time 0.
  func admitAll() {
    for worker in 0..<workers {
      if !hasWork(worker) { retire(worker) }
    }
    for worker in 0..<workers where hasWork(worker) { admit(worker) }
    batch.drain(into: &queue)
    while let worker = queue.popFirst() { resume(worker) }
  }

  /// Whether a worker has another iteration to make.
  @inline(__always)
  func hasWork(_ worker: Int) -> Bool {
    states[worker].clock < states[worker].share
  }

  /// Lets nobody wait for a worker any more.
  private func retire(_ worker: Int) {
    states[worker].share = states[worker].clock
    if computed.isWatched {
      computed.publish(ClockBook.finished, by: worker, releasing: &batch)
    }
    if completed.isWatched {
      completed.publish(ClockBook.finished, by: worker, releasing: &batch)
    }
  }

  @inline(__always)
  private func holds(_ condition: ClockCondition, at clock: Int) -> Bool {
    condition.counter == .computed
      ? computed.holds(condition, at: clock) : completed.holds(condition, at: clock)
  }

  private func wait(_ worker: Int, for condition: ClockCondition, at clock: Int) {
    if condition.counter == .computed {
      computed.wait(worker, for: condition, at: clock)
    } else {
      completed.wait(worker, for: condition, at: clock)
    }
  }

  /// Lets a worker's next iteration start, now or when its policy does.
  @inline(__always)
  private func admit(_ worker: Int) {
    let condition = starts[worker]
    let clock = states[worker].clock
    states[worker].phase = .start
    if holds(condition, at: clock) {
      batch.add(worker)
    } else {
      wait(worker, for: condition, at: clock)
    }
  }

  @inline(__always)
  private func resume(_ worker: Int) {
    if let faults, !mayGoOn(worker, faults) { return }
    states[worker].waited &+= now &- states[worker].since
    states[worker].since = now
    if states[worker].phase == .start { start(worker) } else { apply(worker) }
  }

  /// Reads a view and begins to compute.
  @inline(__always)
  func start(_ worker: Int) {
    if let phases { return beginRead(worker, phases) }
    states[worker].seen = updates
    if isBlocks { shards?.hold(by: worker) } else { states[worker].view = vector.hold() }
    noteRead(of: worker)
    beginComputing(worker)
  }

  /// Counts a view that is read from now on, and its iteration unless that is begun once more.
  @inline(__always)
  func noteRead(of worker: Int) {
    reads &+= 1
    if let places, places[worker] < 0 {
      places[worker] = begun
      begun &+= 1
    }
    if let trace { noteStart(of: worker, in: trace) }
  }

  /// Begins to compute at the view.
  @inline(__always)
  func beginComputing(_ worker: Int) {
    let duration = law.ticks(seed: seed, worker: worker, clock: states[worker].clock)
    var end = now &+ duration
    if let adversary {
      end = adversary.rank(worker: worker, clock: states[worker].clock, sequence: reads)
    }
    schedule(worker, at: end)
  }

  /// Puts the end of what a worker does among the events to come.
  @inline(__always)
  func schedule(_ worker: Int, at end: UInt64) {
    if end > 1 << 62 { hasOverflowed = true }
    if let faults {
      faults.states[worker].isBusy = true
      faults.states[worker].due = end
    }
    heap.insert(Event(time: end, worker: Int32(truncatingIfNeeded: worker)))
  }

  func noteStart(of worker: Int, in trace: EventTrace) {
    trace.began(
      worker, clock: states[worker].clock, at: virtualTime, takesTime: phases?.laws.read != nil,
      line: places?[worker]
    ) {
      isBlocks ? states[$0].clock : updates
    }
  }

  /// Ends a computation: the update is ready to be applied.
  @inline(__always)
  func finish(_ worker: Int) {
    let clock = states[worker].clock
    states[worker].computed &+= now &- states[worker].since
    states[worker].since = now
    if let trace { trace.finished(worker, at: virtualTime) }
    if let phases, isObserved, !phases.isExclusive { noteStaleness(of: worker, phases) }
    guard computed.isWatched else { return apply(worker) }
    computed.publish(clock &+ 1, by: worker, releasing: &batch)
    let condition = applies[worker]
    if condition.subject == .nobody {
      apply(worker)
    } else {
      states[worker].phase = .apply
      if holds(condition, at: clock) {
        batch.add(worker)
      } else {
        wait(worker, for: condition, at: clock)
      }
    }
    batch.drain(into: &queue)
  }

  /// Applies an update and completes the iteration.
  @inline(__always)
  private func apply(_ worker: Int) {
    if let phases { return beginApply(worker, phases) }
    if isJoint {
      // A joint step takes everybody; where one has crashed meanwhile, it is never made.
      if deadCount > 0 { return }
      if states[worker].clock == updates {
        if updates >= nextShown { showJointUpdate() }
        if isObserved { countStaleness(of: worker) }
        applyJointly()
        updates &+= 1
        noteForEnsemble()
      }
      vector.letGo(states[worker].view)
    } else {
      if updates >= nextShown { showUpdate(of: worker) }
      if isObserved { countStaleness(of: worker) }
      applyAlone(worker)
      updates &+= 1
      if round == 1 || updates % round == 0 || updates == total { noteForEnsemble() }
    }
    if let trace {
      // A joint update's number is its clock.
      if optimizer.hasSchedule, !isJoint {
        trace.numbered(worker, budget.stepsInRounds ? number(of: worker) : updates &- 1)
      }
      let version = isBlocks || isJoint ? states[worker].clock &+ 1 : updates
      trace.applied(worker, at: virtualTime, version: version)
    }
    tick(worker)
    // A joint round's point is taken when its last worker is through.
    if updates == nextPause, !isJoint || worker == workers &- 1 { pause() }
  }

  /// Shows the ensemble the newest parameters.
  @inline(__always)
  func noteForEnsemble() {
    if isBlocks || phases?.shards != nil {
      guard ensemble.wants(updates) else { return }
      readParameters()
      ensemble.record(update: updates, parameters: snapshot, count: model.parameterCount)
    } else {
      ensemble.record(
        update: updates, parameters: vector.values(vector.newest), count: model.parameterCount)
    }
  }

  /// Completes an iteration and asks for the next.
  @inline(__always)
  func tick(_ worker: Int) {
    states[worker].clock &+= 1
    if let places { places[worker] = -1 }
    if hasWork(worker) {
      if completed.isWatched {
        completed.publish(states[worker].clock, by: worker, releasing: &batch)
      }
      admit(worker)
    } else {
      retire(worker)
    }
    batch.drain(into: &queue)
  }
}
