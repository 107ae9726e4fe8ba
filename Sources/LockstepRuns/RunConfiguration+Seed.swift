import LockstepCore

extension RunConfiguration {
  /// What the model is trained on; `nil` for a model without data.
  ///
  /// - Throws: ``ConfigurationError`` where the model's usual data are written wrong.
  func resolvedData() throws(ConfigurationError) -> DataSpecification? {
    if let data { return data }
    guard let usual = model.entry.usualData else { return nil }
    return try DataSpecification(usual)
  }

  /// Whether the data are drawn at random, and so differ from seed to seed.
  public var dataDependOnSeed: Bool {
    if case .data(let other) = heldOut, case .synthetic = other.source { return true }
    if case .synthetic = (try? resolvedData())?.source { return true }
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
