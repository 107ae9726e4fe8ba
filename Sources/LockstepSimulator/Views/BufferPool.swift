import LockstepParameters

/// Buffers of one size that are handed out and taken back, for values of shards.
///
/// Small buffers are cut out of slabs on large pages: thousands of views would otherwise cost a walk
/// through the page tables at every turn.
///
/// Whoever takes a buffer gives it back by its number; the memory is unsafe because the values go
/// straight to the kernels.
struct BufferPool<Scalar: BitwiseCopyable> {
  /// The number of buffers there are, in use or not: the most that were in use at once.
  private(set) var allocated = 0
  /// Where each buffer is.
  private(set) var buffers: UnsafeMutablePointer<UnsafeMutablePointer<Scalar>>

  private let strideBytes: Int
  private let size: Int
  private var capacity = 16
  private var slabs: [UnsafeMutableRawPointer] = []
  private var slabLeft = 0

  /// The largest size of a slab that holds more than one buffer.
  private static var slabBytes: Int { 4 << 20 }

  private var free: UnsafeMutablePointer<Int32>
  private var freeCount = 0

  /// Creates a pool.
  ///
  /// - Parameter size: the number of scalars of a buffer.
  init(size: Int) {
    self.size = size
    let bytes = max(1, size) * MemoryLayout<Scalar>.stride
    // Thousands of views of a few numbers fit in the cache if they stand close together. Others take
    // a whole number of cache lines and an odd one, lest all buffers fall into the same sets.
    strideBytes = bytes <= 32 ? (bytes + 7) & ~7 : ((bytes + 63) / 64 | 1) * 64
    buffers = .allocate(capacity: capacity)
    free = .allocate(capacity: capacity)
  }

  func deallocate() {
    for slab in slabs { slab.deallocate() }
    buffers.deallocate()
    free.deallocate()
  }

  /// Hands out a buffer.
  @inline(__always)
  mutating func take() -> Int {
    guard freeCount > 0 else { return allocate() }
    freeCount &-= 1
    return Int(free[freeCount])
  }

  /// Takes a buffer back.
  @inline(__always)
  mutating func giveBack(_ buffer: Int) {
    free[freeCount] = Int32(truncatingIfNeeded: buffer)
    freeCount &+= 1
  }

  @inline(never)
  private mutating func allocate() -> Int {
    if allocated == capacity {
      let moved = UnsafeMutablePointer<UnsafeMutablePointer<Scalar>>.allocate(
        capacity: capacity * 2)
      moved.initialize(from: buffers, count: allocated)
      buffers.deallocate()
      buffers = moved
      // Every buffer is in use when one more is needed: there is nothing to move.
      free.deallocate()
      free = .allocate(capacity: capacity * 2)
      capacity *= 2
    }
    if slabLeft == 0 {
      // A multiple of what there is: where few views are live, as in most replicas, their buffers
      // don't take a whole slab, whose pages would cost more than the run.
      slabLeft = min(max(4, allocated * 7), max(1, Self.slabBytes / strideBytes))
      slabs.append(LargeMemory.allocate(byteCount: slabLeft * strideBytes))
    }
    slabLeft -= 1
    let place = slabs[slabs.count - 1] + slabLeft * strideBytes
    let buffer = place.bindMemory(to: Scalar.self, capacity: max(1, size))
    (buffers + allocated).initialize(to: buffer)
    allocated += 1
    return allocated - 1
  }
}
