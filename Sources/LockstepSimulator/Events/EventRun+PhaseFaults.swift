import LockstepCore

/// Workers that crash or start again while they read, compute or apply.
extension EventRun {
  /// Loses what a worker holds between the beginning of its read and the end of its update.
  ///
  /// The shards that an update has written stay as they are; the rest of it is never made, and
  /// another update takes its place among those of the run. A lock stays held.
  func dropPhase(of worker: Int, _ table: PhaseTable<Scalar>) {
    switch table.states[worker].stage {
    case .reading:
      forget(worker)
      dropView(of: worker, copies: table.states[worker].done + 1, table)
    case .computing:
      forget(worker)
      dropView(of: worker, copies: table.readParts, table)
    case .applying:
      table.shown[worker] = nil
      if let shards = table.shards {
        shards.dropUpdate(of: target(worker, table))
        table.gradients.giveBack(table.states[worker].gradient)
      } else {
        dropView(of: worker, copies: 1, table)
      }
    case .waiting:
      guard states[worker].phase == .apply else { return }
      forget(worker)
      dropView(of: worker, copies: table.readParts, table)
    }
    table.states[worker].stage = .waiting
    giveUpPlace(worker, table)
  }

  private func dropView(of worker: Int, copies: Int, _ table: PhaseTable<Scalar>) {
    if let shards = table.shards {
      shards.letGo(by: worker, copies: copies)
    } else {
      vector.letGo(states[worker].view)
    }
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

  /// Hands the lock to whoever stands in line first and is alive.
  func passLock(_ table: PhaseTable<Scalar>) {
    while let next = table.passLock() {
      if !hasCrashed(next) { return queue.append(next) }
    }
  }
}
