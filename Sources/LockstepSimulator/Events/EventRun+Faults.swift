import LockstepCore
import LockstepTelemetry

/// Workers that stall, crash and restart.
///
/// Faults stand in the heap as events of negative workers, so they come before everything else of
/// their tick. What they make out of date stays in the heap and is passed over.
extension EventRun {
  /// Puts the faults among the events to come.
  func scheduleFaults() {
    guard let table = faults else { return }
    for (index, fault) in table.faults.enumerated() {
      heap.insert(
        Event(time: ServiceLaw.ticks(fault.time), worker: Int32(-1 - index)))
    }
  }

  /// Carries out an event if it is a fault or the end of a block; time stands still where it is a
  /// fault that hits nobody, or out of date.
  ///
  /// - Returns: whether it is the end of a computation, or of a part of reading or applying, which is
  ///   still to be carried out.
  @inline(never)
  func passesFaults(_ event: Event, _ table: FaultTable) -> Bool {
    if event.worker < 0 {
      let before = now
      now = event.time
      if !strike(table.faults[Int(-1 - event.worker)], table) { now = before }
      return false
    }
    let worker = Int(event.worker)
    guard table.states[worker].due == event.time, !table.states[worker].isDead else {
      return false
    }
    table.states[worker].due = 0
    if table.states[worker].isBusy {
      table.states[worker].isBusy = false
      return true
    }
    now = event.time
    queue.append(worker)
    return false
  }

  /// Whether a worker may go on now; where it is blocked, it will be told when it may.
  @inline(never)
  func mayGoOn(_ worker: Int, _ table: FaultTable) -> Bool {
    let state = table.states[worker]
    guard !state.isDead else { return false }
    guard state.blockedUntil > now else { return true }
    table.states[worker].due = state.blockedUntil
    heap.insert(Event(time: state.blockedUntil, worker: Int32(truncatingIfNeeded: worker)))
    return false
  }

  /// - Returns: whether the fault stops or moves something that was under way, or lets somebody go on;
  ///   time stands still at one that hits a worker that waits.
  private func strike(_ fault: FaultSpecification, _ table: FaultTable) -> Bool {
    let worker = fault.worker
    guard !table.states[worker].isDead, hasWork(worker) else { return false }
    let isUnderWay = table.states[worker].due > 0
    switch fault.kind {
    case .stall(let duration):
      let ticks = ServiceLaw.ticks(duration)
      let state = table.states[worker]
      if state.isBusy {
        phases?.states[worker].late &+= ticks
        schedule(worker, at: state.due &+ ticks)
      } else {
        table.states[worker].blockedUntil = max(state.blockedUntil, now) &+ ticks
      }
    case .crash:
      drop(worker, table)
      table.states[worker].isDead = true
      table.states[worker].diedAt = now
      deadCount += 1
    case .restart:
      // An update that is being applied is past what can be lost.
      guard table.states[worker].isBusy, states[worker].stage != .applying else {
        return false
      }
      if states[worker].stage == .reading {
        phases?.states[worker].read &+= now &- states[worker].since
      } else {
        states[worker].computed &+= now &- states[worker].since
      }
      drop(worker, table)
      states[worker].since = now
      start(worker)
    }
    return isUnderWay || !queue.isEmpty
  }

  /// Loses what a worker holds between the beginning of its read and the end of its update.
  ///
  /// The shards that an update has written stay as they are; the rest of it is never made, and
  /// another update takes its place among those of the run. A lock stays held.
  private func drop(_ worker: Int, _ table: FaultTable) {
    // Its event is out of date, whatever it waits for from now on.
    table.states[worker].isBusy = false
    table.states[worker].due = 0
    switch states[worker].stage {
    case .waiting: return
    case .reading:
      forget(worker)
      letGoView(of: worker, copies: (phases?.states[worker].done ?? 0) + 1)
    case .computing, .ready:
      forget(worker)
      letGoView(of: worker)
    case .applying:
      phases?.shown[worker] = nil
      if let phases, let views = phases.views {
        views.endUpdate(of: target(worker, phases))
        phases.gradients.giveBack(phases.states[worker].gradient)
      } else {
        letGoView(of: worker)
      }
    }
    states[worker].stage = .waiting
    if let phases { giveUpPlace(worker, phases) }
  }

  /// Leaves an update's place among those of the run to whoever was turned away first.
  private func giveUpPlace(_ worker: Int, _ table: PhaseTable<Scalar>) {
    if table.states[worker].isCounted {
      table.states[worker].isCounted = false
      table.begun -= 1
    }
    guard table.begun < total else { return }
    while let next = table.turnedAway.popFirst() {
      if next != worker, !hasCrashed(next) { return queue.append(next) }
    }
  }

  /// Forgets an iteration, and its gradient where that was computed ahead.
  func forget(_ worker: Int) {
    trace?.lost(worker)
    if let ahead, ahead.has(worker) { _ = ahead.take(worker) }
  }

  /// Whether a computation of an event is under way, so that its gradient may be asked for.
  func isUnderWay(_ event: Event) -> Bool {
    guard event.worker >= 0, states[Int(event.worker)].stage == .computing else { return false }
    guard let table = faults else { return true }
    let state = table.states[Int(event.worker)]
    return state.isBusy && !state.isDead && state.due == event.time
  }

  /// Whether a worker will never go on.
  func hasCrashed(_ worker: Int) -> Bool { faults?.states[worker].isDead ?? false }

  /// Ends a run in which nobody can go on any more.
  func stall() {
    guard let table = faults else {
      preconditionFailure("a policy's rules always let somebody go on")
    }
    let dead = (0..<workers).filter { table.states[$0].isDead }
    // Under a lock they wait for whoever has died with it.
    let holder = phases?.holder.flatMap { table.states[$0].isDead ? $0 : nil }
    guard
      let worker = holder ?? dead.min(by: { (states[$0].clock, $0) < (states[$1].clock, $1) })
    else { return end(.stalled) }
    stalled = StallRecord(
      worker: worker, crashedAt: Self.units(table.states[worker].diedAt), since: virtualTime,
      waiting: (0..<workers).count { !table.states[$0].isDead && hasWork($0) })
    end(.stalled)
  }
}
