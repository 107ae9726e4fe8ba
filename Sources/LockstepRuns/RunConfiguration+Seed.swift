import LockstepCore

extension RunConfiguration {
  /// Whether the data or the model itself is drawn at random, and so differs from seed to seed.
  ///
  /// Synthetic data are, factorizations are trained on them where no data is given, and a quadratic
  /// may be turned at random; where parameters start and which examples are drawn is not part of a
  /// prepared model.
  public var modelDependsOnSeed: Bool {
    if case .data(let other) = heldOut, case .synthetic = other.source { return true }
    if let data {
      if case .synthetic = data.source { return true }
      return false
    }
    switch model.kind {
    case .factorization, .quadratic: return true
    case .leastSquares, .logistic, .svm, .multilayerPerceptron: return false
    }
  }
}
