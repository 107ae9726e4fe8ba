import LockstepCore
import LockstepModels
import LockstepParameters

/// Reading and applying that take time.
///
/// A read copies the shards one after another, each in an equal part of its duration, and holds the
/// version that a shard has when its part begins. An update makes a shard's new version when its part
/// ends. The end of each part is an event.
extension EventRun {
  /// Makes what a run with such durations keeps; `nil` where they take no time.
  static func phases(
    _ laws: PhaseLaws, _ configuration: EngineConfiguration, _ rules: WorkerRules,
    isJoint: Bool, from parameters: UnsafePointer<Scalar>, count: Int
  ) -> PhaseTable<Scalar>? {
    guard laws.read != nil || laws.apply != nil else { return nil }
    let workers = configuration.workers
    let layout = ShardLayout.even(
      parameterCount: count, shards: min(workers, count), scalarBytes: MemoryLayout<Scalar>.stride)
    let isBlocks = configuration.decomposition == .blocks
    return PhaseTable(
      laws: laws,
      shards: isJoint
        ? nil
        : PhasedShards(
          layout: layout, workers: workers, notesStaleness: isBlocks && !rules.joinsSteps,
          from: parameters),
      shardCount: layout.shardCount, workers: workers,
      largest: isJoint ? 0 : isBlocks ? layout.ranges.map(\.count).max() ?? 1 : count,
      isExclusive: rules.access == .exclusive)
  }

  /// Carries out the end of a part of a worker's reading, of its computation, or of a part of its
  /// applying.
  @inline(never)
  func step(_ worker: Int, _ table: PhaseTable<Scalar>) {
    switch table.states[worker].stage {
    case .reading: endReadPart(worker, table)
    case .applying: endApplyPart(worker, table)
    default: finish(worker)
    }
  }

  // MARK: Reading

  /// Begins to read a view, as soon as the lock is free where there is one.
  @inline(never)
  func beginRead(_ worker: Int, _ table: PhaseTable<Scalar>) {
    guard table.takesLock(worker) else { return }
    states[worker].seen = updates
    noteRead(of: worker)
    let clock = states[worker].clock
    table.states[worker].begin(.reading, at: now)
    if table.shards == nil { states[worker].view = vector.hold() }
    guard let law = table.laws.read else {
      if let shards = table.shards {
        for shard in 0..<shards.count {
          shards.beginCopy(of: shard, by: worker)
          shards.endCopy(of: shard, by: worker)
        }
      }
      return endRead(worker, table)
    }
    table.states[worker].duration = law.ticks(seed: seed, worker: worker, clock: clock)
    beginReadPart(worker, table)
  }

  private func beginReadPart(_ worker: Int, _ table: PhaseTable<Scalar>) {
    table.shards?.beginCopy(of: table.states[worker].done, by: worker)
    schedule(worker, at: table.states[worker].nextEnd(of: table.readParts))
  }

  private func endReadPart(_ worker: Int, _ table: PhaseTable<Scalar>) {
    table.shards?.endCopy(of: table.states[worker].done, by: worker)
    table.states[worker].done += 1
    if table.states[worker].done < table.readParts {
      beginReadPart(worker, table)
    } else {
      endRead(worker, table)
    }
  }

  private func endRead(_ worker: Int, _ table: PhaseTable<Scalar>) {
    table.states[worker].read &+= now &- table.states[worker].began
    table.states[worker].stage = .computing
    states[worker].since = now
    if let trace {
      trace.viewed(worker, at: virtualTime) { shard in
        table.shards?.version(of: shard, inViewOf: worker) ?? updates
      }
    }
    passLock(table)
    beginComputing(worker)
  }

  // MARK: Applying

  /// Begins to apply an update, as soon as the lock is free where there is one.
  @inline(never)
  func beginApply(_ worker: Int, _ table: PhaseTable<Scalar>) {
    states[worker].phase = .apply
    table.states[worker].stage = .waiting
    if !isJoint, !table.states[worker].isCounted {
      // Of updates under way at the end, either every part is made or none.
      guard table.begun < total else { return table.turnedAway.append(worker) }
      table.states[worker].number = table.everBegun
      table.states[worker].place = table.begun
      table.begun += 1
      table.everBegun += 1
      table.states[worker].isCounted = true
    }
    guard table.takesLock(worker) else { return }
    // Under a lock an update is ready when it has that.
    if isObserved, table.isExclusive { noteStaleness(of: worker, table) }
    if let shards = table.shards {
      if table.states[worker].number >= nextShown {
        beginShowing(worker, number: table.states[worker].number, table)
      }
      let place = isBlocks ? shards.place(worker).count : model.parameterCount
      let buffer = table.gradients.take()
      table.gradients.buffers[buffer].update(from: gradient(of: worker), count: place)
      table.states[worker].gradient = buffer
      shards.letGo(by: worker)
    }
    trace?.applying(worker, at: virtualTime)
    if let trace, optimizer.hasSchedule { trace.numbered(worker, number(of: worker)) }
    table.states[worker].begin(.applying, at: now)
    guard let law = table.laws.apply else {
      for _ in 0..<applyParts(table) {
        beginUpdate(worker, table)
        endUpdate(worker, table)
      }
      return endApply(worker, table)
    }
    table.states[worker].duration = law.ticks(
      seed: seed, worker: worker, clock: states[worker].clock)
    beginApplyPart(worker, table)
  }

  /// The number of parts of applying an update.
  private func applyParts(_ table: PhaseTable<Scalar>) -> Int {
    isBlocks ? 1 : table.shards?.count ?? 1
  }

  /// The shard that a worker updates next; it begins with its own.
  func target(_ worker: Int, _ table: PhaseTable<Scalar>) -> Int {
    isBlocks ? worker : (worker + table.states[worker].done) % max(1, table.readParts)
  }

  private func beginUpdate(_ worker: Int, _ table: PhaseTable<Scalar>) {
    table.shards?.beginUpdate(of: target(worker, table))
  }

  private func endUpdate(_ worker: Int, _ table: PhaseTable<Scalar>) {
    defer { table.states[worker].done += 1 }
    guard let shards = table.shards else { return }
    let shard = target(worker, table)
    let place = shards.place(shard)
    let gradient = UnsafePointer(table.gradients.buffers[table.states[worker].gradient])
    let step = shards.number(shard) + 1
    if !table.shown.isEmpty { showPart(worker, of: shard, table) }
    optimizer.apply(
      isBlocks ? gradient : gradient + place.start, to: shards.endUpdate(of: shard),
      state: optimizerState.advanced(by: place.start),
      offset: 0, count: place.count, step: step, number: number(of: worker))
    trace?.updated(worker, shard: shard, version: step)
  }

  private func beginApplyPart(_ worker: Int, _ table: PhaseTable<Scalar>) {
    beginUpdate(worker, table)
    schedule(worker, at: table.states[worker].nextEnd(of: applyParts(table)))
  }

  private func endApplyPart(_ worker: Int, _ table: PhaseTable<Scalar>) {
    endUpdate(worker, table)
    if table.states[worker].done < applyParts(table) {
      beginApplyPart(worker, table)
    } else {
      endApply(worker, table)
    }
  }

  private func endApply(_ worker: Int, _ table: PhaseTable<Scalar>) {
    table.states[worker].applied &+= now &- table.states[worker].began
    table.states[worker].stage = .waiting
    table.states[worker].isCounted = false
    states[worker].since = now
    if isJoint {
      table.arrived += 1
      // The first one through goes on to its next clock: every gradient is needed before. Where
      // somebody has crashed meanwhile, the step is never made.
      if table.arrived == 1, deadCount == 0 { averageGradients() }
      if table.arrived == workers {
        table.arrived = 0
        if updates >= nextShown { showJointUpdate() }
        if isObserved { countStaleness(of: worker, table) }
        stepJointly()
        updates &+= 1
        for other in 0..<workers { vector.letGo(states[other].view) }
        noteForEnsemble()
      }
      trace?.updated(worker, shard: worker, version: states[worker].clock &+ 1)
    } else {
      if !table.shown.isEmpty { endShowing(worker, table) }
      if isObserved { countStaleness(of: worker, table) }
      table.gradients.giveBack(table.states[worker].gradient)
      updates &+= 1
      if round == 1 || updates % round == 0 || updates == total { noteForEnsemble() }
    }
    trace?.ended(worker, at: virtualTime)
    passLock(table)
    tick(worker)
    // A joint round's point is taken when everybody is through.
    if updates == nextPause, table.arrived == 0 { pause() }
  }
}
