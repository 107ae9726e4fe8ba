import LockstepCore
import LockstepModels
import Testing

@testable import LockstepNoise

@Suite struct `Noise of quadratics` {
  static let kinds = [
    "dimension=13,condition=100", "dimension=16,coupling=0.3", "laplacian=17",
    "dimension=12,condition=1000,rotated=true", "dimension=1",
  ]

  /// `(η²/2)·gᵀ(H − blockdiag H)g`, entry by entry, with `H` from the gradients at unit vectors.
  static func expected(
    _ probe: SlowProbe<Quadratic<Double>>, _ ranges: [Range<Int>]
  ) -> Double {
    let n = probe.observation.parameters.count
    let g = probe.gradient(at: probe.observation.parameters)
    var sum = 0.0
    for column in 0..<n {
      let unit = (0..<n).map { $0 == column ? 1.0 : 0 }
      let entries = probe.gradient(at: unit)
      for row in 0..<n where !ranges.contains(where: { $0.contains(row) && $0.contains(column) }) {
        sum += g[row] * entries[row] * g[column]
      }
    }
    return probe.observation.rate * probe.observation.rate / 2 * sum
  }

  @Test(arguments: kinds, [0.1, 1e-6])
  func `the interaction of every split is that of the blocks off the diagonal`(
    kind: String, rate: Double
  ) throws {
    for l2 in [0, 0.25] {
      let model = try NoiseModels.quadratic(kind, l2: l2)
      let n = model.parameterCount
      let observation = model.observation(at: normals(n, seed: 311), rate: rate)
      let probe = SlowProbe(model: model, observation: observation)
      let records = try model.estimator(splits: (1...n).map { .count($0) }, directions: 1)
        .estimate(observation)
      #expect(records.map(\.shards) == Array(1...n) && records.allSatisfy { $0.set == "current" })
      for record in records {
        let expected = Self.expected(probe, evenRanges(n, record.shards))
        #expect(relativeError(record.interaction, expected) < 1e-12, "\(record.shards) shards")
        #expect(record.interactionSecondOrder == record.interaction)
        #expect(record.interactionSecondOrderError == 0)
      }
    }
  }

  @Test(arguments: kinds)
  func `penalties are the differences of losses that define them`(kind: String) throws {
    let model = try NoiseModels.quadratic(kind, l2: 0.1)
    let n = model.parameterCount
    let point = normals(n, seed: 312)
    let range = n / 3..<max(1, n / 2)
    let view = zip(point, normals(n, seed: 313, scale: 0.1)).map { $0 + $1 }
    let observation = model.observation(at: point, rate: 0.3, view: view, range: range)
    let probe = SlowProbe(model: model, observation: observation)
    func loss(_ point: [Double]) -> Double { probe.loss(at: point, on: .training, []) }
    let gradient = probe.gradient(at: point)
    let step = probe.step(gradient)
    let promise = -zip(gradient, step).reduce(0) { $0 + $1.0 * $1.1 }
    for record in try model.estimator(splits: (1...n).map { .count($0) }).estimate(observation) {
      let ranges = evenRanges(n, record.shards)
      let rise = loss(probe.moved(by: step)) - loss(point)
      let alone = ranges.reduce(0) { $0 + loss(probe.moved(by: step, in: $1)) - loss(point) }
      let gap = loss(probe.moved(by: step)) - loss(probe.moved(by: probe.sweep(ranges)))
      let staleness =
        loss(probe.moved(by: probe.step(probe.gradient(at: view)), in: range))
        - loss(probe.moved(by: step, in: range))
      let floor = loss(point) * 1e-3
      #expect(relativeError(record.loss, loss(point)) < 1e-14)
      #expect(relativeError(record.promisedDecrease, promise) < 1e-12)
      #expect(relativeError(record.interaction, rise - alone, floor: floor) < 1e-10)
      #expect(relativeError(record.sequentialGap, gap, floor: floor) < 1e-10)
      #expect(relativeError(record.linearisation, rise + promise, floor: floor) < 1e-10)
      #expect(record.linearisation == record.linearisationSecondOrder)
      #expect(relativeError(record.staleness, staleness, floor: floor) < 1e-10)
    }
  }

  @Test func `one shard per parameter is exact for as many as a thousand, then estimated`() throws {
    for (dimension, isExact) in [(1000, true), (1100, false)] {
      let model = try NoiseModels.quadratic("dimension=\(dimension),coupling=0.01")
      let observation = model.observation(at: normals(dimension, seed: 314))
      let record = try #require(
        try model.estimator(splits: [.parameters]).estimate(observation).first)
      #expect(record.shards == dimension)
      #expect((record.interaction != nil) == isExact && (record.sequentialGap != nil) == isExact)
      #expect((record.contributions != nil) == isExact)
      let error = try #require(record.interactionSecondOrderError)
      #expect(isExact ? error == 0 : error > 0)
      // Off the diagonal H is constant: Σ_{i≠j} g_i·g_j = (Σg)² − Σg².
      let g = SlowProbe(model: model, observation: observation).gradient(
        at: observation.parameters)
      let sum = g.reduce(0, +)
      let expected = 0.005 * 0.01 * (sum * sum - g.reduce(0) { $0 + $1 * $1 })
      let tolerance = isExact ? 1e-12 * expected.magnitude : 5 * error
      #expect(((record.interactionSecondOrder ?? .nan) - expected).magnitude < tolerance)
    }
  }

  @Test func `least squares is a quadratic function on every set`() throws {
    let model = NoiseModels.linear(.squared, l2: 0.1)
    let observation = model.observation(
      at: normals(model.parameterCount, seed: 315), examples: [3, 1, 8, 20])
    let estimator = try model.estimator(splits: [.count(3)])
    let records = estimator.estimate(observation)
    #expect(records.map(\.set) == ["current", "other", "heldout"])
    for (record, set) in zip(records, estimator.sets) {
      let probe = SlowProbe(model: model, observation: observation)
      let step = probe.step(probe.gradient(at: observation.parameters))
      func loss(_ point: [Double]) -> Double {
        probe.loss(at: point, on: set.source, Array(set.examples))
      }
      let start = loss(observation.parameters)
      let alone = evenRanges(model.parameterCount, 3).reduce(0) {
        $0 + loss(probe.moved(by: step, in: $1)) - start
      }
      #expect(
        relativeError(record.interaction, loss(probe.moved(by: step)) - start - alone) < 1e-11)
      #expect(record.interaction == record.interactionSecondOrder)
    }
  }
}
