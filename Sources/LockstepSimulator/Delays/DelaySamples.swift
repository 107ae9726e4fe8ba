import LockstepCore
import LockstepModels

/// `samples` with a delay for each read: update `k` is computed at version `max(0, k − τ)` and made
/// by worker `k mod P` at its clock `⌊k/P⌋`.
///
/// τ is the first number of the stream `(seed, delay, worker k mod P, clock ⌊k/P⌋)`.
///
/// **Reference:** the delayed stochastic gradient of Agarwal and Duchi, *Distributed Delayed
/// Stochastic Optimization*, NIPS 2011.
final class DelaySamples<Scalar: ModelScalar>: DelayRun<Scalar> {
  private let history: VersionHistory<Scalar>

  init(_ setup: DelaySetup<Scalar>) {
    history = VersionHistory(count: setup.model.parameterCount)
    super.init(setup, longest: min(setup.law.largest, setup.configuration.updates))
  }

  override func start(replica: Int, total: Int) {
    super.start(replica: replica, total: total)
    let updates = configuration.updates
    history.start(
      snapshot.base, capacity: versionsKept(steps: updates, iterations: updates, draws: 1) { $0 })
  }

  override func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try super.transfer(archive)
    try archive.part("history", history)
  }

  override func readParameters() { history.store.copyNewest(into: snapshot.base) }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  override func makeUpdates(to target: Int) {
    let (lane, law, history) = (lane, law, history)
    var (clock, worker) = updates.quotientAndRemainder(dividingBy: workers)
    while updates < target {
      let made = updates
      var stream = RandomStream(seed: seed, purpose: .delay, worker: worker, clock: clock)
      let delay = min(made, law.draw(from: &stream))
      if isObserved { staleness.record(delay) }
      let view = history.version(made - delay)
      samples &+= lane.compute(
        at: view, of: worker, clock: clock, range: 0..<count, into: lane.gradient)
      if made >= nextShown { show(worker: worker, clock: clock, view: view) }
      history.makeRoom()
      update(0, of: history.store, along: lane.gradient, step: made + 1, number: made)
      history.keepNext()
      updates = made + 1
      reads &+= 1
      ensemble.record(
        update: made + 1, parameters: UnsafePointer(history.newest), count: count)
      worker += 1
      if worker == workers {
        worker = 0
        clock += 1
      }
    }
  }

  @inline(never)
  private func show(worker: Int, clock: Int, view: UnsafePointer<Scalar>) {
    guard let watch else { return }
    watch.show(
      update: updates, worker: worker, clock: clock, range: 0..<count,
      parameters: watch.widened(history.newest), view: watch.widened(view), step: updates + 1,
      workers: worker..<(worker + 1))
    nextShown = watch.next
  }
}
