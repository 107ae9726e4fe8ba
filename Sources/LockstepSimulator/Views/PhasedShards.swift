import LockstepParameters

/// The shards where reading and updating them takes time, each with the older versions that views
/// still hold.
///
/// A view is put together shard by shard, so it holds a version of each by itself; an update writes in
/// place where no view holds the newest version, and a copy otherwise. The tables take 4 bytes for
/// every worker and shard, and as much again in `blocks`.
///
/// The memory is unsafe because the values go straight to the kernels; indices are numbers of workers,
/// of shards, and of buffers that the pool handed out.
///
/// **Concurrency:** used by one thread; ``copyView(of:into:)`` by several while nobody changes it.
final class PhasedShards<Scalar: BitwiseCopyable> {
  /// The number of shards.
  let count: Int
  /// The number of copies made, and of those during which the shard was being updated.
  private(set) var reads = 0
  private(set) var torn = 0

  private let places: [ShardSpan]
  private var pool: BufferPool<Scalar>
  /// For each buffer, the number of views that hold it and the version in it.
  private var holders: [Int32] = []
  private var numbers: [Int] = []
  private var newest: [Int]
  /// The buffers of each worker's view, `[workers × shards]`.
  private let views: UnsafeMutablePointer<Int32>
  private let viewCount: Int
  /// For each worker, how stale every shard of its view was when its update was ready,
  /// `[workers × shards]`; `nil` where nobody asks.
  private let staleness: UnsafeMutablePointer<Int32>?
  /// For each shard, how many updates of it have begun and are under way.
  private var begun: [Int]
  private var underWay: [Int]
  /// For each worker, what `begun` was when its copy started; −1 where that is torn already.
  private var begunBefore: [Int]

  /// The most entries of the tables, 256 MB.
  static var largestTable: Int { 1 << 26 }

  /// Creates the shards at version 0.
  init(
    layout: ShardLayout, workers: Int, notesStaleness: Bool,
    from parameters: UnsafePointer<Scalar>
  ) {
    count = layout.shardCount
    places = layout.ranges.map { ShardSpan(start: $0.lowerBound, count: $0.count) }
    pool = BufferPool(size: layout.ranges.map(\.count).max() ?? 1)
    newest = []
    begun = Array(repeating: 0, count: count)
    underWay = begun
    begunBefore = Array(repeating: 0, count: workers)
    viewCount = workers * count
    views = .allocate(capacity: viewCount)
    views.initialize(repeating: -1, count: viewCount)
    if notesStaleness {
      let table = UnsafeMutablePointer<Int32>.allocate(capacity: viewCount)
      table.initialize(repeating: 0, count: viewCount)
      staleness = table
    } else {
      staleness = nil
    }
    for place in places {
      let buffer = take(version: 0)
      pool.buffers[buffer].initialize(from: parameters + place.start, count: place.count)
      newest.append(buffer)
    }
  }

  deinit {
    pool.deallocate()
    views.deallocate()
    staleness?.deallocate()
  }

  /// The most buffers that were in use at once.
  var peak: Int { pool.allocated }

  /// The parameters of a shard.
  func place(_ shard: Int) -> ShardSpan { places[shard] }

  /// The number of updates of a shard.
  func number(_ shard: Int) -> Int { numbers[newest[shard]] }

  private func take(version: Int) -> Int {
    let buffer = pool.take()
    if buffer == holders.count {
      holders.append(0)
      numbers.append(0)
    }
    holders[buffer] = 0
    numbers[buffer] = version
    return buffer
  }

  // MARK: Reading

  /// Starts a worker's copy of a shard: the version of this moment is what its view holds.
  func beginCopy(of shard: Int, by worker: Int) {
    let buffer = newest[shard]
    holders[buffer] += 1
    views[worker * count + shard] = Int32(truncatingIfNeeded: buffer)
    begunBefore[worker] = underWay[shard] > 0 ? -1 : begun[shard]
    reads += 1
  }

  /// Ends a worker's copy of a shard.
  func endCopy(of shard: Int, by worker: Int) {
    if begunBefore[worker] != begun[shard] { torn += 1 }
  }

  /// The version of a shard in a worker's view.
  func version(of shard: Int, inViewOf worker: Int) -> Int {
    numbers[Int(views[worker * count + shard])]
  }

  /// Copies a worker's view.
  func copyView(of worker: Int, into vector: UnsafeMutablePointer<Scalar>) {
    for (shard, place) in places.enumerated() {
      let buffer = Int(views[worker * count + shard])
      (vector + place.start).update(from: pool.buffers[buffer], count: place.count)
    }
  }

  /// The newest values of a shard.
  func newestValues(_ shard: Int) -> UnsafePointer<Scalar> {
    UnsafePointer(pool.buffers[newest[shard]])
  }

  /// Copies the newest versions.
  func copyNewest(into vector: UnsafeMutablePointer<Scalar>) {
    for (place, buffer) in zip(places, newest) {
      (vector + place.start).update(from: pool.buffers[buffer], count: place.count)
    }
  }

  /// Lets a worker's view go.
  func letGo(by worker: Int) { letGo(by: worker, copies: count) }

  /// Lets the first copies of a worker's view go, all that there are of it.
  func letGo(by worker: Int, copies: Int) {
    for shard in 0..<copies {
      let buffer = Int(views[worker * count + shard])
      holders[buffer] -= 1
      if holders[buffer] == 0, buffer != newest[shard] { pool.giveBack(buffer) }
    }
  }

  /// Notes, for every shard but the worker's own, its updates since the worker's view.
  func noteStaleness(of worker: Int) {
    guard let noted = staleness.map({ $0 + worker * count }) else { return }
    for shard in 0..<count where shard != worker {
      noted[shard] = Int32(clamping: number(shard) - version(of: shard, inViewOf: worker))
    }
  }

  /// Counts what was noted last of a worker's view.
  func countStaleness(of worker: Int, into counts: inout StalenessCounts) {
    guard let noted = staleness.map({ $0 + worker * count }) else { return }
    for shard in 0..<count where shard != worker { counts.record(Int(noted[shard]), count: 1) }
  }

  // MARK: Updating

  /// Notes that an update of a shard begins; nobody sees it before it ends.
  func beginUpdate(of shard: Int) {
    begun[shard] += 1
    underWay[shard] += 1
  }

  /// Notes that an update of a shard will never end.
  func dropUpdate(of shard: Int) { underWay[shard] -= 1 }

  /// Ends an update of a shard.
  ///
  /// - Returns: the values of its new version, to be updated in place; they start as the newest one's.
  func endUpdate(of shard: Int) -> UnsafeMutablePointer<Scalar> {
    underWay[shard] -= 1
    let old = newest[shard]
    guard holders[old] > 0 else {
      numbers[old] += 1
      return pool.buffers[old]
    }
    let next = take(version: numbers[old] + 1)
    newest[shard] = next
    pool.buffers[next].update(from: pool.buffers[old], count: places[shard].count)
    return pool.buffers[next]
  }
}
