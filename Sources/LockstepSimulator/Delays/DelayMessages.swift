import LockstepCore
import LockstepModels

/// `samples` with a delay for each message: every worker has a cache of its own and computes at it
/// in each round; each update reaches each cache, its author's included, at the start of round
/// `t + 1 + r`.
///
/// An update is made whole by its author: the author's own optimiser state turns the gradient at
/// its cache into a difference `Δ`, and `Δ` is what travels and is added. Worker `a` at clock `t`
/// draws from the stream `(seed, delay, a, t)`, one number for each receiving worker, ascending.
/// What arrives together is added in the order of rounds, then of authors. The parameters, and all
/// that is said of them, are worker 0's cache.
///
/// Staleness is `r`, once for each message.
///
/// **Reference:** Dai, Zhou, Dong, Zhang, Xing, *Toward Understanding the Impact of Staleness in
/// Distributed Machine Learning*, ICLR 2019, section 3.
final class DelayMessages<Scalar: ModelScalar>: DelayRun<Scalar> {
  private let lastRound: Int
  /// The workers' caches, one after the other.
  private let caches: Table<Scalar>
  @exclusivity(unchecked) private var mailbox: DelayMailbox<Scalar>
  /// The sum of all updates made, wherever they have arrived, for whoever is shown updates; empty
  /// without one.
  @exclusivity(unchecked) private var newest: [Scalar] = []

  init(_ setup: DelaySetup<Scalar>) {
    let workers = setup.configuration.workers
    let count = setup.model.parameterCount
    lastRound = setup.rounds
    caches = Table(capacity: workers * count)
    mailbox = DelayMailbox(count: count, longest: min(setup.law.largest, setup.rounds))
    super.init(setup, copies: workers, longest: setup.law.largest)
  }

  override func start(replica: Int, total: Int) {
    super.start(replica: replica, total: total)
    for worker in 0..<workers { cache(of: worker).update(from: snapshot.base, count: count) }
    mailbox.reset()
    newest = watch == nil ? [] : (0..<count).map { snapshot[$0] }
  }

  /// A worker's cache.
  @inline(__always)
  private func cache(of worker: Int) -> UnsafeMutablePointer<Scalar> {
    caches.base + worker * count
  }

  override func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try super.transfer(archive)
    try archive.table("caches", caches)
    try archive.part("mailbox", &mailbox)
    let length = newest.count
    try archive.list("newest", &newest)
    try archive.require(newest.count == length, "newest")
  }

  override func readParameters() { snapshot.base.update(from: cache(of: 0), count: count) }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  override func makeUpdates(to target: Int) {
    while updates < target {
      let clock = updates / workers
      let active = min(workers, total - updates)
      // Nothing that is made in a round is known in it.
      let known = updates + active > nextShown ? newest.map { Double($0) } : []
      for author in 0..<active {
        if updates + author >= nextShown { show(author: author, clock: clock, newest: known) }
        let parcel = compute(author: author, clock: clock)
        if !newest.isEmpty { addToNewest(mailbox.contents(of: parcel)) }
        var stream = RandomStream(seed: seed, purpose: .delay, worker: author, clock: clock)
        for receiver in 0..<workers {
          let delay = law.draw(from: &stream)
          if isObserved { staleness.record(delay) }
          // What would arrive after the end is not sent.
          let arrival = clock + 1 + delay
          guard arrival <= lastRound else { continue }
          mailbox.send(parcel, to: receiver, arriving: arrival)
        }
        mailbox.close(parcel)
      }
      mailbox.deliver(round: clock + 1, to: caches.base)
      updates += active
      reads += active
      ensemble.record(update: updates, parameters: UnsafePointer(cache(of: 0)), count: count)
    }
  }

  /// Makes one worker's update at its cache.
  @inline(__always)
  private func compute(author: Int, clock: Int) -> Int {
    samples += lane.compute(
      at: cache(of: author), of: author, clock: clock, range: 0..<count, into: lane.gradient)
    let parcel = mailbox.take()
    optimizer.makeDifference(
      lane.gradient, at: cache(of: author), state: optimizerState.advanced(by: author * count),
      count: count, step: clock + 1, number: updates + author, into: mailbox.contents(of: parcel))
    return parcel
  }

  @inline(never)
  private func addToNewest(_ difference: UnsafePointer<Scalar>) {
    for index in newest.indices { newest[index] += difference[index] }
  }

  /// Shows an update: what its author's cache lacks is what hasn't arrived there yet.
  @inline(never)
  private func show(author: Int, clock: Int, newest: [Double]) {
    guard let watch else { return }
    watch.show(
      update: updates + author, worker: author, clock: clock, range: 0..<count,
      parameters: newest, view: watch.widened(cache(of: author)), readsView: true,
      step: clock + 1, workers: author..<(author + 1), copy: author)
    nextShown = watch.next
  }
}
