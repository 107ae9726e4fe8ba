import LockstepCore

/// The workers' views where reading and updating shards takes time.
///
/// A view is put together shard by shard, so it holds a version of each by itself. The tables take 4
/// bytes for every worker and shard, and as much again in `blocks`.
///
/// **Concurrency:** used by one thread; ``copyView(of:into:)`` by several while nobody changes it.
final class ShardViews<Scalar: BitwiseCopyable> {
  /// The versions.
  let store: VersionStore<Scalar>
  /// The number of shards.
  let count: Int
  /// The number of copies made, and of those during which the shard was being updated.
  @exclusivity(unchecked) private(set) var reads = 0
  @exclusivity(unchecked) private(set) var torn = 0

  /// The version of each shard in each worker's view, `[workers × shards]`.
  private let versions: Table<Int32>
  /// For each worker, how stale every shard of its view was when its update was ready,
  /// `[workers × shards]`; empty where nobody asks.
  private let staleness: Table<Int32>
  /// For each shard, how many updates of it have begun and are under way.
  private let begun: Table<Int>
  private let underWay: Table<Int>
  /// For each worker, what `begun` was when its copy started; −1 where that is torn already.
  private let begunBefore: Table<Int>

  /// Makes the tables of views that hold nothing yet.
  init(of store: VersionStore<Scalar>, workers: Int, notesStaleness: Bool) {
    self.store = store
    count = store.shardCount
    versions = Table(repeating: -1, count: workers * count)
    staleness = Table(repeating: 0, count: notesStaleness ? workers * count : 0)
    begun = Table(repeating: 0, count: count)
    underWay = Table(repeating: 0, count: count)
    begunBefore = Table(repeating: 0, count: workers)
  }

  /// The most entries of the tables, 256 MB.
  static var largestTable: Int { 1 << 26 }

  // MARK: Reading

  /// Starts a worker's copy of a shard: the version of this moment is what its view holds.
  func beginCopy(of shard: Int, by worker: Int) {
    versions[worker * count + shard] = Int32(truncatingIfNeeded: store.hold(shard))
    begunBefore[worker] = underWay[shard] > 0 ? -1 : begun[shard]
    reads += 1
  }

  /// Ends a worker's copy of a shard.
  func endCopy(of shard: Int, by worker: Int) {
    if begunBefore[worker] != begun[shard] { torn += 1 }
  }

  /// The number of the version of a shard in a worker's view.
  func number(of shard: Int, inViewOf worker: Int) -> Int {
    store.number(of: Int(versions[worker * count + shard]))
  }

  /// Copies a worker's view.
  func copyView(of worker: Int, into vector: UnsafeMutablePointer<Scalar>) {
    for shard in 0..<count {
      store.copy(Int(versions[worker * count + shard]), of: shard, into: vector)
    }
  }

  /// Lets the first copies of a worker's view go, all that there are of it.
  func letGo(by worker: Int, copies: Int) {
    for shard in 0..<copies { store.letGo(Int(versions[worker * count + shard]), of: shard) }
  }

  /// Notes, for every shard but the worker's own, its updates since the worker's view.
  func noteStaleness(of worker: Int) {
    guard staleness.count > 0 else { return }
    for shard in 0..<count where shard != worker {
      staleness[worker * count + shard] = Int32(
        clamping: store.number(shard) - number(of: shard, inViewOf: worker))
    }
  }

  /// Counts what was noted last of a worker's view.
  func countStaleness(of worker: Int, into counts: inout StalenessCounts) {
    guard staleness.count > 0 else { return }
    for shard in 0..<count where shard != worker {
      counts.record(Int(staleness[worker * count + shard]), count: 1)
    }
  }

  // MARK: Updating

  /// Notes that an update of a shard begins; nobody sees it before it ends.
  func beginUpdate(of shard: Int) {
    begun[shard] += 1
    underWay[shard] += 1
  }

  /// Notes that an update of a shard is made in an instant.
  func noteUpdate(of shard: Int) { begun[shard] += 1 }

  /// Notes that an update of a shard that had begun is made now, or never.
  func endUpdate(of shard: Int) {
    assert(underWay[shard] > 0, "an update ends that has begun")
    underWay[shard] -= 1
  }
}

extension ShardViews: Archivable {
  func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.number("reads", &reads)
    try archive.number("torn", &torn)
    try archive.table("versions", versions, within: -1..<store.peak)
    try archive.table("staleness", staleness)
    try archive.table("begun", begun)
    try archive.table("underWay", underWay)
    try archive.table("begunBefore", begunBefore)
  }
}
