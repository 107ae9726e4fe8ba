import LockstepCore
import LockstepModels

/// An iteration: reading, computing and applying.
///
/// A phase is an instant where its length is 0. A read that takes time copies the shards one after
/// another, each in an equal part of its duration, and holds the version that a shard has when its part
/// begins. An update that takes time makes a shard's new version when its part ends. The end of each
/// part is an event.
extension EventRun {
  /// Carries out the end of a part of a worker's reading or applying.
  @inline(never)
  func endPart(_ worker: Int) {
    guard let phases else { return }
    if states[worker].stage == .reading {
      endReadPart(worker, phases)
    } else {
      endApplyPart(worker, phases)
    }
  }

  // MARK: Reading

  /// Reads a view and begins to compute, as soon as the lock is free where there is one.
  @inline(__always)
  func start(_ worker: Int) {
    if let phases, !phases.takesLock(worker) { return }
    states[worker].seen = updates
    reads &+= 1
    // An iteration is counted unless it is begun once more.
    if hasPlaces, places[worker] < 0 {
      places[worker] = begun
      begun &+= 1
    }
    if let trace { noteStart(of: worker, in: trace) }
    if let phases { return beginRead(worker, phases) }
    if isInParts { store.holdAll(by: worker) } else { states[worker].view = store.hold(0) }
    beginComputing(worker)
  }

  private func noteStart(of worker: Int, in trace: EventTrace) {
    trace.began(
      worker, clock: states[worker].clock, at: virtualTime, takesTime: phases?.laws.read != nil,
      line: hasPlaces ? places[worker] : nil
    ) {
      isBlocks ? states[$0].clock : updates
    }
  }

  @inline(never)
  private func beginRead(_ worker: Int, _ table: PhaseTable<Scalar>) {
    table.states[worker].begin(at: now)
    if table.views == nil { states[worker].view = store.hold(0) }
    guard let law = table.laws.read else {
      if let views = table.views {
        for shard in 0..<views.count {
          views.beginCopy(of: shard, by: worker)
          views.endCopy(of: shard, by: worker)
        }
      }
      return endRead(worker, table)
    }
    states[worker].stage = .reading
    table.states[worker].duration = law.ticks(
      seed: seed, worker: worker, clock: states[worker].clock)
    beginReadPart(worker, table)
  }

  private func beginReadPart(_ worker: Int, _ table: PhaseTable<Scalar>) {
    table.views?.beginCopy(of: table.states[worker].done, by: worker)
    schedule(worker, at: table.states[worker].nextEnd(of: table.readParts))
  }

  private func endReadPart(_ worker: Int, _ table: PhaseTable<Scalar>) {
    table.views?.endCopy(of: table.states[worker].done, by: worker)
    table.states[worker].done += 1
    if table.states[worker].done < table.readParts {
      beginReadPart(worker, table)
    } else {
      endRead(worker, table)
    }
  }

  private func endRead(_ worker: Int, _ table: PhaseTable<Scalar>) {
    table.states[worker].read &+= now &- table.states[worker].began
    states[worker].since = now
    trace?.viewed(worker, at: virtualTime) { shard in
      table.views?.number(of: shard, inViewOf: worker) ?? updates
    }
    passLock(table)
    beginComputing(worker)
  }

  /// Lets a worker's view go.
  ///
  /// - Parameter copies: the number of shards in a view that is put together one by one; `nil` for all.
  @inline(__always)
  func letGoView(of worker: Int, copies: Int? = nil) {
    if !isInParts {
      store.letGo(states[worker].view, of: 0)
    } else if let views = phases?.views {
      views.letGo(by: worker, copies: copies ?? views.count)
    } else {
      store.letGoAll(by: worker)
    }
  }

  // MARK: Computing

  @inline(__always)
  private func beginComputing(_ worker: Int) {
    states[worker].stage = .computing
    let clock = states[worker].clock
    var end = now &+ law.ticks(seed: seed, worker: worker, clock: clock)
    if let adversary { end = adversary.rank(worker: worker, clock: clock, sequence: reads) }
    schedule(worker, at: end)
  }

  // MARK: Applying

  /// Applies an update, as soon as the lock is free where there is one.
  @inline(__always)
  func apply(_ worker: Int) {
    if let phases { return beginApply(worker, phases) }
    if isJoint {
      // A joint step takes everybody; where one has crashed meanwhile, it is never made.
      if deadCount > 0 { return }
      trace?.applying(worker, at: virtualTime)
      if states[worker].clock == updates {
        averageGradients()
        makeJointStep()
      }
      letGoView(of: worker)
      trace?.updated(worker, shard: worker, version: states[worker].clock &+ 1)
    } else {
      applyAtOnce(worker)
    }
    complete(worker)
  }

  /// Makes a worker's whole update in an instant.
  @inline(__always)
  private func applyAtOnce(_ worker: Int) {
    let place = phases?.states[worker].number ?? updates
    if place >= nextShown { showUpdate(of: worker, update: place) }
    if isObserved { countStaleness(of: worker) }
    let gradient = gradient(of: worker)
    letGoView(of: worker)
    if let trace { noteApply(of: worker, in: trace) }
    if isBlocks {
      phases?.views?.noteUpdate(of: worker)
      update(worker, of: worker, along: gradient)
    } else if isInParts {
      for shard in 0..<store.shardCount {
        phases?.views?.noteUpdate(of: shard)
        update(shard, of: worker, along: gradient + store.place(shard).start)
      }
    } else {
      update(
        0, of: store, along: gradient, step: updates &+ 1, number: number(of: worker))
      trace?.updated(worker, shard: 0, version: updates &+ 1)
    }
  }

  /// Makes a worker's update of a shard that has versions of its own.
  @inline(__always)
  private func update(_ shard: Int, of worker: Int, along gradient: UnsafePointer<Scalar>) {
    let step = store.number(shard) &+ 1
    update(shard, of: store, along: gradient, step: step, number: number(of: worker))
    trace?.updated(worker, shard: shard, version: step)
  }

  private func noteApply(of worker: Int, in trace: EventTrace) {
    trace.applying(worker, at: virtualTime)
    // A joint update's number is its clock.
    if optimizer.hasSchedule, !isJoint { trace.numbered(worker, number(of: worker)) }
  }

  /// Begins to apply an update where reading or applying takes time.
  @inline(never)
  private func beginApply(_ worker: Int, _ table: PhaseTable<Scalar>) {
    states[worker].stage = .ready
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
    table.states[worker].begin(at: now)
    guard let law = table.laws.apply else {
      if isJoint {
        if let trace { noteApply(of: worker, in: trace) }
        arrive(worker, table)
      } else {
        applyAtOnce(worker)
      }
      return complete(worker)
    }
    states[worker].stage = .applying
    if let views = table.views {
      if table.states[worker].number >= nextShown {
        beginShowing(worker, number: table.states[worker].number, table)
      }
      let buffer = table.gradients.take()
      table.gradients[buffer].update(from: gradient(of: worker), count: range(of: worker).count)
      table.states[worker].gradient = buffer
      views.letGo(by: worker, copies: views.count)
    }
    if let trace { noteApply(of: worker, in: trace) }
    table.states[worker].duration = law.ticks(
      seed: seed, worker: worker, clock: states[worker].clock)
    beginApplyPart(worker, table)
  }

  /// The number of parts of applying an update.
  private func applyParts(_ table: PhaseTable<Scalar>) -> Int {
    isBlocks ? 1 : table.readParts
  }

  /// The shard that a worker updates next; it begins with its own.
  func target(_ worker: Int, _ table: PhaseTable<Scalar>) -> Int {
    isBlocks ? worker : (worker + table.states[worker].done) % max(1, table.readParts)
  }

  private func beginApplyPart(_ worker: Int, _ table: PhaseTable<Scalar>) {
    table.views?.beginUpdate(of: target(worker, table))
    schedule(worker, at: table.states[worker].nextEnd(of: applyParts(table)))
  }

  private func endApplyPart(_ worker: Int, _ table: PhaseTable<Scalar>) {
    if let views = table.views {
      let shard = target(worker, table)
      let gradient = UnsafePointer(table.gradients[table.states[worker].gradient])
      if !table.shown.isEmpty { showPart(worker, of: shard, table) }
      views.endUpdate(of: shard)
      update(
        shard, of: worker, along: isBlocks ? gradient : gradient + store.place(shard).start)
    }
    table.states[worker].done += 1
    guard table.states[worker].done == applyParts(table) else {
      return beginApplyPart(worker, table)
    }
    table.states[worker].applied &+= now &- table.states[worker].began
    states[worker].since = now
    if isJoint {
      arrive(worker, table)
    } else {
      if !table.shown.isEmpty { endShowing(worker, table) }
      if isObserved { countStaleness(of: worker) }
      table.gradients.giveBack(table.states[worker].gradient)
    }
    complete(worker)
  }

  /// Makes a joint step when its last worker is through with applying it.
  private func arrive(_ worker: Int, _ table: PhaseTable<Scalar>) {
    table.arrived += 1
    // The first one through goes on to its next clock: every gradient is needed before. Where
    // somebody has crashed meanwhile, the step is never made.
    if table.arrived == 1, deadCount == 0 { averageGradients() }
    if table.arrived == workers {
      table.arrived = 0
      makeJointStep()
      for other in 0..<workers { letGoView(of: other) }
    }
    trace?.updated(worker, shard: worker, version: states[worker].clock &+ 1)
  }

  /// Makes one update with the average of all workers' gradients.
  private func makeJointStep() {
    if updates >= nextShown { showJointUpdate() }
    if isObserved { countStaleness(of: 0) }
    update(0, of: store, along: average.base, step: updates &+ 1, number: updates)
    updates &+= 1
    noteForEnsemble()
  }

  /// Ends an update that is applied.
  @inline(__always)
  private func complete(_ worker: Int) {
    if !isJoint {
      updates &+= 1
      if round == 1 || updates % round == 0 || updates == total { noteForEnsemble() }
    }
    trace?.ended(worker, at: virtualTime)
    if let phases {
      phases.states[worker].isCounted = false
      passLock(phases)
    }
    tick(worker)
    guard updates == nextPause else { return }
    // A joint round's point is taken when its last worker is through.
    if let phases {
      if phases.arrived == 0 { pause() }
    } else if !isJoint || worker == workers &- 1 {
      pause()
    }
  }

  /// Shows the ensemble the newest parameters.
  @inline(__always)
  private func noteForEnsemble() {
    if isInParts {
      guard ensemble.wants(updates) else { return }
      readParameters()
      ensemble.record(update: updates, parameters: UnsafePointer(snapshot.base), count: count)
    } else {
      ensemble.record(
        update: updates, parameters: UnsafePointer(store.newestValues(0)), count: count)
    }
  }

  /// Hands the lock to whoever stands in line first and is alive.
  private func passLock(_ table: PhaseTable<Scalar>) {
    while let next = table.passLock() {
      if !hasCrashed(next) { return queue.append(next) }
    }
  }
}
