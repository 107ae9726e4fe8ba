import Synchronization

/// Where an executor takes the records that are there, and leaves its own.
public protocol RunStore: Sendable {
  /// The number of runs that are there.
  var count: Int { get }
  /// Whether a run's record is there.
  func contains(_ id: String) -> Bool
  /// Adds a run, unless it is there already.
  func append(_ run: StoredRun) throws(StoreError)
  /// The records that are there, each id once, in the order in which they were added.
  func runs() throws(StoreError) -> [StoredRun]
}

extension ResultStore: RunStore {}

/// Records that go to no file.
public final class MemoryStore: RunStore {
  private let records = Mutex<[StoredRun]>([])

  /// Creates an empty store.
  public init() {}

  /// The number of runs that are there.
  public var count: Int { records.withLock(\.count) }

  /// Whether a run's record is there.
  public func contains(_ id: String) -> Bool { records.withLock { $0.contains { $0.id == id } } }

  /// Adds a run, unless it is there already.
  public func append(_ run: StoredRun) {
    records.withLock { records in
      if !records.contains(where: { $0.id == run.id }) { records.append(run) }
    }
  }

  /// The records, in the order in which they were added.
  public func runs() -> [StoredRun] { records.withLock { $0 } }
}
