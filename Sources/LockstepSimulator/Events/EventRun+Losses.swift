import LockstepCore
import LockstepModels
import LockstepTelemetry

extension EventRun {
  /// The virtual time, in the law's unit.
  var virtualTime: Double { Double(now) / Double(ServiceLaw.ticksPerUnit) }

  /// Evaluates the first parameters and lets everybody who may start at time 0.
  func begin() {
    ensemble.begin()
    readParameters()
    ensemble.record(update: 0, parameters: snapshot, count: model.parameterCount)
    if isObserved {
      status = losses?.begin(at: snapshot)
      setNextPause()
    }
    for worker in 0..<workers {
      states[worker].share =
        budget.isDealt || isJoint
        ? budget.iterations(of: WorkerID(worker), within: total) : Int.max
    }
    guard status == nil else { return }
    scheduleFaults()
    admitAll()
  }

  /// Takes a point of the loss curve, between two events; virtual time stands still.
  @inline(never)
  func pause() {
    evaluate()
    setNextPause()
  }

  /// Ends the run where it is.
  func interrupt() {
    if status == nil { evaluate() }
    status = .interrupted
  }

  private func setNextPause() {
    guard let losses else { return }
    let wanted = losses.nextLook(after: updates)
    nextPause = wanted >= total ? total : min(total, budget.pausePoint(atOrAfter: wanted))
  }

  func evaluate() {
    readParameters()
    status = losses?.look(at: snapshot, update: updates, time: virtualTime) ?? status
  }

  /// Copies the newest parameters to the snapshot.
  func readParameters() {
    if let shards = phases?.shards {
      shards.copyNewest(into: snapshot)
    } else if let shards {
      shards.copy(at: shards.moment, into: snapshot)
    } else {
      snapshot.update(from: vector.values(vector.newest), count: model.parameterCount)
    }
  }

  /// Copies of shards, and those during which the shard was being updated.
  private var tornViews: TornViewsRecord {
    if let shards = phases?.shards {
      return TornViewsRecord(reads: shards.reads, torn: shards.torn)
    }
    return TornViewsRecord(reads: reads * (isBlocks ? workers : phases?.shardCount ?? 1), torn: 0)
  }

  /// What came of the run.
  func outcome() -> SimulationOutcome<Scalar> {
    readParameters()
    let unit = Double(ServiceLaw.ticksPerUnit)
    let records = (0..<workers).map { worker in
      let state = states[worker]
      return WorkerRecord(
        worker: worker, updates: state.clock, computeSeconds: Double(state.computed) / unit,
        readSeconds: Double(phases?.states[worker].read ?? 0) / unit,
        applySeconds: Double(phases?.states[worker].applied ?? 0) / unit,
        waitSeconds: Double(state.waited) / unit, parks: 0)
    }
    var outcome = SimulationOutcome(
      parameters: Array(UnsafeBufferPointer(start: snapshot, count: model.parameterCount)),
      status: status ?? .completed, updates: updates,
      // In `blocks` all workers process the same minibatch: it counts once.
      samples: isBlocks ? samples / workers : samples, virtualTime: virtualTime,
      loss: losses?.conclude(at: snapshot, status ?? .completed)
        ?? LossRecord(initial: nil, final: nil, heldout: nil, accuracy: nil, curve: []),
      staleness: staleness.record(),
      tornViews: tornViews,
      workers: records, ensemble: ensemble.record())
    outcome.stall = stalled
    if let trace {
      let header = Trace.Header(
        engine: EngineChoice.virtual.rawValue, policy: configuration.policy.specification,
        decomposition: configuration.decomposition.rawValue, workers: workers,
        shards: trace.shardCount, isJoint: isJoint, isDealt: budget.isDealt, updates: updates,
        timeUnit: "unit", torn: Int(tornViews.torn ?? 0))
      outcome.trace = Trace(header: header, events: trace.wholeEvents)
    }
    return outcome
  }
}
