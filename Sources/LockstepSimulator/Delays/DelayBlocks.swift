import LockstepCore
import LockstepModels
import LockstepParameters

/// `blocks` with a delay for each read of a foreign shard: in round `c` worker `p` reads its own
/// shard fresh and every other at version `max(0, c − τ)`; the round's updates are applied
/// together.
///
/// The delays of worker `p` at clock `c` are the numbers of the stream `(seed, delay, p, c)`, one
/// for each foreign shard, ascending. Under `exchange:K` nothing is drawn: foreign shards are those
/// of the latest clock that is a multiple of `K`.
///
/// **Reference:** Chazan and Miranker, *Chaotic Relaxation*, 1969; `exchange` is the block Jacobi
/// iteration with K inner steps of gradient descent.
final class DelayBlocks<Scalar: ModelScalar>: DelayRun<Scalar> {
  private let history: VersionHistory<Scalar>
  private let rounds: Int
  private let shards: Table<ShardSpan>

  init(_ setup: DelaySetup<Scalar>) {
    rounds = setup.rounds
    history = VersionHistory(count: setup.model.parameterCount)
    let layout = ShardLayout.even(
      parameterCount: setup.model.parameterCount, shards: setup.configuration.workers,
      scalarBytes: MemoryLayout<Scalar>.stride)
    shards = Table(layout.ranges.map { ShardSpan(start: $0.lowerBound, count: $0.count) })
    super.init(setup, longest: min(setup.law.largest, setup.rounds))
  }

  override func start(replica: Int, total: Int) {
    super.start(replica: replica, total: total)
    history.start(
      snapshot.base,
      capacity: versionsKept(steps: rounds, iterations: rounds * workers, draws: workers - 1) {
        [workers] in $0 / workers
      })
  }

  override func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try super.transfer(archive)
    try archive.part("history", history)
    // Between two exchanges the view has the foreign shards of the last one.
    if law.exchange != nil { try archive.table("exchanged", lane.view) }
  }

  override func readParameters() { history.store.copyNewest(into: snapshot.base) }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  override func makeUpdates(to target: Int) {
    while updates < target {
      let clock = updates / workers
      // The last round may be cut short: then only the first workers apply.
      let active = min(workers, total - updates)
      if law.isConstant {
        computeAtOneVersion(clock: clock, active: active)
      } else {
        computeAtDrawnVersions(clock: clock, active: active)
      }
      let number = clock * workers
      history.makeRoom()
      if active == workers {
        update(0, of: history.store, along: lane.gradient, step: clock + 1, number: number)
      } else {
        optimizer.apply(
          lane.gradient, to: history.store.advance(0), state: optimizerState, offset: 0,
          count: shards[active].start, step: clock + 1, number: number)
      }
      history.keepNext()
      updates += active
      reads += active * workers
      ensemble.record(update: updates, parameters: UnsafePointer(history.newest), count: count)
    }
  }

  /// Computes the gradient by a worker's shard.
  @inline(__always)
  private func compute(_ worker: Int, at view: UnsafePointer<Scalar>, clock: Int) {
    let shard = shards[worker]
    samples += lane.compute(
      at: view, of: 0, clock: clock, range: shard.range, into: lane.gradient + shard.start)
  }

  /// All foreign shards have the same version, in every worker's view.
  @inline(__always)
  private func computeAtOneVersion(clock: Int, active: Int) {
    let values = history.newest
    let view = lane.view.base
    let delay = law.exchange.map { clock % $0 } ?? min(clock, law.largest)
    if isObserved { staleness.record(delay, count: active * (workers - 1)) }
    if law.exchange == nil, delay > 0 {
      view.update(from: history.version(clock - delay), count: count)
    } else if delay == 0, law.largest > 0 {
      view.update(from: values, count: count)
    }
    for worker in 0..<active {
      if updates + worker >= nextShown {
        show(worker: worker, clock: clock, foreign: delay > 0 ? view : values)
      }
      guard delay > 0 else {
        compute(worker, at: values, clock: clock)
        continue
      }
      // The worker's own shard is fresh; meanwhile the old one waits in its place.
      let own = shards[worker].range
      for index in own { swap(&view[index], &values[index]) }
      compute(worker, at: view, clock: clock)
      for index in own { swap(&view[index], &values[index]) }
    }
  }

  /// Every worker draws a delay for each foreign shard.
  @inline(__always)
  private func computeAtDrawnVersions(clock: Int, active: Int) {
    let view = lane.view.base
    for worker in 0..<active {
      var stream = RandomStream(seed: seed, purpose: .delay, worker: worker, clock: clock)
      for shard in 0..<workers {
        var source = history.newest
        if shard != worker {
          let delay = min(clock, law.draw(from: &stream))
          if isObserved { staleness.record(delay) }
          source = history.version(clock - delay)
        }
        for index in shards[shard].range { view[index] = source[index] }
      }
      if updates + worker >= nextShown { show(worker: worker, clock: clock, foreign: view) }
      compute(worker, at: view, clock: clock)
    }
  }

  /// Shows a worker's update: nobody's of the round is applied yet.
  ///
  /// - Parameter foreign: `[n]`, its view, but for its own shard.
  @inline(never)
  private func show(worker: Int, clock: Int, foreign: UnsafePointer<Scalar>) {
    guard let watch else { return }
    let range = shards[worker].range
    let parameters = watch.widened(history.newest)
    var view = watch.widened(foreign)
    view[range] = parameters[range]
    watch.show(
      update: updates + worker, worker: worker, clock: clock, range: range,
      parameters: parameters, view: view, step: clock + 1, workers: 0..<1,
      number: clock * workers)
    nextShown = watch.next
  }
}
