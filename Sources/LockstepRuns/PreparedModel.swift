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
  /// What it is trained on, for a person; `nil` for a model without data.
  public let dataName: String?
  /// The data as it was asked for, or the default; `nil` for a model without data.
  public let data: DataSpecification?
  /// The class that a two-class model tells from the others, if the data had to be reduced to two.
  public let positiveClass: Int?

  /// The number of scalars that every thread keeps for each example it works on at a time.
  public let scalarsPerExample: Int

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
      let (model, name, data, positive, scalars) = try Self.load(
        configuration, datasets, as: Float.self)
      objective = .single(model)
      (dataName, self.data, positiveClass, scalarsPerExample) = (name, data, positive, scalars)
    case .double:
      let (model, name, data, positive, scalars) = try Self.load(
        configuration, datasets, as: Double.self)
      objective = .double(model)
      (dataName, self.data, positiveClass, scalarsPerExample) = (name, data, positive, scalars)
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

  /// What a model is trained on where no data is given.
  private static func defaultData(
    _ kind: ModelSpecification.Kind
  ) throws(ConfigurationError) -> DataSpecification? {
    switch kind {
    case .quadratic: nil
    case .factorization: try DataSpecification("synthetic:task=ratings,examples=100000")
    case .leastSquares, .logistic, .svm, .multilayerPerceptron: try DataSpecification("digits")
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

  private static func load<Scalar: ModelScalar>(
    _ configuration: RunConfiguration, _ datasets: DatasetCache?, as type: Scalar.Type
  ) throws -> (any LockstepModels.Objective<Scalar>, String?, DataSpecification?, Int?, Int) {
    var positive = configuration.model.positiveClass
    let data = try configuration.data ?? defaultData(configuration.model.kind)
    var dataset: Dataset<Scalar>?
    if let data {
      var loaded = try (datasets ?? DatasetCache(capacity: 1))
        .dataset(data, of: configuration, as: Scalar.self)
      switch configuration.model.kind {
      case .logistic, .svm:
        // The default data has ten classes; where nobody asked for it, one against the rest will do.
        if configuration.data == nil, positive == nil { positive = 0 }
        loaded = try loaded.binaryTargets(positiveClass: positive)
      case .multilayerPerceptron:
        try loaded.requireClasses()
      case .quadratic, .leastSquares, .factorization:
        break
      }
      dataset = loaded
    }
    let model = try ModelBuilder.make(
      configuration.model, dataset: dataset, kernels: configuration.kernels,
      seed: configuration.seed)
    let scalars = dataset.map { Self.scalarsPerExample(configuration.model.kind, $0) } ?? 0
    return (model, dataset?.name, data, positive, scalars)
  }

  /// What a network's layers, or the gathered rows of a dense linear model, take for an example.
  private static func scalarsPerExample<Scalar>(
    _ kind: ModelSpecification.Kind, _ dataset: Dataset<Scalar>
  ) -> Int {
    switch kind {
    case .multilayerPerceptron(let hiddenWidths, _):
      // Activations and, but for the inputs, their derivatives.
      return dataset.featureCount + 2 * hiddenWidths.reduce(dataset.classCount ?? 0, +)
    case .leastSquares, .logistic, .svm:
      if case .sparse = dataset.training.features { return 0 }
      return dataset.featureCount
    case .factorization(let rank): return 2 * rank
    case .quadratic: return 0
    }
  }
}
