import LockstepCore
import LockstepModels

/// `count` standard normals times `scale`.
func normals(_ count: Int, seed: UInt64, scale: Double = 1) -> [Double] {
  var stream = RandomStream(seed: seed, purpose: .syntheticData)
  return (0..<count).map { _ in scale * stream.normal() }
}

/// Small models that tests probe, all with held-out examples where they have data.
enum NoiseModels {
  static let featureCount = 5
  static let classCount = 3

  static func quadratic(_ keys: String, l2: Double = 0) throws -> Quadratic<Double> {
    guard case .quadratic(let specification) = try ModelSpecification("quadratic:" + keys).kind
    else { throw Unexpected() }
    return try Quadratic(specification, l2: l2, seed: 5)
  }

  /// Random features; the class, sign or number is drawn apart from them.
  static func examples(_ count: Int, seed: UInt64, signs: Bool = false) -> ExampleSet<Double> {
    let classes = (0..<count).map { Int32(($0 * 7 + 1) % classCount) }
    return ExampleSet(
      dense: normals(count * featureCount, seed: seed), featureCount: featureCount,
      targets: signs ? classes.map { $0 == 0 ? -1 : 1 } : classes.map { Double($0) },
      classes: signs ? nil : classes)
  }

  static func network(
    _ widths: [Int], _ activation: Activation, l2: Double = 0, count: Int = 40
  ) throws -> MultilayerPerceptron<Double> {
    try MultilayerPerceptron(
      hiddenWidths: widths, activation: activation, training: examples(count, seed: 301),
      heldOut: examples(15, seed: 302), featureCount: featureCount, classCount: classCount, l2: l2)
  }

  static func linear(_ loss: LinearLoss, l2: Double = 0) -> LinearModel<Double> {
    let signs = loss.isClassifier
    return LinearModel(
      loss: loss, training: examples(40, seed: 303, signs: signs),
      heldOut: examples(15, seed: 304, signs: signs), featureCount: featureCount, intercept: true,
      l2: l2)
  }

  static func factorization(l2: Double = 0) throws -> Factorization<Double> {
    func set(_ count: Int, seed: UInt64) -> ExampleSet<Double> {
      var stream = RandomStream(seed: seed, purpose: .syntheticData)
      return ExampleSet(
        users: (0..<count).map { _ in Int32(stream.integer(below: 4)) },
        items: (0..<count).map { _ in Int32(stream.integer(below: 3)) },
        ratings: (0..<count).map { _ in 3 + stream.normal() })
    }
    return try Factorization(
      rank: 2, training: set(30, seed: 305), heldOut: set(9, seed: 306), userCount: 4,
      itemCount: 3, l2: l2)
  }

  struct Unexpected: Error {}
}
