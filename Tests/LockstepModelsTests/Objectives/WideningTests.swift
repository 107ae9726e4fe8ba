import LockstepCore
import LockstepParameters
import Testing

@testable import LockstepModels

@Suite struct `Data widened to double precision` {
  private static func loss<Scalar: ModelScalar>(
    _ specification: String, _ dataset: Dataset<Scalar>, at parameters: [Double]
  ) throws -> Double {
    let model = try ModelBuilder.make(
      ModelSpecification(specification), dataset: dataset, kernels: .portable, seed: 1)
    let found = evaluate(model, at: parameters.map { Scalar($0) })
    return try #require(found)
  }

  private static func evaluate<Model: Objective>(
    _ model: Model, at parameters: [Model.Scalar]
  ) -> Double? {
    parameters.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.flatMap { view in
        let evaluator = LossEvaluator(model)
        let sets: [EvaluationSet] = [.training, .heldOut]
        return sets.compactMap { evaluator.evaluate(at: view, on: $0)?.loss }.reduce(0, +)
      }
    }
  }

  @Test(arguments: [
    ("synthetic:task=regression,examples=50,features=7", "least-squares", 8),
    ("synthetic:task=ratings,examples=60,users=9,items=6", "factorization:5,l2=0.1", 75),
    ("synthetic:examples=50,features=9,density=0.6", "logistic:intercept=true,l2=0.1", 10),
    ("synthetic:examples=300,features=7", "svm", 7),
    ("synthetic:examples=300,features=5,classes=3", "mlp:4x3,activation=tanh", 51),
  ])
  func `is the same data`(data: String, model: String, count: Int) throws {
    let single = try DataLoader.load(
      DataSpecification(data), heldOut: .fraction(0.2), seed: 3, as: Float.self)
    let double = Dataset(widening: single)
    #expect(double.training.count == single.training.count)
    #expect(double.heldOut?.count == single.heldOut?.count)
    let last = single.training.count - 1
    #expect(double.training.targets[last] == Double(single.training.targets[last]))
    let parameters = (0..<count).map { Double(($0 * 7) % 5) / 4 - 0.5 }
    let first = try Self.loss(model, single, at: parameters)
    let second = try Self.loss(model, double, at: parameters)
    // A loss is evaluated in double precision whatever the run is in.
    #expect(first == second)
  }

  @Test func `keeps bytes, classes and sparse rows`() throws {
    let bytes = ExampleSet<Float>(
      bytes: [0, 51, 255, 102], scale: 255, featureCount: 2, classes: [1, 0])
    let wide = ExampleSet<Double>(widening: bytes)
    guard case .bytes(let values, let scale) = wide.features else {
      Issue.record("bytes stay bytes")
      return
    }
    withExtendedLifetime(wide) {
      #expect(scale == 255 && values[1] == 51 && values[3] == 102)
      #expect(wide.classes?[0] == 1 && wide.targets[0] == 1)
    }
    let sparse = ExampleSet<Float>(
      offsets: [0, 2, 3], columns: [0, 4, 1], values: [0.1, 2, 3], featureCount: 5,
      targets: [1, -1], classes: nil)
    let wideSparse = ExampleSet<Double>(widening: sparse)
    guard case .sparse(let offsets, let columns, let entries) = wideSparse.features else {
      Issue.record("sparse rows stay sparse")
      return
    }
    withExtendedLifetime(wideSparse) {
      #expect(offsets[2] == 3 && columns[1] == 4 && entries[0] == Double(Float(0.1)))
    }
  }
}
