import LockstepCore
import LockstepModels
import Testing

@testable import LockstepNoise

@Suite struct `Random directions` {
  /// The 97.5 % point of Student's t with 15 degrees of freedom.
  private static let quantile = 2.131

  @Test(arguments: [ShardSplit.count(30), .parameters])
  func `the interval around their mean covers the exact value as often as it says`(
    split: ShardSplit
  ) throws {
    let model = try NoiseModels.network([8], .tanh)
    let point = normals(model.parameterCount, seed: 371)
    let exact = try #require(
      try model.estimator(splits: [split], directions: model.parameterCount)
        .estimate(model.observation(at: point, examples: [3, 1, 30, 11]))
        .first?.interactionSecondOrder)
    let estimator = try model.estimator(splits: [split], directions: 16, heldOutExamples: 1)
    var (covered, sum, squares) = (0, 0.0, 0.0)
    let draws = 200
    for update in 0..<draws {
      let record = try #require(
        estimator.estimate(
          model.observation(at: point, examples: [3, 1, 30, 11], update: update)
        ).first)
      let (estimate, error) = (
        try #require(record.interactionSecondOrder),
        try #require(record.interactionSecondOrderError)
      )
      #expect(error > 0 && record.contributions == nil)
      if (estimate - exact).magnitude <= Self.quantile * error { covered += 1 }
      sum += estimate - exact
      squares += (estimate - exact) * (estimate - exact)
    }
    // 200 trials at 0.95: 190, give or take three standard deviations of 3.1.
    #expect((181...199).contains(covered), "\(covered)")
    let error = (squares / Double(draws * (draws - 1))).squareRoot()
    #expect((sum / Double(draws)).magnitude < 3 * error, "\(sum / Double(draws)) ± \(error)")
  }

  @Test func `a single direction has no error to speak of`() throws {
    let model = try NoiseModels.network([3], .tanh)
    let observation = model.observation(
      at: normals(model.parameterCount, seed: 372), examples: [3, 1])
    for record in try model.estimator(splits: [.parameters], directions: 1).estimate(observation) {
      #expect(record.interactionSecondOrder != nil && record.interactionSecondOrderError == nil)
    }
  }

  @Test func `a hundred thousand parameters can have a shard each`() throws {
    let model = try NoiseModels.network([11_100], .relu, count: 8)
    #expect(model.parameterCount > 99_000)
    let point = normals(model.parameterCount, seed: 373, scale: 0.02)
    let records = try model.estimator(
      splits: [.parameters], directions: 2, largestBatch: 2, heldOutExamples: 2
    ).estimate(model.observation(at: point, examples: [0, 1]))
    for record in records {
      #expect(record.shards == model.parameterCount)
      #expect(record.interaction == nil && record.sequentialGap == nil)
      let (estimate, error) = (
        try #require(record.interactionSecondOrder),
        try #require(record.interactionSecondOrderError)
      )
      // One parameter alone has next to no curvature here, so the whole is nearly all interaction.
      let whole = try #require(record.linearisationSecondOrder)
      #expect((estimate - whole).magnitude < 0.1 * whole.magnitude && error > 0)
    }
  }

  @Test func `draws depend on the seed and the update, not on what was estimated before`() throws {
    let model = try NoiseModels.network([3], .tanh)
    let point = normals(model.parameterCount, seed: 374)
    func observation(_ update: Int) -> StepObservation {
      model.observation(at: point, examples: [3, 1], update: update)
    }
    let splits: [ShardSplit] = [.parameters, .count(20)]
    let estimator = try model.estimator(splits: splits, directions: 4)
    let first = estimator.estimate(observation(5))
    _ = estimator.estimate(observation(6))
    #expect(estimator.estimate(observation(5)) == first)
    let turned = try model.estimator(splits: splits.reversed(), directions: 4)
      .estimate(observation(5))
    #expect(turned.filter { $0.shards == 20 } == first.filter { $0.shards == 20 })
    let others = try model.estimator(splits: splits, directions: 4, seed: 2)
      .estimate(observation(5))
    #expect(others[0].interactionSecondOrder != first[0].interactionSecondOrder)
    #expect(
      estimator.estimate(observation(6))[0].interactionSecondOrder
        != first[0].interactionSecondOrder)
  }
}
