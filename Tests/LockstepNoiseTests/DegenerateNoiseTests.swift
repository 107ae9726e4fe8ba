import LockstepCore
import LockstepModels
import Testing

@testable import LockstepNoise

@Suite struct `Degenerate observations` {
  @Test func `a fresh view has no staleness`() throws {
    let model = try NoiseModels.network([3], .tanh)
    for record in try model.estimator(splits: [.count(2)]).estimate(
      model.observation(at: normals(model.parameterCount, seed: 391), examples: [1, 2]))
    {
      #expect(record.staleness == 0 && record.gradientError == 0 && record.gradientCosine == 1)
    }
  }

  @Test func `a view that equals the parameters has none either`() throws {
    let model = try NoiseModels.network([3], .tanh)
    let point = normals(model.parameterCount, seed: 392)
    for record in try model.estimator(splits: [.count(2)]).estimate(
      model.observation(at: point, examples: [1, 2], view: point, range: 3..<11))
    {
      #expect(record.staleness == 0)
      #expect((record.gradientError ?? 1) < 1e-15 && (record.gradientCosine ?? 0) > 1 - 1e-15)
      #expect((record.gradientCosine ?? 2) <= 1)
    }
  }

  @Test func `at the optimum nothing moves, and directions are not defined`() throws {
    let model = try NoiseModels.quadratic("dimension=4,coupling=0.5")
    let origin = [Double](repeating: 0, count: 4)
    for record in try model.estimator(splits: [.count(1), .parameters]).estimate(
      model.observation(at: origin, view: [1, 0, 0, 0]))
    {
      #expect(record.gradientError == nil && record.gradientCosine == nil)
      #expect(record.interaction == 0 && record.sequentialGap == 0 && record.linearisation == 0)
      #expect(record.promisedDecrease == 0 && record.loss == 0)
      #expect((record.staleness ?? 0) > 0)
    }
  }

  @Test(arguments: [Double.nan, .infinity, 1e200])
  func `numbers that a record cannot hold are left out`(value: Double) throws {
    let model = try NoiseModels.network([3], .relu, l2: 0.1)
    let point = [Double](repeating: value, count: model.parameterCount)
    for view in [nil, normals(model.parameterCount, seed: 393)] {
      for record in try model.estimator(splits: [.workers, .count(3), .parameters], workers: 2)
        .estimate(model.observation(at: point, examples: [1, 2], view: view))
      {
        let numbers = [
          record.interaction, record.interactionSecondOrder, record.interactionSecondOrderError,
          record.sequentialGap, record.linearisation, record.linearisationSecondOrder,
          record.staleness, record.gradientError, record.gradientCosine, record.promisedDecrease,
          record.loss,
        ]
        #expect(numbers.allSatisfy { $0?.isFinite ?? true })
        #expect(record.contributions?.allSatisfy(\.isFinite) ?? true)
        #expect(record.loss == nil && record.linearisation == nil)
      }
    }
  }

  @Test func `the mean over no examples is not a number`() throws {
    let model = try NoiseModels.network([3], .tanh)
    let point = normals(model.parameterCount, seed: 395)
    let estimator = try model.estimator(splits: [.count(2)])
    _ = estimator.estimate(model.observation(at: point, examples: [1, 2]))
    let records = estimator.estimate(model.observation(at: point, examples: []))
    #expect(records[0].loss == nil && records[0].interaction == nil)
    #expect(records[2].loss != nil && records[2].interaction == 0)
  }

  @Test func `a model without data has one set`() throws {
    let model = try NoiseModels.quadratic("laplacian=6")
    let records = try model.estimator(splits: [.count(2), .count(3)]).estimate(
      model.observation(at: normals(6, seed: 394), update: 9))
    #expect(records.map(\.set) == ["current", "current"] && records.map(\.shards) == [2, 3])
    #expect(records.allSatisfy { $0.update == 9 })
  }
}
