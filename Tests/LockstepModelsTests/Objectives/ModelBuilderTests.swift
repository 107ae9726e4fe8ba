import LockstepCore
import Testing

@testable import LockstepModels

@Suite struct ModelBuilderTests {
  static func numbers(_ targets: [Float], features: Int = 2) -> Dataset<Float> {
    Dataset(
      name: "numbers.csv",
      training: ExampleSet(
        dense: [Float](repeating: 1, count: features * targets.count), featureCount: features,
        targets: targets, classes: nil), heldOut: nil, featureCount: features)
  }

  static func classes(_ labels: [Int32], classCount: Int) -> Dataset<Float> {
    let set = ExampleSet<Float>(
      bytes: [UInt8](repeating: 9, count: 2 * labels.count), scale: 255, featureCount: 2,
      classes: labels)
    return Dataset(
      name: "images", training: set, heldOut: set, featureCount: 2, classCount: classCount)
  }

  static func ratings(userCount: Int) -> Dataset<Float> {
    Dataset(
      name: "ratings.tsv", training: ExampleSet(users: [0, 3], items: [1, 0], ratings: [4, 5]),
      heldOut: nil, featureCount: 0, userCount: userCount, itemCount: 2)
  }

  static func make(_ model: String, _ data: Dataset<Float>?) throws -> any Objective<Float> {
    try ModelBuilder.make(
      ModelSpecification(model), dataset: data, kernels: .blas, seed: 1)
  }

  @Test func `each specification gets its objective`() throws {
    #expect(try Self.make("quadratic:dimension=12", nil) is Quadratic<Float>)
    let linear = try Self.make("logistic:intercept=true", Self.numbers([1, -1, 1]))
    #expect(linear is LinearModel<Float> && linear.parameterCount == 3)
    #expect(linear.trainingCount == 3 && linear.heldOutCount == 0 && linear.isClassifier)
    #expect((try Self.make("svm", Self.numbers([1])) as? LinearModel<Float>)?.loss == .hinge)
    #expect(
      (try Self.make("least-squares", Self.numbers([7])) as? LinearModel<Float>)?.loss == .squared)
    #expect(try Self.make("least-squares", Self.numbers([7], features: 1)).parameterCount == 1)
    let network = try Self.make("mlp:4x3", Self.classes([0, 2], classCount: 3))
    #expect(network is MultilayerPerceptron<Float> && network.parameterCount == 12 + 15 + 12)
    #expect(network.heldOutCount == 2)
    let factors = try Self.make("factorization:5", Self.ratings(userCount: 4))
    #expect(factors is Factorization<Float> && factors.parameterCount == 30)
    #expect(factors is any InPlaceObjective<Float>)
  }

  static let refusals: [(String, Dataset<Float>?, String)] = [
    ("quadratic", numbers([1]), "without data"),
    ("logistic", nil, "logistic needs data"),
    ("logistic", numbers([1, -1, 3]), "example 3 of numbers.csv has the label 3.0"),
    ("svm", classes([0, 1], classCount: 2), "example 1 of images has the label 0.0"),
    ("least-squares", ratings(userCount: 4), "ratings.tsv holds ratings"),
    ("mlp:4", numbers([1.5]), "mlp needs class labels; numbers.csv has the label 1.5"),
    ("mlp:4", classes([0, 5], classCount: 3), "example 2 of images is of class 5"),
    ("mlp:4", ratings(userCount: 4), "ratings.tsv holds ratings"),
    ("factorization:2", numbers([1]), "numbers.csv holds features"),
    ("factorization:2", ratings(userCount: 3), "rating 2 of ratings.tsv is user 3's of item 0"),
    ("least-squares", numbers([]), "numbers.csv has no examples"),
  ]

  @Test(arguments: refusals.indices)
  func `data that does not suit the model is refused in a sentence`(index: Int) throws {
    let (model, data, reason) = Self.refusals[index]
    let error = #expect(throws: DataError.self) { try Self.make(model, data) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "no error")")
  }
}
