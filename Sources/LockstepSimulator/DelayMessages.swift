import LockstepCore
import LockstepModels
import LockstepParameters

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
final class DelayMessages<Model: Objective>: DelayProcess {
  typealias Scalar = Model.Scalar

  let replica: DelayReplica<Model>
  private let lastRound: Int
  @exclusivity(unchecked) private var mailbox: DelayMailbox<Scalar>
  /// The sum of all updates made, wherever they have arrived, for whoever is shown updates; empty
  /// without one.
  @exclusivity(unchecked) private var newest: [Scalar] = []

  init(model: Model, configuration: EngineConfiguration, law: DelayLaw) {
    let workers = configuration.workers
    lastRound = (configuration.updates + workers - 1) / workers
    replica = DelayReplica(
      model: model, configuration: configuration, law: law, copies: workers, longest: law.largest)
    mailbox = DelayMailbox(count: replica.count, longest: min(law.largest, lastRound))
  }

  func start(seed: UInt64, isObserved: Bool) {
    replica.start(seed: seed, isObserved: isObserved)
    mailbox.reset()
    newest =
      replica.watch == nil
      ? [] : Array(UnsafeBufferPointer(start: replica.values, count: replica.count))
  }

  @specialized(where Model == Quadratic<Float>)
  @specialized(where Model == Quadratic<Double>)
  @specialized(where Model == LinearModel<Float>)
  @specialized(where Model == LinearModel<Double>)
  @specialized(where Model == MultilayerPerceptron<Float>)
  @specialized(where Model == MultilayerPerceptron<Double>)
  @specialized(where Model == Factorization<Float>)
  @specialized(where Model == Factorization<Double>)
  func advance(to target: Int, accumulator: inout EnsembleAccumulator) {
    let replica = replica
    let workers = replica.configuration.workers
    while replica.updates < target {
      let clock = replica.updates / workers
      let active = min(workers, replica.configuration.updates - replica.updates)
      // Nothing that is made in a round is known in it.
      let known = replica.updates + active > replica.nextShown ? newest.map { Double($0) } : []
      for author in 0..<active {
        if replica.updates + author >= replica.nextShown {
          show(author: author, clock: clock, newest: known)
        }
        let parcel = compute(author: author, clock: clock)
        if !newest.isEmpty { addToNewest(mailbox.contents(of: parcel)) }
        var stream = RandomStream(
          seed: replica.seed, purpose: .delay, worker: author, clock: clock)
        var receivers = 0
        for receiver in 0..<workers {
          let delay = replica.law.draw(from: &stream)
          if replica.isObserved { replica.tally.record(delay) }
          // What would arrive after the end is not sent.
          let arrival = clock + 1 + delay
          guard arrival <= lastRound else { continue }
          mailbox.send(parcel, to: receiver, arriving: arrival)
          receivers += 1
        }
        mailbox.close(parcel, receivers: receivers)
      }
      mailbox.deliver(round: clock + 1, to: replica.values)
      replica.updates += active
      replica.reads += active
      accumulator.record(
        update: replica.updates, parameters: UnsafePointer(replica.values), count: replica.count)
    }
  }

  /// Makes one worker's update at its cache.
  @inline(__always)
  private func compute(author: Int, clock: Int) -> Int32 {
    let gradient = replica.gradient
    let offset = author * replica.count
    gradient.draw(worker: author, clock: clock)
    gradient.compute(
      at: replica.values + offset, range: 0..<replica.count, worker: author, clock: clock)
    replica.samples += gradient.examples.count
    let parcel = mailbox.take()
    replica.optimizer.makeDifference(
      gradient.values, at: replica.values + offset, state: replica.state.advanced(by: offset),
      count: replica.count, step: clock + 1, number: replica.updates + author,
      into: mailbox.contents(of: parcel))
    return parcel
  }

  @inline(never)
  private func addToNewest(_ difference: UnsafePointer<Scalar>) {
    for index in newest.indices { newest[index] += difference[index] }
  }

  /// Shows an update: what its author's cache lacks is what hasn't arrived there yet.
  @inline(never)
  private func show(author: Int, clock: Int, newest: [Double]) {
    guard let watch = replica.watch else { return }
    watch.show(
      update: replica.updates + author, worker: author, clock: clock, range: 0..<replica.count,
      parameters: newest, view: watch.widened(replica.values + author * replica.count),
      readsView: true, step: clock + 1, workers: author..<(author + 1), copy: author)
    replica.nextShown = watch.next
  }
}
