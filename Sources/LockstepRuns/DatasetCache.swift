import LockstepCore
import LockstepModels
import Synchronization

/// Data sets that several models are trained on, loaded once.
///
/// Copies of a data set share its memory, so ten models on one of them take little more than one.
///
/// **Concurrency:** any thread may ask; one data set is loaded at a time.
public final class DatasetCache: Sendable {
  private let entries = Mutex<[(key: String, dataset: any Sendable)]>([])
  private let capacity: Int

  /// Creates an empty cache of at most `capacity` data sets.
  public init(capacity: Int) {
    precondition(capacity >= 1, "a cache holds at least one data set")
    self.capacity = capacity
  }

  /// Loads a data set, or finds it where it was loaded before.
  func dataset<Scalar: ModelScalar>(
    _ data: DataSpecification, of configuration: RunConfiguration, as type: Scalar.Type
  ) throws(DataError) -> Dataset<Scalar> {
    let seed = configuration.dataDependOnSeed ? "\(configuration.seed)" : ""
    let key =
      "\(data.specification)\n\(configuration.heldOut.specification)\n\(Scalar.self)\n\(seed)"
    return try entries.withLock { entries throws(DataError) in
      if let index = entries.firstIndex(where: { $0.key == key }),
        let found = entries[index].dataset as? Dataset<Scalar>
      {
        entries.append(entries.remove(at: index))
        return found
      }
      let loaded = try DataLoader.load(
        data, heldOut: configuration.heldOut, seed: configuration.seed, as: Scalar.self)
      entries.append((key, loaded))
      if entries.count > capacity { entries.removeFirst() }
      return loaded
    }
  }
}
