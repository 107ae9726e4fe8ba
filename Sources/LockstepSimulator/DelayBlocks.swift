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
final class DelayBlocks<Model: Objective>: DelayProcess {
  typealias Scalar = Model.Scalar

  let replica: DelayReplica<Model>
  private let history: DelayHistory<Scalar>
  private let view: UnsafeMutablePointer<Scalar>
  private let bounds: UnsafeMutablePointer<Int>

  init(model: Model, configuration: EngineConfiguration, law: DelayLaw) {
    let workers = configuration.workers
    let rounds = (configuration.updates + workers - 1) / workers
    replica = DelayReplica(
      model: model, configuration: configuration, law: law, copies: 1,
      longest: min(law.largest, rounds))
    history = DelayHistory(law: law, steps: rounds, count: replica.count)
    view = .allocate(capacity: replica.count)
    view.initialize(repeating: 0, count: replica.count)
    let layout = ShardLayout.even(
      parameterCount: replica.count, shards: workers, scalarBytes: MemoryLayout<Scalar>.stride)
    bounds = .allocate(capacity: workers + 1)
    bounds.initialize(to: 0)
    for (shard, range) in layout.ranges.enumerated() {
      (bounds + shard + 1).initialize(to: range.upperBound)
    }
  }

  deinit {
    view.deallocate()
    bounds.deallocate()
  }

  func start(seed: UInt64, isObserved: Bool) {
    replica.start(seed: seed, isObserved: isObserved)
    let workers = replica.configuration.workers
    let rounds = (replica.configuration.updates + workers - 1) / workers
    history.start(replica.values) {
      replica.longestDelay(iterations: rounds * workers, draws: workers - 1) { $0 / workers }
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
    let workers = replica.configuration.workers
    while replica.updates < target {
      let clock = replica.updates / workers
      // The last round may be cut short: then only the first workers apply.
      let active = min(workers, replica.configuration.updates - replica.updates)
      replica.gradient.draw(worker: 0, clock: clock)
      if replica.law.isConstant {
        computeAtOneVersion(clock: clock, active: active)
      } else {
        computeAtDrawnVersions(clock: clock, active: active)
      }
      replica.optimizer.apply(
        replica.gradient.values, to: replica.values, state: replica.state, offset: 0,
        count: bounds[active], step: clock + 1, number: clock * workers)
      replica.updates += active
      replica.samples += replica.gradient.examples.count
      replica.reads += active * workers
      if history.capacity > 1 { history.keep(replica.values, as: clock + 1) }
      accumulator.record(
        update: replica.updates, parameters: UnsafePointer(replica.values), count: replica.count)
    }
  }

  /// All foreign shards have the same version, in every worker's view.
  @inline(__always)
  private func computeAtOneVersion(clock: Int, active: Int) {
    let values = replica.values
    let delay = replica.law.exchange.map { clock % $0 } ?? min(clock, replica.law.largest)
    if replica.isObserved {
      replica.tally.record(delay, times: active * (replica.configuration.workers - 1))
    }
    if replica.law.exchange == nil, delay > 0 {
      view.update(from: history.version(clock - delay), count: replica.count)
    } else if delay == 0, replica.law.largest > 0 {
      view.update(from: values, count: replica.count)
    }
    for worker in 0..<active {
      let (low, high) = (bounds[worker], bounds[worker + 1])
      if replica.updates + worker >= replica.nextShown {
        show(worker: worker, clock: clock, foreign: delay > 0 ? view : values)
      }
      guard delay > 0 else {
        replica.gradient.compute(at: values, range: low..<high, worker: 0, clock: clock)
        continue
      }
      // The worker's own shard is fresh; meanwhile the old one waits in its place.
      for index in low..<high { swap(&view[index], &values[index]) }
      replica.gradient.compute(at: view, range: low..<high, worker: 0, clock: clock)
      for index in low..<high { swap(&view[index], &values[index]) }
    }
  }

  /// Every worker draws a delay for each foreign shard.
  @inline(__always)
  private func computeAtDrawnVersions(clock: Int, active: Int) {
    let workers = replica.configuration.workers
    for worker in 0..<active {
      var stream = RandomStream(seed: replica.seed, purpose: .delay, worker: worker, clock: clock)
      for shard in 0..<workers {
        let (low, high) = (bounds[shard], bounds[shard + 1])
        var source = replica.values
        if shard != worker {
          let delay = min(clock, replica.law.draw(from: &stream))
          if replica.isObserved { replica.tally.record(delay) }
          source = history.version(clock - delay)
        }
        for index in low..<high { view[index] = source[index] }
      }
      if replica.updates + worker >= replica.nextShown {
        show(worker: worker, clock: clock, foreign: view)
      }
      replica.gradient.compute(
        at: view, range: bounds[worker]..<bounds[worker + 1], worker: 0, clock: clock)
    }
  }

  /// Shows a worker's update: nobody's of the round is applied yet.
  ///
  /// - Parameter foreign: `[n]`, its view, but for its own shard.
  @inline(never)
  private func show(worker: Int, clock: Int, foreign: UnsafePointer<Scalar>) {
    guard let watch = replica.watch else { return }
    let range = bounds[worker]..<bounds[worker + 1]
    let parameters = watch.widened(replica.values)
    var view = watch.widened(foreign)
    view[range] = parameters[range]
    watch.show(
      update: replica.updates + worker, worker: worker, clock: clock, range: range,
      parameters: parameters, view: view, step: clock + 1, workers: 0..<1,
      number: clock * replica.configuration.workers)
    replica.nextShown = watch.next
  }
}
