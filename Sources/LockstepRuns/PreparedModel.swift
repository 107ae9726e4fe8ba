import LockstepCore
import LockstepModels

/// A model with its data loaded, ready to be trained, in the scalar it is trained in.
///
/// Loading is the slow part; runs that differ only in policy, workers or rate share one of these.
public struct PreparedModel: Sendable {
  /// The model, in its scalar.
  public enum Objective: Sendable {
    /// With 32-bit parameters.
    case single(any LockstepModels.Objective<Float>)
    /// With 64-bit parameters.
    case double(any LockstepModels.Objective<Double>)
  }

  /// The model.
  public let objective: Objective
  /// The model in double precision, on the same numbers, for noise probes; `nil` where the model is
  /// trained in single precision and none were asked for.
  public let curvature: (any CurvatureObjective)?
  /// What it is trained on, for a person; `nil` for a model without data.
  public let dataName: String?
  /// The data as it was asked for, or the default; `nil` for a model without data.
  public let data: DataSpecification?
  /// The class that a two-class model tells from the others, if the data had to be reduced to two.
  public let positiveClass: Int?
  /// The digest of the data; empty for a model without data.
  var dataDigest: String { makeDigest() }

  private let makeDigest: @Sendable () -> String

  /// Loads the data and builds the model of a configuration.
  ///
  /// - Parameters:
  ///   - configuration: whose.
  ///   - datasets: where data may have been loaded before; `nil` to load them for this model alone.
  /// - Throws: ``ConfigurationError`` or ``DataError``.
  public init(_ configuration: RunConfiguration, sharing datasets: DatasetCache? = nil) throws {
    try Self.checkQuadratic(configuration)
    switch configuration.resolvedPrecision {
    case .single:
      let loaded = try Loaded<Float>(configuration, datasets)
      let model = try loaded.model(configuration)
      objective = .single(model)
      curvature =
        configuration.noise == nil ? nil : try loaded.widened.model(configuration) as? Curvature
      (dataName, data, positiveClass) = (loaded.dataset?.name, loaded.data, loaded.positiveClass)
      makeDigest = { [dataset = loaded.dataset] in dataset?.digest ?? "" }
    case .double:
      let loaded = try Loaded<Double>(configuration, datasets)
      let model = try loaded.model(configuration)
      objective = .double(model)
      curvature = model as? Curvature
      (dataName, data, positiveClass) = (loaded.dataset?.name, loaded.data, loaded.positiveClass)
      makeDigest = { [dataset = loaded.dataset] in dataset?.digest ?? "" }
    }
  }

  /// The number of parameters.
  public var parameterCount: Int {
    switch objective {
    case .single(let model): model.parameterCount
    case .double(let model): model.parameterCount
    }
  }

  /// The number of training examples, 0 for a model without data.
  public var trainingCount: Int {
    switch objective {
    case .single(let model): model.trainingCount
    case .double(let model): model.trainingCount
    }
  }

  /// Refuses a quadratic that would not fit before its matrix is made.
  private static func checkQuadratic(
    _ configuration: RunConfiguration
  ) throws(ConfigurationError) {
    guard case .quadratic(let quadratic) = configuration.model.kind,
      let dimension = quadratic.matrix.dimension
    else { return }
    let modelBytes: Int
    switch quadratic.matrix {
    case .conditioned, .eigenvalues:
      // The eigenvalues, a copy while they are made, and the axis of the reflection.
      modelBytes = quadratic.isRotated ? 24 : 16
    case .coupled, .laplacian, .file: modelBytes = 0
    }
    let need = MemoryNeed(
      parameters: dimension, scalarBytes: configuration.resolvedPrecision == .single ? 4 : 8,
      configuration: configuration, updatesInPlace: false, modelBytesPerParameter: modelBytes)
    guard need.fits else {
      throw .invalid(
        option: "--model", value: configuration.model.specification,
        reason: need.complaint("this model"))
    }
  }
}

private typealias Curvature = any CurvatureObjective

/// The data of a configuration, loaded in one precision.
private struct Loaded<Scalar: ModelScalar> {
  var dataset: Dataset<Scalar>?
  var data: DataSpecification?
  var positiveClass: Int?

  init(dataset: Dataset<Scalar>?, data: DataSpecification?, positiveClass: Int?) {
    self.dataset = dataset
    self.data = data
    self.positiveClass = positiveClass
  }

  init(_ configuration: RunConfiguration, _ datasets: DatasetCache?) throws {
    positiveClass = configuration.model.positiveClass
    data = try configuration.resolvedData()
    guard let data else { return }
    var loaded = try (datasets ?? DatasetCache(capacity: 1))
      .dataset(data, of: configuration, as: Scalar.self)
    if configuration.model.entry.examples == .twoClasses {
      // The default data has ten classes; where nobody asked for it, one against the rest will do.
      if configuration.data == nil, positiveClass == nil { positiveClass = 0 }
      loaded = try loaded.binaryTargets(positiveClass: positiveClass)
    }
    dataset = loaded
  }

  func model(_ configuration: RunConfiguration) throws -> any LockstepModels.Objective<Scalar> {
    try ModelBuilder.make(
      configuration.model, dataset: dataset, kernels: configuration.kernels,
      seed: configuration.seed)
  }
}

extension Loaded where Scalar == Float {
  /// The same numbers in double precision.
  var widened: Loaded<Double> {
    Loaded<Double>(
      dataset: dataset.map { Dataset(widening: $0) }, data: data, positiveClass: positiveClass)
  }
}
