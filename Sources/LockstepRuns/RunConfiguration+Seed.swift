import LockstepCore

extension RunConfiguration {
  /// Whether the data are drawn at random, and so differ from seed to seed.
  ///
  /// Synthetic data are, and a factorization is trained on them where no data is given.
  public var dataDependOnSeed: Bool {
    if case .data(let other) = heldOut, case .synthetic = other.source { return true }
    if case .synthetic = data?.source { return true }
    if data == nil, case .factorization = model.kind { return true }
    return false
  }

  /// Whether the data or the model itself is drawn at random.
  ///
  /// A quadratic may be turned at random; where parameters start and which examples are drawn is not
  /// part of a prepared model.
  public var modelDependsOnSeed: Bool {
    if case .quadratic = model.kind { return true }
    return dataDependOnSeed
  }
}
