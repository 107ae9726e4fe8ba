import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepNoise

@Suite struct `Noise against brute force` {
  static let shards = [1, 2, 5]

  /// Checks every penalty on every set against ``SlowProbe``.
  static func check<Model: CurvatureObjective>(
    _ model: Model, optimizer: OptimizerSpecification = .sgd, rate: Double = 0.1, seed: UInt64,
    readsView: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let n = model.parameterCount
    let point = normals(n, seed: seed, scale: 0.7)
    let view = zip(point, normals(n, seed: seed + 1, scale: 0.05)).map { $0 + $1 }
    let own = n / 3..<(n - 2)
    let state = (0..<optimizer.statePerParameter).map { index in
      normals(n, seed: seed + 2, scale: 0.1).map { index == 1 || optimizer.isScaled ? $0 * $0 : $0 }
    }
    var observation = model.observation(
      at: point, examples: [3, 17, 3, 9, 22, 5], rate: rate, view: view, update: 12, range: own,
      state: state, step: 4)
    observation.readsView = readsView
    let probe = SlowProbe(model: model, optimizer: optimizer, observation: observation)
    let estimator = try model.estimator(
      splits: shards.map { .count($0) }, optimizer: optimizer, heldOutExamples: 8)
    let records = estimator.estimate(observation)
    #expect(records.count == 3 * shards.count)

    let gradient = probe.gradient(at: point)
    let staleGradient = probe.gradient(at: view)
    let step = probe.step(gradient)
    for record in records {
      let set = try #require(estimator.sets.first { $0.name == record.set })
      let examples = Array(set.examples)
      func loss(_ point: [Double]) -> Double { probe.loss(at: point, on: set.source, examples) }
      let ranges = evenRanges(n, record.shards)
      let start = loss(point)
      let end = loss(probe.moved(by: step))
      let alone = ranges.reduce(0) { $0 + loss(probe.moved(by: step, in: $1)) - start }
      let gap = end - loss(probe.moved(by: probe.sweep(ranges)))
      let staleness =
        loss(probe.moved(by: probe.step(staleGradient, at: readsView ? view : point), in: own))
        - loss(probe.moved(by: step, in: own))
      // Sums of ten losses of order one, several times over.
      func agrees(_ actual: Double?, _ expected: Double, _ what: Comment) {
        #expect(
          ((actual ?? .nan) - expected).magnitude < 3e-14 * max(1, start), what,
          sourceLocation: sourceLocation)
      }
      agrees(record.loss, start, "loss")
      agrees(record.interaction, end - start - alone, "interaction")
      agrees(record.sequentialGap, gap, "gap")
      agrees(record.staleness, staleness, "staleness")
      let error = zip(staleGradient, gradient).map { $0 - $1 }
      func norm(_ v: [Double]) -> Double { v[own].reduce(0) { $0 + $1 * $1 }.squareRoot() }
      let cosine =
        own.reduce(0) { $0 + gradient[$1] * staleGradient[$1] }
        / (norm(gradient) * norm(staleGradient))
      // The hinge's two gradients may be the same numbers, added up in another order.
      #expect(
        relativeError(record.gradientError, norm(error) / norm(gradient), floor: 0.01) < 1e-12)
      #expect(relativeError(record.gradientCosine, cosine) < 1e-14)

      guard set.source == .training else { continue }
      let local = probe.gradient(at: point, on: examples)
      let promise = -zip(local, step).reduce(0) { $0 + $1.0 * $1.1 }
      agrees(record.promisedDecrease, promise, "promise")
      agrees(record.linearisation, end - start + promise, "linearisation")
      let hessian = probe.hessian(on: examples)
      func product(_ rows: Range<Int>, _ columns: Range<Int>) -> Double {
        rows.reduce(0) { sum, row in
          sum + columns.reduce(0) { $0 + step[row] * hessian[row][$1] * step[$1] }
        }
      }
      let whole = product(0..<n, 0..<n)
      let scale = step.reduce(0) { $0 + $1 * $1 }
      let second = 0.5 * (whole - ranges.reduce(0) { $0 + product($1, $1) })
      #expect(relativeError(record.linearisationSecondOrder, 0.5 * whole, floor: scale) < 1e-8)
      #expect(relativeError(record.interactionSecondOrder, second, floor: scale) < 1e-8)
      let parts = try #require(record.contributions)
      for (range, part) in zip(ranges, parts) {
        let expected = 0.5 * (product(range, 0..<n) - product(range, range))
        #expect(relativeError(part, expected, floor: scale) < 1e-8)
      }
    }
  }

  @Test(arguments: [Activation.tanh, .relu], [0, 0.2])
  func `a network's penalties are those of their definitions`(
    activation: Activation, l2: Double
  ) throws {
    try Self.check(try NoiseModels.network([4], activation, l2: l2), seed: 321)
  }

  @Test(arguments: [LinearLoss.logistic, .hinge], [0, 0.2])
  func `a linear model's penalties are those of their definitions`(
    loss: LinearLoss, l2: Double
  ) throws {
    try Self.check(NoiseModels.linear(loss, l2: l2), seed: 331)
  }

  @Test(arguments: [0, 0.2])
  func `a factorization's penalties are those of their definitions`(l2: Double) throws {
    try Self.check(try NoiseModels.factorization(l2: l2), rate: 0.02, seed: 341)
  }

  @Test(arguments: [
    "momentum:0.9", "nesterov:0.9", "adagrad", "rmsprop", "adam", "adamw:0.3", "lion:0.3",
  ])
  func `steps of other optimisers start from the observed state`(name: String) throws {
    try Self.check(
      try NoiseModels.network([3], .tanh), optimizer: OptimizerSpecification(name), rate: 0.01,
      seed: 351)
  }

  @Test(arguments: ["adamw:3", "lion:3", "adam"])
  func `a rule that reads the parameters reads the view's where its author does`(name: String)
    throws
  {
    try Self.check(
      try NoiseModels.network([3], .tanh), optimizer: OptimizerSpecification(name), rate: 0.01,
      seed: 361, readsView: true)
  }
}

extension OptimizerSpecification {
  /// Whether the first state vector is a mean of squares.
  var isScaled: Bool { self == "adagrad" || self == "rmsprop" }
}
