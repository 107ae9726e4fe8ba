import LockstepCore
import LockstepModels
import LockstepParameters
import Testing

@testable import LockstepNoise

@Suite struct `Batches and splits` {
  private func draw(_ source: FreshBatch, besides current: [Int32], update: Int) -> [Int32] {
    let count = min(current.count, source.exampleCount)
    return [Int32](unsafeUninitializedCapacity: count) { buffer, drawn in
      guard let base = buffer.baseAddress else { return }
      base.initialize(repeating: -1, count: count)
      drawn = current.withUnsafeBufferPointer {
        source.draw(besides: $0, update: update, into: base)
      }
    }
  }

  @Test func `a fresh batch is drawn evenly from what the current one leaves`() {
    let source = FreshBatch(exampleCount: 20, seed: 3)
    let current: [Int32] = [4, 19, 0, 4, 7]
    var counts = [Int](repeating: 0, count: 20)
    let draws = 4000
    for update in 0..<draws {
      let batch = draw(source, besides: current, update: update)
      #expect(batch.count == 5 && Set(batch).count == 5)
      for example in batch { counts[Int(example)] += 1 }
    }
    // 16 examples are left; each is in 5/16 of the batches.
    let p = 5.0 / 16
    let deviation = (Double(draws) * p * (1 - p)).squareRoot()
    for example in 0..<20 {
      let expected = current.contains(Int32(example)) ? 0 : Double(draws) * p
      #expect(
        (Double(counts[example]) - expected).magnitude
          <= (expected == 0 ? 0 : 4.5 * deviation), "\(example): \(counts[example])")
    }
  }

  @Test func `where too little is left the fresh batch takes all of it and then repeats`() {
    let source = FreshBatch(exampleCount: 6, seed: 3)
    for update in 0..<20 {
      let batch = draw(source, besides: [0, 1, 2, 3], update: update)
      #expect(Set(batch[..<2]) == [4, 5] && Set(batch).count == 4)
      #expect(Set(draw(source, besides: [5, 4, 3, 2, 1, 0], update: update)) == Set(0..<6))
      #expect(draw(source, besides: [1, 1, 1, 1, 1, 1, 1, 1], update: update).count == 6)
    }
  }

  @Test func `splits are the engine's blocks, at most one shard a parameter, each once`() {
    func counts(_ splits: [ShardSplit], workers: Int) -> [Int] {
      ShardPartition.distinct(splits, parameterCount: 10, workers: workers).map(\.count)
    }
    #expect(counts([.workers, .count(3), .parameters, .count(1)], workers: 4) == [4, 3, 10, 1])
    #expect(counts([.workers, .count(4), .count(12), .parameters], workers: 4) == [4, 10])
    #expect(counts([.workers], workers: 64) == [10])
    #expect(
      ShardPartition(.workers, parameterCount: 10, workers: 4).ranges
        == ShardLayout.even(parameterCount: 10, shards: 4, scalarBytes: 4).ranges)
  }

  @Test func `the held-out subset is spread evenly and capped`() throws {
    let model = try NoiseModels.network([2], .relu)
    func examples(_ count: Int?) throws -> [Int32] {
      let set = try model.estimator(splits: [.workers], heldOutExamples: count).sets[2]
      return Array(set.examples)
    }
    #expect(try examples(5) == [0, 3, 6, 9, 12])
    #expect(try examples(nil) == Array(0..<15) && examples(100) == Array(0..<15))
  }

  @Test func `a specification that asks for nothing is refused in words`() throws {
    let model = try NoiseModels.quadratic("dimension=3")
    func refusal(_ change: (inout NoiseSpecification) -> Void) -> String? {
      var specification = NoiseSpecification(every: 1)
      change(&specification)
      do throws(ConfigurationError) {
        _ = try NoiseEstimator(
          model: model, specification: specification, optimizer: .sgd, workers: 1,
          largestBatch: 1, seed: 1)
        return nil
      } catch {
        return error.description
      }
    }
    #expect(refusal { $0.splits = [] } == "a noise probe needs at least one split of the step")
    #expect(
      refusal { $0.splits = [.count(0)] }
        == "a step cannot be split into 0 shards; 1 is the least")
    #expect(
      refusal { $0.directions = 0 } == "a noise probe needs at least 1 random direction, not 0")
    #expect(
      refusal { $0.heldOutExamples = -1 }
        == "a noise probe needs at least 1 held-out example, not -1")
    #expect(refusal { $0.directions = 1 } == nil)
  }
}
