import LockstepCore
import LockstepModels

/// The loop: events in the order of time, and whom each of them lets go on.
extension EventRun {
  /// Carries out some events.
  ///
  /// - Returns: false when the run has ended.
  @inline(__always)
  func carryOutEvents() -> Bool {
    for _ in 0..<burst {
      guard isGoingOn else { return false }
      guard let event = heap.takeFirst() else {
        stall()
        return false
      }
      if let faults, !passesFaults(event, faults) {
        // Only a fault, or a block that has ended.
      } else {
        assert(adversary != nil || event.time >= now, "time goes forward")
        now = adversary == nil ? event.time : now &+ ServiceLaw.ticksPerUnit
        let worker = Int(event.worker)
        if states[worker].stage == .computing { finish(worker) } else { endPart(worker) }
      }
      while status == nil, let worker = queue.popFirst() { resume(worker) }
    }
    return isGoingOn
  }

  /// Lets those go on who were about to when the run was stopped.
  func drainQueue() {
    while status == nil, let worker = queue.popFirst() { resume(worker) }
  }

  /// Admits whoever may start at time 0.
  func admitAll() {
    for worker in 0..<workers where !hasWork(worker) { retire(worker) }
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

  /// Lets a worker go on where its condition holds, and hangs it up where it will.
  @inline(__always)
  private func letGoOn(_ worker: Int, when condition: ClockCondition, at clock: Int) {
    if condition.counter == .computed {
      if computed.holds(condition, at: clock) { return batch.add(worker) }
      computed.wait(worker, for: condition, at: clock)
    } else {
      if completed.holds(condition, at: clock) { return batch.add(worker) }
      completed.wait(worker, for: condition, at: clock)
    }
  }

  /// Lets a worker's next iteration start, now or when its policy does.
  @inline(__always)
  private func admit(_ worker: Int) {
    letGoOn(worker, when: starts[worker], at: states[worker].clock)
  }

  @inline(__always)
  private func resume(_ worker: Int) {
    if let faults, !mayGoOn(worker, faults) { return }
    states[worker].waited &+= now &- states[worker].since
    states[worker].since = now
    if states[worker].stage == .waiting { start(worker) } else { apply(worker) }
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

  /// Ends a computation: the update is ready to be applied.
  @inline(__always)
  private func finish(_ worker: Int) {
    let clock = states[worker].clock
    states[worker].computed &+= now &- states[worker].since
    states[worker].since = now
    if let trace { trace.finished(worker, at: virtualTime) }
    if let phases, isObserved, !phases.isExclusive { noteStaleness(of: worker, phases) }
    guard computed.isWatched else { return apply(worker) }
    computed.publish(clock &+ 1, by: worker, releasing: &batch)
    if applies[worker].subject == .nobody {
      apply(worker)
    } else {
      states[worker].stage = .ready
      letGoOn(worker, when: applies[worker], at: clock)
    }
    batch.drain(into: &queue)
  }

  /// Completes an iteration and asks for the next.
  @inline(__always)
  func tick(_ worker: Int) {
    states[worker].clock &+= 1
    states[worker].stage = .waiting
    if hasPlaces { places[worker] = -1 }
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
