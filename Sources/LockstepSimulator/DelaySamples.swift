import LockstepCore
import LockstepModels
import LockstepParameters

/// `samples` with a delay for each read: update `k` is computed at version `max(0, k − τ)` and made
/// by worker `k mod P` at its clock `⌊k/P⌋`.
///
/// τ is the first number of the stream `(seed, delay, worker k mod P, clock ⌊k/P⌋)`.
///
/// **Reference:** the delayed stochastic gradient of Agarwal and Duchi, *Distributed Delayed
/// Stochastic Optimization*, NIPS 2011.
final class DelaySamples<Model: Objective>: DelayProcess {
  let replica: DelayReplica<Model>
  private let history: DelayHistory<Model.Scalar>

  init(model: Model, configuration: EngineConfiguration, law: DelayLaw) {
    replica = DelayReplica(
      model: model, configuration: configuration, law: law, copies: 1,
      longest: min(law.largest, configuration.updates))
    history = DelayHistory(law: law, steps: configuration.updates, count: replica.count)
  }

  func start(seed: UInt64, isObserved: Bool) {
    replica.start(seed: seed, isObserved: isObserved)
    history.start(replica.values) {
      replica.longestDelay(iterations: replica.configuration.updates, draws: 1) { $0 }
    }
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
    let gradient = replica.gradient
    let law = replica.law
    let workers = replica.configuration.workers
    let keepsOld = history.capacity > 1
    var (clock, worker) = replica.updates.quotientAndRemainder(dividingBy: workers)
    while replica.updates < target {
      let update = replica.updates
      var stream = RandomStream(seed: replica.seed, purpose: .delay, worker: worker, clock: clock)
      let delay = min(update, law.draw(from: &stream))
      if replica.isObserved { replica.tally.record(delay) }
      let view = keepsOld ? history.version(update - delay) : replica.values
      gradient.draw(worker: worker, clock: clock)
      gradient.compute(at: view, range: 0..<replica.count, worker: worker, clock: clock)
      if update >= replica.nextShown { show(worker: worker, clock: clock, view: view) }
      replica.optimizer.apply(
        gradient.values, to: replica.values, state: replica.state, offset: 0,
        count: replica.count, step: update + 1, number: update)
      replica.updates = update + 1
      replica.samples += gradient.examples.count
      replica.reads += 1
      if keepsOld { history.keep(replica.values, as: update + 1) }
      accumulator.record(
        update: update + 1, parameters: UnsafePointer(replica.values), count: replica.count)
      worker += 1
      if worker == workers {
        worker = 0
        clock += 1
      }
    }
  }

  @inline(never)
  private func show(worker: Int, clock: Int, view: UnsafePointer<Model.Scalar>) {
    guard let watch = replica.watch else { return }
    watch.show(
      update: replica.updates, worker: worker, clock: clock, range: 0..<replica.count,
      parameters: watch.widened(replica.values), view: watch.widened(view),
      step: replica.updates + 1, workers: worker..<(worker + 1))
    replica.nextShown = watch.next
  }
}
