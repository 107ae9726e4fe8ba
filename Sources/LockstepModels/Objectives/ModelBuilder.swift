import LockstepCore

/// Makes the objective that a specification describes, and checks that its data suits it.
public enum ModelBuilder {
  /// Makes an objective.
  ///
  /// - Parameters:
  ///   - specification: what is to be trained.
  ///   - dataset: the data, for every model but `quadratic`; with targets ±1 for `logistic` and
  ///     `svm`.
  ///   - kernels: who does the dense linear algebra.
  ///   - seed: the run's seed, for a random matrix of a `quadratic`.
  /// - Throws: ``DataError`` where data and model don't go together, or a matrix cannot be read.
  public static func make<Scalar: ModelScalar>(
    _ specification: ModelSpecification, dataset: Dataset<Scalar>?, kernels: KernelChoice,
    seed: UInt64
  ) throws -> any Objective<Scalar> {
    if case .quadratic(let quadratic) = specification.kind {
      guard dataset == nil else {
        throw unsuitable("a quadratic is trained without data, so leave --data out")
      }
      return try Quadratic(quadratic, l2: specification.l2, kernels: kernels, seed: seed)
    }
    guard let dataset else { throw unsuitable("\(name(of: specification)) needs data") }
    guard dataset.training.count > 0 else {
      throw unsuitable("\(dataset.name) has no examples to train on")
    }
    switch specification.kind {
    case .quadratic:
      preconditionFailure("made above")
    case .leastSquares:
      return try linear(.squared, specification, dataset, kernels)
    case .logistic:
      return try linear(.logistic, specification, dataset, kernels)
    case .svm:
      return try linear(.hinge, specification, dataset, kernels)
    case .multilayerPerceptron(let hiddenWidths, let activation):
      try refuseRatings(specification, dataset)
      guard let classCount = dataset.classCount else {
        throw unsuitable(
          "an mlp needs classes, but the labels of \(dataset.name) are plain numbers")
      }
      for set in sets(of: dataset) { try checkClasses(set, classCount: classCount, dataset.name) }
      return try MultilayerPerceptron(
        hiddenWidths: hiddenWidths, activation: activation, training: dataset.training,
        heldOut: dataset.heldOut, featureCount: dataset.featureCount, classCount: classCount,
        l2: specification.l2, kernels: kernels)
    case .factorization(let rank):
      for set in sets(of: dataset) { try checkRatings(set, dataset) }
      let (count, overflow) = (dataset.userCount + dataset.itemCount)
        .multipliedReportingOverflow(by: rank)
      guard !overflow, count <= largestFactorCount else {
        throw unsuitable(
          "\(name(of: specification)):\(rank) of \(NumberText.counted(dataset.userCount, "user")) "
            + "and \(NumberText.counted(dataset.itemCount, "item")) has more than "
            + "\(largestFactorCount) parameters")
      }
      return try Factorization(
        rank: rank, training: dataset.training, heldOut: dataset.heldOut,
        userCount: dataset.userCount, itemCount: dataset.itemCount, l2: specification.l2)
    }
  }

  /// More factors than this are refused: 2 TiB in single precision, and counts that can't overflow.
  private static let largestFactorCount = 1 << 39

  private static func unsuitable(_ reason: String) -> DataError { .unsuitable(reason: reason) }

  private static func name(of specification: ModelSpecification) -> String {
    String(specification.specification.prefix { $0 != ":" })
  }

  private static func sets<Scalar>(of dataset: Dataset<Scalar>) -> [ExampleSet<Scalar>] {
    [dataset.training] + (dataset.heldOut.map { [$0] } ?? [])
  }

  private static func linear<Scalar: ModelScalar>(
    _ loss: LinearLoss, _ specification: ModelSpecification, _ dataset: Dataset<Scalar>,
    _ kernels: KernelChoice
  ) throws -> LinearModel<Scalar> {
    try refuseRatings(specification, dataset)
    if loss.isClassifier {
      for set in sets(of: dataset) {
        for index in 0..<set.count where set.targets[index].magnitude != 1 {
          throw unsuitable(
            "\(name(of: specification)) tells −1 from 1, but example \(index + 1) of "
              + "\(dataset.name) has the label \(set.targets[index])")
        }
      }
    }
    return LinearModel(
      loss: loss, training: dataset.training, heldOut: dataset.heldOut,
      featureCount: dataset.featureCount, intercept: specification.intercept,
      l2: specification.l2, kernels: kernels)
  }

  private static func refuseRatings<Scalar>(
    _ specification: ModelSpecification, _ dataset: Dataset<Scalar>
  ) throws {
    for set in sets(of: dataset) {
      if case .ratings = set.features {
        throw unsuitable(
          "\(name(of: specification)) needs features, but \(dataset.name) holds ratings; "
            + "they go with factorization:RANK")
      }
    }
    guard dataset.featureCount > 0 else { throw unsuitable("\(dataset.name) has no features") }
  }

  private static func checkClasses<Scalar>(
    _ set: ExampleSet<Scalar>, classCount: Int, _ name: String
  ) throws {
    guard let classes = set.classes else {
      throw unsuitable("an mlp needs classes, but the labels of \(name) are plain numbers")
    }
    for index in 0..<set.count where !(0..<classCount).contains(Int(classes[index])) {
      throw unsuitable(
        "example \(index + 1) of \(name) is of class \(classes[index]), "
          + "but its classes go from 0 to \(classCount - 1)")
    }
  }

  private static func checkRatings<Scalar>(
    _ set: ExampleSet<Scalar>, _ dataset: Dataset<Scalar>
  ) throws {
    guard case .ratings(let users, let items) = set.features else {
      throw unsuitable("factorization needs ratings, but \(dataset.name) holds features")
    }
    for index in 0..<set.count {
      guard (0..<dataset.userCount).contains(Int(users[index])),
        (0..<dataset.itemCount).contains(Int(items[index]))
      else {
        throw unsuitable(
          "rating \(index + 1) of \(dataset.name) is user \(users[index])'s of item "
            + "\(items[index]), but users go from 0 to \(dataset.userCount - 1) and items "
            + "from 0 to \(dataset.itemCount - 1)")
      }
    }
  }
}
