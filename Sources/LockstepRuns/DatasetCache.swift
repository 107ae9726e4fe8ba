import LockstepCore
import LockstepModels

/// Data sets that several models are trained on, each loaded once.
///
/// Copies of a data set share its memory, so ten models on one of them take little more than one.
public final class DatasetCache: Sendable {
  private let datasets: SharedCache<any Sendable>

  /// Creates an empty cache of at most `capacity` data sets.
  public init(capacity: Int) {
    datasets = SharedCache(capacity: capacity)
  }

  /// Loads a data set, or finds it where it was loaded before.
  func dataset<Scalar: ModelScalar>(
    _ data: DataSpecification, of configuration: RunConfiguration, as type: Scalar.Type
  ) throws(DataError) -> Dataset<Scalar> {
    let seed = configuration.dataDependOnSeed ? "\(configuration.seed)" : ""
    let key =
      "\(data.specification)\n\(configuration.heldOut.specification)\n\(Scalar.self)\n\(seed)"
    let found = try datasets.value(of: key) { () throws(DataError) in
      try DataLoader.load(
        data, heldOut: configuration.heldOut, seed: configuration.seed, as: Scalar.self)
    }
    guard let dataset = found as? Dataset<Scalar> else {
      preconditionFailure("the key names the scalar")
    }
    return dataset
  }
}
