import LockstepCore
import LockstepModels
import LockstepTelemetry

/// Estimates what the parallelism of a step costs, from observations of updates.
///
/// A probe takes the parameters `w` of an observation, makes the step `Δ` that the optimiser makes
/// from there for all parameters at once, splits it over shards, and computes the penalties of
/// Documentation/Noise.md on up to three evaluation sets: the minibatch of the update (`current`), a
/// fresh training batch of the same size (`other`), and held-out examples (`heldout`). Everything
/// is in double precision, whatever the precision of the run.
///
/// Penalties by differences of losses take S + 1 evaluations and so many partial gradients; they are
/// computed for up to ``exactShards`` shards, and for more where `L` is a quadratic function, whose
/// differences come from products with its Hessian and have no rounding floor. The second-order
/// forms are exact for up to `directions` shards (for a quadratic function, wherever the others
/// are), and beyond that estimated from so many random directions.
///
/// **Concurrency:** one probe at a time; the buffers are made with the estimator.
///
/// **Determinism:** the same observation gives the same records, whatever was estimated before.
/// Random draws are keyed by the seed, the update and the number of shards.
///
/// **Reference:** Gupta, *Inherent Noise in Gradient Based Methods*, 2020; Hutchinson, *A
/// Stochastic Estimator of the Trace of the Influence Matrix for Laplacian Smoothing Splines*, 1989.
public final class NoiseEstimator<Model: CurvatureObjective> {
  /// The most shards for which losses are evaluated one shard at a time.
  ///
  /// With 64 a probe costs about as much as 65 evaluations on each set and 64 partial gradients.
  /// Each further shard would cost one more of both, while its penalty sinks towards the rounding
  /// of the losses; the second-order forms have neither problem.
  public static var exactShards: Int { 64 }

  /// The largest `S·n` up to which a quadratic function is treated exactly beyond ``exactShards``:
  /// one shard per parameter up to 1,024 of them.
  public static var exactQuadraticWork: Int { 1 << 20 }

  /// The number of held-out examples where the specification names none.
  public static var heldOutExamples: Int { 1024 }

  let model: Model
  let seed: UInt64
  let workers: Int
  let directions: Int
  let isJoint: Bool
  let largestBatch: Int
  let partitions: [ShardPartition]
  let sets: [ProbeSet]
  let maker: StepMaker
  let fresh: FreshBatch?
  let computer: GradientComputer<Double>
  let workspace: Model.CurvatureWorkspace

  // Plain memory, because the objectives compute on pointers; every piece lives as long as the
  // arena, and is touched by the thread that estimates only. `[n]` each.
  /// `w`.
  let base: UnsafeMutablePointer<Double>
  /// A point near `w`; between two uses `w` itself.
  let point: UnsafeMutablePointer<Double>
  /// `Δ`.
  let step: UnsafeMutablePointer<Double>
  /// Another step: that of a sweep, or of a stale gradient.
  let otherStep: UnsafeMutablePointer<Double>
  /// `Δ` of the update's own parameters, 0 elsewhere.
  let ownStep: UnsafeMutablePointer<Double>
  /// The minibatch's gradient at `w`.
  let batchGradient: UnsafeMutablePointer<Double>
  /// Another gradient of the minibatch.
  let otherGradient: UnsafeMutablePointer<Double>
  /// A direction to multiply by, and what comes out.
  let direction: UnsafeMutablePointer<Double>
  let directionProduct: UnsafeMutablePointer<Double>
  /// Losses at other points, and sums of their differences; one per example.
  let otherLosses: UnsafeMutablePointer<Double>
  let lossSums: UnsafeMutablePointer<Double>
  private let arena = Arena()

  /// The number of parameters `n`.
  var parameterCount: Int { model.parameterCount }
  /// All parameters.
  var all: Range<Int> { 0..<model.parameterCount }

  /// Makes the buffers.
  ///
  /// - Parameters:
  ///   - model: the objective, in double precision.
  ///   - specification: the splits, of which equal ones count once, the number of random directions
  ///     and of held-out examples.
  ///   - optimizer: the rule that makes the steps.
  ///   - workers: the number of workers, at least 1.
  ///   - largestBatch: the most examples of an observation.
  ///   - seed: the run's seed.
  ///   - isJoint: whether one update averages the gradients of all workers, each with gradient
  ///     noise of its own (`samples` under `barrier`).
  /// - Throws: ``ConfigurationError/conflict(reason:)`` where the specification asks for no split,
  ///   or for less than one shard, direction or held-out example.
  public init(
    model: Model, specification: NoiseSpecification, optimizer: OptimizerSpecification,
    workers: Int, largestBatch: Int, seed: UInt64, isJoint: Bool = false
  ) throws(ConfigurationError) {
    precondition(workers >= 1 && largestBatch >= 0, "there is a worker and no negative batch")
    try Self.check(specification)
    let n = model.parameterCount
    let arena = arena
    self.model = model
    self.seed = seed
    self.workers = workers
    self.isJoint = isJoint
    self.largestBatch = largestBatch
    directions = specification.directions
    partitions = ShardPartition.distinct(
      specification.splits, parameterCount: n, workers: workers)
    maker = StepMaker(optimizer, parameterCount: n, arena: arena)
    let hasData = model.trainingCount > 0
    fresh = hasData ? FreshBatch(exampleCount: model.trainingCount, seed: seed) : nil
    let batch = max(1, largestBatch)
    let heldOut = min(
      specification.heldOutExamples ?? Self.heldOutExamples, hasData ? model.heldOutCount : 0)
    sets = Self.makeSets(
      hasData: hasData, batch: batch, heldOut: heldOut, of: model.heldOutCount, parameterCount: n,
      arena: arena)
    let capacity = max(batch, heldOut)
    computer = GradientComputer(model: model, range: 0..<n, batch: batch, seed: seed, worker: 0)
    workspace = model.makeCurvatureWorkspace(batch: capacity)
    base = arena.allocate(count: n)
    point = arena.allocate(count: n)
    step = arena.allocate(count: n)
    otherStep = arena.allocate(count: n)
    ownStep = arena.allocate(count: n)
    batchGradient = arena.allocate(count: n)
    otherGradient = arena.allocate(count: n)
    direction = arena.allocate(count: n)
    directionProduct = arena.allocate(count: n)
    otherLosses = arena.allocate(count: capacity)
    lossSums = arena.allocate(count: capacity)
  }

  /// Estimates the penalties of one update.
  ///
  /// - Parameter observation: of a run of this model, with at most `largestBatch` examples.
  /// - Returns: the records of `current`, `other` and `heldout` where there are such sets, each
  ///   split by split. What is not finite, or not defined, is `nil`.
  /// - Complexity: see Documentation/Noise.md; O(sets·splits·(S + directions)) evaluations at most.
  public func estimate(_ observation: StepObservation) -> [NoiseRecord] {
    load(observation)
    for set in sets { survey(set) }
    let staleness = probeStaleness(of: observation)
    var records = sets.enumerated().flatMap { index, set in
      partitions.map { partition in
        record(
          of: set, staleness: staleness, penalty: staleness.penalties[index],
          shards: partition.count, update: observation.update)
      }
    }
    for (split, partition) in partitions.enumerated() {
      let isExact = isExact(partition)
      if isExact { sweep(partition, of: observation) }
      for (index, set) in sets.enumerated() {
        let place = index * partitions.count + split
        addSecondOrder(on: set, partition, update: observation.update, to: &records[place])
        if isExact {
          records[place].interaction =
            model.isQuadratic
            ? records[place].interactionSecondOrder : interaction(on: set, partition).ifFinite
          records[place].sequentialGap =
            lossDifference(on: set, from: otherStep, to: step, losses: set.movedLosses).ifFinite
        }
      }
    }
    return records
  }

  /// Whether the penalties of a partition are computed without random directions.
  func isExact(_ partition: ShardPartition) -> Bool {
    if partition.count <= Self.exactShards { return true }
    return model.isQuadratic && partition.count <= Self.exactQuadraticWork / parameterCount
  }

  private static func check(_ specification: NoiseSpecification) throws(ConfigurationError) {
    if specification.splits.isEmpty {
      throw .conflict(reason: "a noise probe needs at least one split of the step")
    }
    for case .count(let count) in specification.splits where count < 1 {
      throw .conflict(reason: "a step cannot be split into \(count) shards; 1 is the least")
    }
    if specification.directions < 1 {
      throw .conflict(
        reason: "a noise probe needs at least 1 random direction, not \(specification.directions)")
    }
    if let examples = specification.heldOutExamples, examples < 1 {
      throw .conflict(
        reason: "a noise probe needs at least 1 held-out example, not \(examples)")
    }
  }

  private static func makeSets(
    hasData: Bool, batch: Int, heldOut: Int, of heldOutCount: Int, parameterCount: Int,
    arena: Arena
  ) -> [ProbeSet] {
    func make(_ name: String, _ source: EvaluationSet, capacity: Int) -> ProbeSet {
      ProbeSet(
        name: name, source: source, hasData: hasData, capacity: capacity,
        parameterCount: parameterCount, arena: arena)
    }
    var sets = [make("current", .training, capacity: batch)]
    if hasData { sets.append(make("other", .training, capacity: batch)) }
    if heldOut > 0 {
      let set = make("heldout", .heldOut, capacity: heldOut)
      set.count = heldOut
      for index in 0..<heldOut {
        // Spread evenly, the same ones in every probe.
        set.storage[index] = Int32(truncatingIfNeeded: index * heldOutCount / heldOut)
      }
      sets.append(set)
    }
    return sets
  }
}
