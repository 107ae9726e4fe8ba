import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepNoise

@Suite struct `Second order` {
  /// The records of one set for rates that are halved again and again.
  private static func records<Model: CurvatureObjective>(
    _ model: Model, at point: [Double], examples: [Int32], split: ShardSplit, from rate: Double,
    count: Int, set: String = "current"
  ) throws -> [NoiseRecord] {
    let estimator = try model.estimator(splits: [split], directions: model.parameterCount)
    var rate = rate
    return (0..<count).flatMap { _ in
      defer { rate /= 2 }
      return estimator.estimate(model.observation(at: point, examples: examples, rate: rate))
        .filter { $0.set == set }
    }
  }

  /// `log₂` of how much smaller each error is than the one at twice the rate.
  private static func orders(_ errors: [Double]) -> [Double] {
    zip(errors, errors.dropFirst()).map {
      PortableMath.log(($0 / $1).magnitude) / PortableMath.log(2)
    }
  }

  @Test(arguments: ["current", "other", "heldout"], [ShardSplit.count(2), .count(7), .parameters])
  func `differs from the exact penalties by the cube of the rate where the loss is smooth`(
    set: String, split: ShardSplit
  ) throws {
    let model = try NoiseModels.network([3], .tanh, l2: 0.01)
    let records = try Self.records(
      model, at: normals(model.parameterCount, seed: 361), examples: [3, 1, 30, 11], split: split,
      from: 0.02, count: 4, set: set)
    let interaction = records.map {
      ($0.interaction ?? .nan) - ($0.interactionSecondOrder ?? .nan)
    }
    let linearisation = records.map {
      ($0.linearisation ?? .nan) - ($0.linearisationSecondOrder ?? .nan)
    }
    for errors in [interaction, linearisation] {
      for order in Self.orders(errors) { #expect((order - 3).magnitude < 0.15, "\(errors)") }
    }
  }

  @Test func `of max(0, x) is as good where no unit passes its kink`() throws {
    let model = try NoiseModels.network([6, 4], .relu)
    let records = try Self.records(
      model, at: normals(model.parameterCount, seed: 362), examples: [3, 1, 30, 11],
      split: .count(5), from: 0.001, count: 4)
    let errors = records.map { ($0.interaction ?? .nan) - ($0.interactionSecondOrder ?? .nan) }
    for order in Self.orders(errors) { #expect((order - 3).magnitude < 0.15, "\(errors)") }
  }

  @Test func `of max(0, x) misses a term of first order at a kink`() throws {
    // One unit, off for the second example by nothing at all: its input is 1·(−1) + 1 = 0.
    let set = ExampleSet<Double>(
      dense: [2, -1], featureCount: 1, targets: [0, 1], classes: [0, 1])
    let model = try MultilayerPerceptron(
      hiddenWidths: [1], activation: .relu, training: set, featureCount: 1, classCount: 2)
    let records = try Self.records(
      model, at: [1, 1, 0.5, -0.7, 0.1, 0.2], examples: [0, 1], split: .parameters, from: 0.001,
      count: 5)
    let errors = records.map { ($0.interaction ?? .nan) - ($0.interactionSecondOrder ?? .nan) }
    for order in Self.orders(errors) { #expect((order - 1).magnitude < 0.05, "\(errors)") }
  }

  @Test func `the sequential gap of plain descent is the negative interaction`() throws {
    let model = try NoiseModels.network([3], .tanh)
    for split in [ShardSplit.count(2), .count(6), .parameters] {
      let records = try Self.records(
        model, at: normals(model.parameterCount, seed: 363), examples: [3, 1, 30, 11],
        split: split, from: 0.02, count: 4)
      let errors = records.map { ($0.sequentialGap ?? .nan) + ($0.interactionSecondOrder ?? .nan) }
      for order in Self.orders(errors) { #expect((order - 3).magnitude < 0.2, "\(errors)") }
    }
  }

  @Test func `differences of losses stay right until they reach the rounding of the losses`() throws
  {
    let model = try NoiseModels.network([3], .tanh)
    let point = normals(model.parameterCount, seed: 364)
    let estimator = try model.estimator(splits: [.count(16)])
    for rate in [1e-5, 1e-7, 1e-9] {
      for record in estimator.estimate(
        model.observation(at: point, examples: [3, 1, 30, 11], rate: rate))
      {
        let (exact, second) = (
          try #require(record.interaction), try #require(record.interactionSecondOrder)
        )
        let loss = try #require(record.loss)
        // 17 differences for each example, each of losses known to about 1e-16 of their size.
        #expect((exact - second).magnitude < 1e-15 * max(1, loss) + 1e-3 * second.magnitude)
      }
    }
  }

  @Test func `contributions of shards add up to the whole`() throws {
    let model = try NoiseModels.network([5], .relu, l2: 0.1)
    let observation = model.observation(
      at: normals(model.parameterCount, seed: 365), examples: [0, 2, 4])
    let records = try model.estimator(
      splits: [.count(1), .count(4), .parameters], directions: model.parameterCount
    ).estimate(observation)
    for record in records {
      let parts = try #require(record.contributions)
      #expect(parts.count == record.shards)
      let size = parts.reduce(0) { $0 + $1.magnitude }
      #expect(
        (parts.reduce(0, +) - (record.interactionSecondOrder ?? .nan)).magnitude <= 1e-14 * size)
    }
    for record in records where record.shards == 1 {
      #expect(record.interaction == 0 && record.interactionSecondOrder == 0)
      #expect(record.sequentialGap == 0 && record.contributions == [0])
    }
  }
}
