import LockstepCore
import Testing

@testable import LockstepModels

@Suite struct FactorizationTests {
  static let users: [Int32] = [0, 1, 2, 3, 0, 2, 1]
  static let items: [Int32] = [0, 1, 2, 0, 2, 1, 1]

  static func make<Scalar: ModelScalar>(
    rank: Int, l2: Double = 0, as type: Scalar.Type
  ) throws -> Factorization<Scalar> {
    let set = ExampleSet<Scalar>(
      users: users, items: items, ratings: normals(7, seed: 71).map { Scalar($0 + 3) })
    return try Factorization(
      rank: rank, training: set, heldOut: set, userCount: 4, itemCount: 3, l2: l2)
  }

  @Test(arguments: [1, 2, 5])
  func `the gradient is the derivative of the loss, over every range`(rank: Int) throws {
    for l2 in [0, 0.2] {
      let model = try Self.make(rank: rank, l2: l2, as: Double.self)
      let point = normals(model.parameterCount, seed: 72)
      checkGradient(of: model, at: point, examples: [0, 4, 6, 1])
      let float = try Self.make(rank: rank, l2: l2, as: Float.self)
      #expect(
        relativeDifference(
          float.gradient(at: single(point), examples: [3, 5]),
          model.gradient(at: point, examples: [3, 5])) < 1e-4)
    }
  }

  @Test(arguments: [1, 3, 8])
  func `a step in place equals the gradient step`(rank: Int) throws {
    let model = try Self.make(rank: rank, as: Double.self)
    #expect(model.supportsInPlace)
    let start = normals(model.parameterCount, seed: 73)
    for example in 0..<7 {
      let gradient = model.gradient(at: start, examples: [Int32(example)])
      var stepped = start
      stepped.withUnsafeMutableBufferPointer { shared in
        guard let base = shared.baseAddress else { return }
        step(model, base, [Int32(example)], rate: 0.05)
      }
      #expect(relativeDifference(stepped, zip(start, gradient).map { $0 - 0.05 * $1 }) < 1e-14)
    }
  }

  @Test func `preparing and applying in parts equals the gradient step`() throws {
    let model = try Self.make(rank: 3, as: Double.self)
    let start = normals(model.parameterCount, seed: 74)
    // Two of them rate the same item by the same user.
    let examples: [Int32] = [1, 6, 3]
    let gradient = model.gradient(at: start, examples: examples)
    let expected = zip(start, gradient).map { $0 - 0.1 * $1 }
    let workspace = model.makeWorkspace(batch: 3, range: 0..<model.parameterCount)
    for cut in 0...model.parameterCount {
      var applied = start
      applied.withUnsafeMutableBufferPointer { shared in
        examples.withUnsafeBufferPointer { examples in
          guard let base = shared.baseAddress else { return }
          model.prepareInPlace(at: base, examples: examples, workspace: workspace)
          model.applyInPlace(workspace, to: base, range: 0..<cut, rate: 0.1)
          model.applyInPlace(workspace, to: base, range: cut..<model.parameterCount, rate: 0.1)
        }
      }
      #expect(relativeDifference(applied, expected) < 1e-14)
    }
  }

  @Test func `a run of steps equals the steps one by one`() throws {
    let model = try Self.make(rank: 3, as: Double.self)
    let start = normals(model.parameterCount, seed: 53)
    for count in [0, 1, 6, 7, 40] {
      let examples = (0..<count).map { (step: Int) -> Int32 in
        Int32((step * 5) % model.trainingCount)
      }
      var (single, run) = (start, start)
      single.withUnsafeMutableBufferPointer { single in
        run.withUnsafeMutableBufferPointer { run in
          guard let single = single.baseAddress, let run = run.baseAddress else { return }
          for example in examples { step(model, single, [example], rate: 0.05) }
          #expect(step(model, run, examples, rate: 0.05) == count)
        }
      }
      #expect(run == single)
    }
  }

  @Test func `the loss is zero where the factors multiply to the ratings`() throws {
    let set = ExampleSet<Double>(users: [0, 1], items: [0, 0], ratings: [2, 6])
    let model = try Factorization(rank: 2, training: set, userCount: 2, itemCount: 1)
    let point = [1.0, 1, 3, 3, 1, 1]
    #expect(model.evaluation(at: point, examples: [0, 1]) == Evaluation(lossSum: 0, count: 2))
    #expect(model.gradient(at: point, examples: [0, 1]).allSatisfy { $0 == 0 })
    #expect(!model.isClassifier)
  }

  @Test func `it starts near the mean rating`() throws {
    let count = 400
    let ids = allExamples(count)
    let set = ExampleSet<Double>(
      users: ids, items: ids, ratings: [Double](repeating: 3.5, count: count))
    let model = try Factorization(rank: 16, training: set, userCount: count, itemCount: count)
    let start = model.initialParameters(seed: 4)
    let sums = model.evaluation(at: start, examples: ids)
    #expect(sums.lossSum / Double(count) < 0.5)
    let negative = ExampleSet<Double>(users: [0], items: [0], ratings: [-1])
    let centred = try Factorization(rank: 4, training: negative, userCount: 1, itemCount: 1)
    #expect(largest(centred.initialParameters(seed: 4)) < 0.3)
    #expect(start == model.initialParameters(seed: 4))
  }

  @Test func `descending in place fits a matrix of low rank`() throws {
    var stream = RandomStream(seed: 75, purpose: .syntheticData)
    let p = (0..<20).map { _ in 0.5 + stream.uniform() }
    let q = (0..<15).map { _ in 1 + stream.uniform() }
    var (users, items, ratings): ([Int32], [Int32], [Double]) = ([], [], [])
    for user in 0..<20 {
      for item in 0..<15 where (user + item) % 3 != 0 {
        users.append(Int32(user))
        items.append(Int32(item))
        ratings.append(p[user] * q[item])
      }
    }
    let set = ExampleSet<Double>(users: users, items: items, ratings: ratings)
    let model = try Factorization(rank: 2, training: set, userCount: 20, itemCount: 15)
    var point = model.initialParameters(seed: 5)
    point.withUnsafeMutableBufferPointer { shared in
      guard let base = shared.baseAddress else { return }
      for _ in 0..<60 {
        for example in 0..<set.count { step(model, base, [Int32(example)], rate: 0.05) }
      }
    }
    let sums = model.evaluation(at: point, examples: allExamples(set.count))
    #expect((sums.lossSum / Double(set.count)).squareRoot() < 0.05)
  }

  @Test func `a regularised model is not updated in place, and features are refused`() throws {
    #expect(try !Self.make(rank: 2, l2: 0.1, as: Float.self).supportsInPlace)
    let features = ExampleSet<Double>(dense: [1], featureCount: 1, targets: [1], classes: nil)
    #expect(throws: DataError.unsuitable(reason: "a factorization needs ratings")) {
      try Factorization(rank: 1, training: features, userCount: 1, itemCount: 1)
    }
  }
}
