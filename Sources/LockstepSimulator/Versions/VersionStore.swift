import LockstepCore

/// The parameters of a shard.
struct ShardSpan: BitwiseCopyable {
  /// The first.
  var start: Int
  /// Their number.
  var count: Int

  /// Their numbers.
  var range: Range<Int> { start..<(start + count) }
}

/// The shards of a parameter vector, each with its newest version and the older ones that views still
/// hold: the memory of every simulated run.
///
/// A view holds versions one by one, each of which counts its holders (``hold(_:times:)``); or, where
/// it is instantaneous and there are many shards, it is nothing but a moment (``holdAll(by:)``). An
/// update writes in place where no view holds the shard's newest version, and into a new version
/// otherwise. So there are as many versions as there are distinct ones in views, and one for each
/// shard.
///
/// The memory is unsafe because the values go straight to the kernels; indices are numbers of shards,
/// and of buffers that the pool handed out.
///
/// **Concurrency:** used by one thread; read by several while nobody changes it.
final class VersionStore<Scalar: BitwiseCopyable> {
  /// What is known of a version; chained from the newest back.
  struct Version: BitwiseCopyable {
    /// The moment at which it was made.
    var birth = 0
    /// The number of updates of its shard in it.
    var number = 0
    /// The version before it that was still held then.
    var older: Int32 = -1
  }

  /// The number of shards.
  let shardCount: Int
  /// The moment, the number of shards' updates made; stands still where versions have no numbers.
  @exclusivity(unchecked) private(set) var moment = 0

  private let places: Table<ShardSpan>
  @exclusivity(unchecked) var pool: BufferPool<Scalar>
  private let newest: Table<Int32>
  /// For each version, the number of views that count as its holders.
  @exclusivity(unchecked) private var holders: Table<Int32>
  /// What is known of each version, and the birth of each shard's newest.
  private let hasNumbers: Bool
  @exclusivity(unchecked) var versions: Table<Version>
  let births: Table<Int>
  // The instantaneous views, one a worker, in the order in which they were taken.
  let moments: Table<Int>
  let before: Table<Int32>
  let after: Table<Int32>
  @exclusivity(unchecked) var last: Int32 = -1

  /// Creates the shards at version 0, whose values ``write(_:)`` gives.
  ///
  /// - Parameters:
  ///   - ranges: the parameters of each shard.
  ///   - hasNumbers: whether anybody asks for the numbers of versions; a single shard's need not be
  ///     kept where whoever updates it counts.
  ///   - instantViews: the number of workers whose views are moments.
  init(
    _ ranges: [Range<Int>], hasNumbers: Bool, instantViews: Int = 0
  ) {
    shardCount = ranges.count
    self.hasNumbers = hasNumbers || instantViews > 0
    places = Table(ranges.map { ShardSpan(start: $0.lowerBound, count: $0.count) })
    pool = BufferPool(size: ranges.map(\.count).max() ?? 1)
    newest = Table(repeating: -1, count: shardCount)
    holders = Table(repeating: 0, count: max(16, shardCount))
    versions = Table(repeating: Version(), count: self.hasNumbers ? holders.count : 0)
    births = Table(repeating: 0, count: self.hasNumbers ? shardCount : 0)
    moments = Table(repeating: -1, count: instantViews)
    before = Table(repeating: -1, count: instantViews)
    after = Table(repeating: -1, count: instantViews)
    for shard in 0..<shardCount { newest[shard] = Int32(truncatingIfNeeded: take()) }
  }

  /// Overwrites the newest versions, which no view may hold.
  func write(_ parameters: UnsafePointer<Scalar>) {
    for shard in 0..<shardCount {
      assert(holders[newestVersion(shard)] == 0, "a version that somebody holds doesn't change")
    }
    overwrite(parameters)
  }

  private func overwrite(_ parameters: UnsafePointer<Scalar>) {
    for shard in 0..<shardCount {
      newestValues(shard).update(from: parameters + places[shard].start, count: places[shard].count)
    }
  }

  /// The most versions that were held at once.
  var peak: Int { pool.allocated }

  /// Where a shard stands.
  @inline(__always)
  func place(_ shard: Int) -> ShardSpan { places[shard] }

  /// The number of updates of a shard.
  @inline(__always)
  func number(_ shard: Int) -> Int { versions[newestVersion(shard)].number }

  /// The number of updates of its shard in a version.
  @inline(__always)
  func number(of version: Int) -> Int { versions[version].number }

  /// The newest version of a shard.
  @inline(__always)
  func newestVersion(_ shard: Int) -> Int { Int(newest[shard]) }

  /// The values of a version.
  @inline(__always)
  func values(_ version: Int) -> UnsafeMutablePointer<Scalar> { pool[version] }

  /// The newest values of a shard.
  @inline(__always)
  func newestValues(_ shard: Int) -> UnsafeMutablePointer<Scalar> { pool[newestVersion(shard)] }

  /// Copies a version of a shard to where the shard stands in a vector.
  @inline(__always)
  func copy(_ version: Int, of shard: Int, into vector: UnsafeMutablePointer<Scalar>) {
    let place = places[shard]
    let values = pool[version]
    if place.count == 1 {
      vector[place.start] = values[0]
    } else {
      (vector + place.start).update(from: values, count: place.count)
    }
  }

  /// Copies the newest versions.
  func copyNewest(into vector: UnsafeMutablePointer<Scalar>) {
    for shard in 0..<shardCount { copy(newestVersion(shard), of: shard, into: vector) }
  }

  // MARK: Views of one version

  /// Holds the newest version of a shard.
  @inline(__always)
  func hold(_ shard: Int, times: Int32 = 1) -> Int {
    let version = newestVersion(shard)
    holders[version] &+= times
    return version
  }

  /// Lets a version go that is held.
  @inline(__always)
  func letGo(_ version: Int, of shard: Int) {
    assert(holders[version] > 0, "a version is let go by whoever holds it")
    holders[version] &-= 1
    if holders[version] == 0, version != newestVersion(shard) { pool.giveBack(version) }
  }

  // MARK: Updates

  /// The values of a shard's next version, to be updated in place; they start as the newest one's.
  @inline(__always)
  func advance(_ shard: Int) -> UnsafeMutablePointer<Scalar> {
    let old = advanceElsewhere(shard)
    let new = newestValues(shard)
    if old != UnsafePointer(new) { new.update(from: old, count: places[shard].count) }
    return new
  }

  /// Makes a shard's next version, whose values the caller writes.
  ///
  /// - Returns: the values of the version before, which stand in the same place where nobody holds it.
  @inline(__always)
  func advanceElsewhere(_ shard: Int) -> UnsafePointer<Scalar> {
    let old = newestVersion(shard)
    var next = old
    if holders[old] > 0 || last >= 0 && moments[Int(last)] >= births[shard] {
      next = take()
      newest[shard] = Int32(truncatingIfNeeded: next)
    }
    if hasNumbers { noteUpdate(of: shard, from: old, to: next) }
    return UnsafePointer(pool[old])
  }

  @inline(__always)
  private func noteUpdate(of shard: Int, from old: Int, to next: Int) {
    assert(births[shard] <= moment, "no version is younger than the present")
    moment &+= 1
    births[shard] = moment
    if next == old {
      versions[old].birth = moment
      versions[old].number &+= 1
    } else {
      versions[next] = Version(
        birth: moment, number: versions[old].number &+ 1, older: Int32(truncatingIfNeeded: old))
    }
  }

  @inline(__always)
  private func take() -> Int {
    let version = pool.take()
    if version >= holders.count { grow() }
    holders[version] = 0
    return version
  }

  @inline(never)
  private func grow() {
    holders.grow(to: holders.count * 2)
    if hasNumbers { versions.grow(to: holders.count) }
  }
}

extension VersionStore: Archivable {
  /// Transfers all versions: the newest of every shard as one vector, the older ones that views hold, and who
  /// holds them.
  func transfer(_ archive: StateArchive) throws(CheckpointError) {
    let used = try pool.transferUse(archive)
    let count = used.count
    while holders.count < count { grow() }
    try archive.table("newest", newest, within: 0..<count)
    try archive.numbers("holders", holders.base, count: count)
    if hasNumbers {
      try archive.column("births.each", versions, count: count, \.birth)
      try archive.column("numbers", versions, count: count, \.number)
      try archive.column("older.each", versions, count: count, \.older)
      for index in 0..<count {
        try archive.require(
          versions[index].older >= -1 && Int(versions[index].older) < count, "older.each")
      }
    }
    try archive.table("births", births)
    try archive.table("moments", moments)
    try archive.table("before", before, within: -1..<max(0, moments.count))
    try archive.table("after", after, within: -1..<max(0, moments.count))
    try archive.number("last", &last)
    try archive.require(last >= -1 && Int(last) < max(1, moments.count), "last")
    try archive.number("moment", &moment)
    try transferValues(archive, used)
  }

  private func transferValues(
    _ archive: StateArchive, _ used: [Bool]
  ) throws(CheckpointError) {
    let length = (0..<shardCount).reduce(0) { $0 + places[$1].count }
    let vector = Table<Scalar>(capacity: length)
    if !archive.isRestoring { copyNewest(into: vector.base) }
    try archive.table("parameters", vector)
    var isOlder = used
    for shard in 0..<shardCount {
      try archive.require(isOlder[newestVersion(shard)], "newest")
      isOlder[newestVersion(shard)] = false
    }
    if archive.isRestoring { overwrite(vector.base) }
    let size = places[0].count
    let older = isOlder.indices.filter { isOlder[$0] }
    let values = Table<Scalar>(capacity: older.count * size)
    for (place, version) in older.enumerated() where !archive.isRestoring {
      (values.base + place * size).update(from: pool[version], count: size)
    }
    try archive.table("older", values)
    for (place, version) in older.enumerated() where archive.isRestoring {
      pool[version].update(from: values.base + place * size, count: size)
    }
  }
}
