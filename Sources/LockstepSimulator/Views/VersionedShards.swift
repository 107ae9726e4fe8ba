import LockstepParameters

/// The parameters of a shard.
struct ShardSpan: BitwiseCopyable {
  /// The first.
  var start: Int
  /// Their number.
  var count: Int
}

/// The shards in `blocks`, each with the older versions that views still hold.
///
/// A view is instantaneous, so it is nothing but a *moment*, the number of updates made before it: of
/// each shard it holds the newest version that isn't younger. An update writes in place where no view
/// was taken since the shard's last one, and a copy otherwise. An older version is dropped with the
/// last view between its birth and its successor's.
///
/// **Concurrency:** used by one thread; ``copy(at:into:)`` by several while nobody changes it.
final class VersionedShards<Scalar: BitwiseCopyable> {
  /// A version of a shard that isn't its newest, or is; chained from the newest back.
  private struct Version: BitwiseCopyable {
    var birth = 0
    var number = 0
    var older: Int32 = -1
  }

  /// The moment, the number of updates made.
  @exclusivity(unchecked) private(set) var moment = 0

  private let places: UnsafeMutablePointer<ShardSpan>
  private let shards: Int
  @exclusivity(unchecked) private var pool: BufferPool<Scalar>
  @exclusivity(unchecked) private var versions: UnsafeMutablePointer<Version>
  @exclusivity(unchecked) private var capacity: Int
  private let newest: UnsafeMutablePointer<Int32>
  private let births: UnsafeMutablePointer<Int>
  // The views, one a worker, in the order in which they were taken.
  private let moments: UnsafeMutablePointer<Int>
  private let before: UnsafeMutablePointer<Int32>
  private let after: UnsafeMutablePointer<Int32>
  @exclusivity(unchecked) private var last: Int32 = -1

  /// Creates the shards at version 0.
  init(layout: ShardLayout, from parameters: UnsafePointer<Scalar>) {
    func allocate<Element>(_ count: Int, _ value: Element) -> UnsafeMutablePointer<Element> {
      let pointer = UnsafeMutablePointer<Element>.allocate(capacity: count)
      pointer.initialize(repeating: value, count: count)
      return pointer
    }
    shards = layout.shardCount
    places = allocate(shards, ShardSpan(start: 0, count: 0))
    pool = BufferPool(size: layout.ranges.map(\.count).max() ?? 1)
    capacity = shards
    versions = allocate(capacity, Version())
    newest = allocate(shards, -1)
    births = allocate(shards, 0)
    moments = allocate(shards, -1)
    before = allocate(shards, -1)
    after = allocate(shards, -1)
    for (shard, range) in layout.ranges.enumerated() {
      places[shard] = ShardSpan(start: range.lowerBound, count: range.count)
      let version = pool.take()
      newest[shard] = Int32(version)
      pool.buffers[version].initialize(from: parameters + range.lowerBound, count: range.count)
    }
  }

  deinit {
    pool.deallocate()
    places.deallocate()
    versions.deallocate()
    newest.deallocate()
    births.deallocate()
    moments.deallocate()
    before.deallocate()
    after.deallocate()
  }

  /// The most buffers that were in use at once.
  var peak: Int { pool.allocated }

  /// Where a shard stands.
  @inline(__always)
  func place(_ shard: Int) -> ShardSpan { places[shard] }

  /// The number of updates of a shard.
  @inline(__always)
  func number(_ shard: Int) -> Int { versions[Int(newest[shard])].number }

  /// Takes a worker's view.
  func hold(by worker: Int) {
    moments[worker] = moment
    before[worker] = last
    after[worker] = -1
    if last >= 0 { after[Int(last)] = Int32(worker) }
    last = Int32(worker)
  }

  /// Lets a worker's view go, with the versions that nobody else sees.
  func letGo(by worker: Int) {
    let (earlier, later) = (before[worker], after[worker])
    if earlier >= 0 { after[Int(earlier)] = later }
    if later >= 0 { before[Int(later)] = earlier } else { last = earlier }
    let taken = moments[worker]
    let lower = earlier >= 0 ? moments[Int(earlier)] : -1
    let upper = later >= 0 ? moments[Int(later)] : moment
    guard lower != taken, upper != taken else { return }
    for shard in 0..<shards where births[shard] > taken {
      var younger = Int(newest[shard])
      var version = Int(versions[younger].older)
      while version >= 0, versions[version].birth > taken {
        younger = version
        version = Int(versions[version].older)
      }
      guard version >= 0, versions[version].birth > lower, versions[younger].birth <= upper
      else { continue }
      versions[younger].older = versions[version].older
      pool.giveBack(version)
    }
  }

  /// Copies the vector as it was at a moment.
  func copy(at moment: Int, into vector: UnsafeMutablePointer<Scalar>) {
    for shard in 0..<shards {
      var version = Int(newest[shard])
      if births[shard] > moment { version = Int(find(shard, at: moment)) }
      let place = places[shard]
      let values = pool.buffers[version]
      if place.count == 1 {
        vector[place.start] = values[0]
      } else {
        (vector + place.start).update(from: values, count: place.count)
      }
    }
  }

  /// Counts, for every shard but one, the updates since a moment.
  func countStaleness(
    since moment: Int, besides worker: Int, into counts: inout StalenessCounts
  ) {
    // Nothing has happened since: the rule under `barrier`.
    if self.moment == moment {
      counts.record(0, count: shards - 1)
      return
    }
    var fresh = 0
    for shard in 0..<shards where shard != worker {
      if births[shard] <= moment {
        fresh &+= 1
      } else {
        let version = find(shard, at: moment)
        counts.record(number(shard) &- versions[Int(version)].number, count: 1)
      }
    }
    counts.record(0, count: fresh)
  }

  @inline(__always)
  private func find(_ shard: Int, at moment: Int) -> Int32 {
    var version = newest[shard]
    while versions[Int(version)].birth > moment { version = versions[Int(version)].older }
    return version
  }

  /// The values of a shard's new version, to be updated in place; they start as the newest one's.
  func advance(_ shard: Int) -> UnsafeMutablePointer<Scalar> {
    let old = Int(newest[shard])
    let isSeen = last >= 0 && moments[Int(last)] >= births[shard]
    moment &+= 1
    births[shard] = moment
    guard isSeen else {
      versions[old].birth = moment
      versions[old].number &+= 1
      return pool.buffers[old]
    }
    let next = pool.take()
    if next >= capacity { grow() }
    versions[next] = Version(
      birth: moment, number: versions[old].number &+ 1, older: Int32(truncatingIfNeeded: old))
    newest[shard] = Int32(truncatingIfNeeded: next)
    pool.buffers[next].update(from: pool.buffers[old], count: places[shard].count)
    return pool.buffers[next]
  }

  @inline(never)
  private func grow() {
    let moved = UnsafeMutablePointer<Version>.allocate(capacity: capacity * 2)
    moved.initialize(from: versions, count: capacity)
    (moved + capacity).initialize(repeating: Version(), count: capacity)
    versions.deallocate()
    versions = moved
    capacity *= 2
  }
}
