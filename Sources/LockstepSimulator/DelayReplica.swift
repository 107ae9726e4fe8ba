import LockstepCore
import LockstepModels
import LockstepParameters

/// What every kind of delay-driven replica has: the parameters with the optimiser's state, the
/// gradients, and the counts.
///
/// **Concurrency:** belongs to one thread at a time.
final class DelayReplica<Model: Objective> {
  typealias Scalar = Model.Scalar

  let model: Model
  let configuration: EngineConfiguration
  let law: DelayLaw
  /// The number of parameters `n`.
  let count: Int
  /// The number of copies of the parameters, one after the other: the first is the one whose loss
  /// counts.
  let copies: Int
  let values: UnsafeMutablePointer<Scalar>
  let state: OptimizerState<Scalar>
  let optimizer: Optimizer<Scalar>
  let gradient: DelayGradient<Model>
  let tally: DelayTally

  @exclusivity(unchecked) var seed: UInt64 = 0
  @exclusivity(unchecked) var updates = 0
  /// The number of examples processed.
  @exclusivity(unchecked) var samples = 0
  /// The number of shard copies that views are made of.
  @exclusivity(unchecked) var reads = 0
  /// Whether delays are counted.
  @exclusivity(unchecked) var isObserved = false
  /// Who is shown updates; `nil` for nobody.
  @exclusivity(unchecked) private(set) var watch: StepWatch<Scalar>?
  /// The next update to be shown; `Int.max` for none.
  @exclusivity(unchecked) var nextShown = Int.max

  private let shared: SharedParameters<Scalar>

  /// Makes the buffers.
  ///
  /// - Parameters:
  ///   - model: what is trained.
  ///   - configuration: how.
  ///   - law: the law of delays.
  ///   - copies: the number of copies of the parameters and of the optimiser's state.
  ///   - longest: no delay that is counted is larger than this.
  init(
    model: Model, configuration: EngineConfiguration, law: DelayLaw, copies: Int, longest: Int
  ) {
    self.model = model
    self.configuration = configuration
    self.law = law
    self.copies = copies
    count = model.parameterCount
    shared = SharedParameters(
      layout: .contiguous(
        parameterCount: count * copies, shards: 1, scalarBytes: MemoryLayout<Scalar>.stride),
      stateVectors: configuration.optimizer.statePerParameter)
    values = shared.values
    state = OptimizerState(shared.state)
    optimizer = Optimizer(
      configuration.optimizer, rate: configuration.learningRate, schedule: configuration.schedule,
      updates: configuration.updates)
    gradient = DelayGradient(model: model, configuration: configuration)
    tally = DelayTally(largest: longest)
  }

  /// Begins a replica: the first parameters in every copy, no state, nothing counted.
  func start(seed: UInt64, isObserved: Bool) {
    self.seed = seed
    self.isObserved = isObserved
    updates = 0
    samples = 0
    reads = 0
    configuration.initialize(values, of: model, seed: seed)
    for copy in stride(from: 1, to: copies, by: 1) {
      (values + copy * count).update(from: values, count: count)
    }
    for vector in shared.state { vector.update(repeating: 0, count: count * copies) }
    gradient.start(seed: seed)
    if isObserved { tally.reset() }
    watch = isObserved ? configuration.observer.map { makeWatch($0) } : nil
    nextShown = watch?.next ?? Int.max
  }

  /// The longest delay that this replica will draw, at least 1.
  ///
  /// - Parameters:
  ///   - iterations: the number of iterations of all workers, which take turns.
  ///   - draws: how many delays each of them draws.
  ///   - version: the newest version there is at an iteration, which no delay goes back beyond.
  func longestDelay(iterations: Int, draws: Int, version: (Int) -> Int) -> Int {
    var longest = 1
    for iteration in 0..<iterations {
      let (clock, worker) = iteration.quotientAndRemainder(dividingBy: configuration.workers)
      var stream = RandomStream(seed: seed, purpose: .delay, worker: worker, clock: clock)
      for _ in 0..<draws {
        longest = max(longest, min(version(iteration), law.draw(from: &stream)))
      }
    }
    return longest
  }

  private func makeWatch(_ observer: StepObserver) -> StepWatch<Scalar> {
    StepWatch(
      observer, configuration,
      budget: UpdateBudget(workers: configuration.workers, isJoint: false, isDealt: true),
      round: 1, exampleCount: model.trainingCount, count: count, state: state,
      optimizer: optimizer)
  }
}

/// A replica that can be moved on, one kind for each way in which delays enter.
protocol DelayProcess<Model>: AnyObject {
  associatedtype Model: Objective

  /// The parameters and the counts.
  var replica: DelayReplica<Model> { get }

  /// Begins a replica.
  ///
  /// - Parameters:
  ///   - seed: the replica's seed.
  ///   - isObserved: whether delays are counted.
  func start(seed: UInt64, isObserved: Bool)

  /// Makes whole rounds until at least so many updates are made.
  ///
  /// - Parameters:
  ///   - updates: at most the configuration's updates, which cuts the last round short.
  ///   - accumulator: what is told of every round.
  func advance(to updates: Int, accumulator: inout EnsembleAccumulator)
}
