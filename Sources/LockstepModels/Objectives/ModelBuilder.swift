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
    guard let dataset else { throw unsuitable("\(specification.entry.name) needs data") }
    try check(dataset, for: specification.entry)
    switch specification.kind {
    case .quadratic:
      preconditionFailure("made above")
    case .leastSquares:
      return linear(.squared, specification, dataset, kernels)
    case .logistic:
      return linear(.logistic, specification, dataset, kernels)
    case .svm:
      return linear(.hinge, specification, dataset, kernels)
    case .multilayerPerceptron(let hiddenWidths, let activation):
      return try MultilayerPerceptron(
        hiddenWidths: hiddenWidths, activation: activation, training: dataset.training,
        heldOut: dataset.heldOut, featureCount: dataset.featureCount,
        classCount: dataset.classCount ?? 0, l2: specification.l2, kernels: kernels)
    case .factorization(let rank):
      let (count, overflow) = (dataset.userCount + dataset.itemCount)
        .multipliedReportingOverflow(by: rank)
      guard !overflow, count <= largestFactorCount else {
        throw unsuitable(
          "\(specification.entry.name):\(rank) of \(NumberText.counted(dataset.userCount, "user")) "
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

  private static func linear<Scalar: ModelScalar>(
    _ loss: LinearLoss, _ specification: ModelSpecification, _ dataset: Dataset<Scalar>,
    _ kernels: KernelChoice
  ) -> LinearModel<Scalar> {
    LinearModel(
      loss: loss, training: dataset.training, heldOut: dataset.heldOut,
      featureCount: dataset.featureCount, intercept: specification.intercept,
      l2: specification.l2, kernels: kernels)
  }

  /// Checks that the examples are what a model asks for.
  private static func check<Scalar>(
    _ dataset: Dataset<Scalar>, for model: ModelEntry
  ) throws {
    guard dataset.training.count > 0 else {
      throw unsuitable("\(dataset.name) has no examples to train on")
    }
    let sets = [dataset.training] + (dataset.heldOut.map { [$0] } ?? [])
    if model.examples != .ratings {
      for set in sets {
        if case .ratings = set.features {
          throw unsuitable(
            "\(model.name) needs features, but \(dataset.name) holds ratings; "
              + "they go with factorization:RANK")
        }
      }
      guard dataset.featureCount > 0 else { throw unsuitable("\(dataset.name) has no features") }
    }
    let classCount = model.examples == .classes ? try dataset.requireClasses(for: model.name) : 0
    for set in sets {
      switch model.examples {
      case .none, .quantities: break
      case .twoClasses: try checkSigns(set, dataset.name, model)
      case .classes: try checkClasses(set, classCount, dataset.name, model)
      case .ratings: try checkRatings(set, dataset, model)
      }
    }
  }

  private static func checkSigns<Scalar>(
    _ set: ExampleSet<Scalar>, _ name: String, _ model: ModelEntry
  ) throws {
    for index in 0..<set.count where set.targets[index].magnitude != 1 {
      throw unsuitable(
        "\(model.name) tells −1 from 1, but example \(index + 1) of "
          + "\(name) has the label \(set.targets[index])")
    }
  }

  private static func checkClasses<Scalar>(
    _ set: ExampleSet<Scalar>, _ classCount: Int, _ name: String, _ model: ModelEntry
  ) throws {
    guard let classes = set.classes else {
      throw unsuitable(
        "\(model.name) needs classes, but the labels of \(name) are plain numbers")
    }
    for index in 0..<set.count where !(0..<classCount).contains(Int(classes[index])) {
      throw unsuitable(
        "example \(index + 1) of \(name) is of class \(classes[index]), "
          + "but its classes go from 0 to \(classCount - 1)")
    }
  }

  private static func checkRatings<Scalar>(
    _ set: ExampleSet<Scalar>, _ dataset: Dataset<Scalar>, _ model: ModelEntry
  ) throws {
    guard case .ratings(let users, let items) = set.features else {
      throw unsuitable(
        "\(model.name) needs ratings, but \(dataset.name) holds features; take --data ratings:FILE or "
          + "synthetic:task=ratings")
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
