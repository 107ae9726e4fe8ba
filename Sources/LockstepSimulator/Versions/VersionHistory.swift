import LockstepCore

/// The latest versions of a vector, by their numbers, for reads that are so many versions old.
///
/// It holds them in a store of one shard, in a ring whose size is a power of two.
///
/// **Concurrency:** belongs to one replica.
final class VersionHistory<Scalar: BitwiseCopyable> {
  /// The newest version and those that are held.
  let store: VersionStore<Scalar>
  /// The number of versions that are kept, the newest among them.
  @exclusivity(unchecked) private(set) var capacity = 1

  @exclusivity(unchecked) private var number = 0
  @exclusivity(unchecked) private var ring = Table<Int32>(repeating: -1, count: 1)

  /// Makes a history of vectors of a length.
  init(count: Int) { store = VersionStore([0..<count], hasNumbers: false) }

  /// Begins anew with version 0.
  ///
  /// - Parameters:
  ///   - values: `[n]`, version 0.
  ///   - capacity: the number of versions that will be asked for; at least as many as before are kept.
  func start(_ values: UnsafePointer<Scalar>, capacity needed: Int) {
    if capacity > 1 {
      for old in max(0, number - capacity + 1)...number { store.letGo(slot(old), of: 0) }
    }
    if needed > capacity {
      capacity = needed
      var size = 1
      while size < needed { size *= 2 }
      ring = Table(capacity: size)
    }
    number = 0
    store.write(values)
    if capacity > 1 { keep() }
  }

  /// The values of the newest version.
  @inline(__always)
  var newest: UnsafeMutablePointer<Scalar> { store.newestValues(0) }

  /// One of the latest ``capacity`` versions.
  @inline(__always)
  func version(_ number: Int) -> UnsafeMutablePointer<Scalar> {
    guard capacity > 1 else { return newest }
    assert(number <= self.number && number > self.number - capacity, "a version is a recent one")
    return store.values(slot(number))
  }

  /// Drops the oldest version where there are as many as are kept, because the next one is to be made.
  @inline(__always)
  func makeRoom() {
    let oldest = number &+ 1 &- capacity
    if capacity > 1, oldest >= 0 { store.letGo(slot(oldest), of: 0) }
  }

  /// Keeps the next version, which has been made in the store.
  @inline(__always)
  func keepNext() {
    number &+= 1
    if capacity > 1 { keep() }
  }

  @inline(__always)
  private func keep() {
    ring[number & (ring.count &- 1)] = Int32(truncatingIfNeeded: store.hold(0))
  }

  @inline(__always)
  private func slot(_ number: Int) -> Int { Int(ring[number & (ring.count &- 1)]) }
}

extension VersionHistory: Archivable {
  func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.part("store", store)
    try archive.number("number", &number)
    // Entries that nobody has written yet are none of anybody's.
    if !archive.isRestoring, capacity > 1 {
      for entry in 0..<ring.count where entry > number { ring[entry] = -1 }
    }
    try archive.table("ring", ring, within: -1..<max(1, store.peak))
  }
}
