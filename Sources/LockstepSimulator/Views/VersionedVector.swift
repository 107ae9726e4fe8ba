/// The parameter vector in `samples`: one version that is written and the older ones that views hold.
///
/// A view holds on to a version; an update writes in place where no view does, and a copy otherwise.
/// So there are as many vectors as there are distinct versions in views, and one.
struct VersionedVector<Scalar: BitwiseCopyable> {
  private var pool: BufferPool<Scalar>
  private var holders: UnsafeMutablePointer<Int32>
  private var holderCapacity = 16
  private let count: Int
  /// The buffer of the newest version.
  private(set) var newest: Int

  /// Creates the vector at version 0.
  init(count: Int, from parameters: UnsafePointer<Scalar>) {
    self.count = count
    pool = BufferPool(size: count)
    holders = .allocate(capacity: holderCapacity)
    holders.initialize(repeating: 0, count: holderCapacity)
    newest = pool.take()
    pool.buffers[newest].initialize(from: parameters, count: count)
  }

  func deallocate() {
    pool.deallocate()
    holders.deallocate()
  }

  /// The most buffers that were in use at once.
  var peak: Int { pool.allocated }

  /// The values of a version.
  @inline(__always)
  func values(_ buffer: Int) -> UnsafeMutablePointer<Scalar> { pool.buffers[buffer] }

  /// Holds the newest version for a view.
  @inline(__always)
  mutating func hold() -> Int {
    holders[newest] &+= 1
    return newest
  }

  /// Lets a view's version go.
  @inline(__always)
  mutating func letGo(_ buffer: Int) {
    holders[buffer] &-= 1
    if holders[buffer] == 0, buffer != newest { pool.giveBack(buffer) }
  }

  /// The values of a new version, to be updated in place; they start as the newest version's.
  @inline(__always)
  mutating func advance() -> UnsafeMutablePointer<Scalar> {
    let old = advanceElsewhere()
    let new = pool.buffers[newest]
    if old != UnsafePointer(new) { new.update(from: old, count: count) }
    return new
  }

  /// Makes room for a new version, whose values the caller writes.
  ///
  /// - Returns: the values of the version before, which may stand in the same place.
  @inline(__always)
  mutating func advanceElsewhere() -> UnsafePointer<Scalar> {
    let old = UnsafePointer(pool.buffers[newest])
    guard holders[newest] > 0 else { return old }
    let next = pool.take()
    if next >= holderCapacity { growHolders() }
    newest = next
    return old
  }

  @inline(never)
  private mutating func growHolders() {
    let moved = UnsafeMutablePointer<Int32>.allocate(capacity: holderCapacity * 2)
    moved.initialize(from: holders, count: holderCapacity)
    (moved + holderCapacity).initialize(repeating: 0, count: holderCapacity)
    holders.deallocate()
    holders = moved
    holderCapacity *= 2
  }
}
