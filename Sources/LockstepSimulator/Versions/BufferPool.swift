import LockstepCore
import LockstepParameters

/// Buffers of one size that are handed out and taken back, for values of shards.
///
/// Small buffers are cut out of slabs on large pages: thousands of views would otherwise cost a walk
/// through the page tables at every turn.
///
/// Whoever takes a buffer gives it back by its number; the memory is unsafe because the values go
/// straight to the kernels.
struct BufferPool<Scalar: BitwiseCopyable>: ~Copyable {
  /// The number of buffers there are, in use or not: the most that were in use at once.
  private(set) var allocated = 0

  private var buffers = Table<UnsafeMutablePointer<Scalar>>(capacity: 16)
  private var free = Table<Int32>(capacity: 16)
  private var freeCount = 0
  private let strideBytes: Int
  private let size: Int
  private var slabs: [UnsafeMutableRawPointer] = []
  private var slabLeft = 0

  /// The largest size of a slab that holds more than one buffer.
  private static var slabBytes: Int { 4 << 20 }

  /// Creates a pool.
  ///
  /// - Parameter size: the number of scalars of a buffer.
  init(size: Int) {
    self.size = size
    let bytes = max(1, size) * MemoryLayout<Scalar>.stride
    // Thousands of views of a few numbers fit in the cache if they stand close together. Others take
    // a whole number of cache lines and an odd one, lest all buffers fall into the same sets.
    strideBytes = bytes <= 32 ? (bytes + 7) & ~7 : ((bytes + 63) / 64 | 1) * 64
  }

  deinit { for slab in slabs { slab.deallocate() } }

  /// Where a buffer is.
  @inline(__always)
  subscript(buffer: Int) -> UnsafeMutablePointer<Scalar> {
    assert(buffer < allocated, "a buffer is one that was handed out")
    return buffers[buffer]
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
    assert(freeCount < allocated, "a buffer is given back once")
    free[freeCount] = Int32(truncatingIfNeeded: buffer)
    freeCount &+= 1
  }

  @inline(never)
  private mutating func allocate() -> Int {
    if allocated == buffers.count {
      buffers.grow(to: allocated * 2)
      free.grow(to: allocated * 2)
    }
    if slabLeft == 0 {
      // A multiple of what there is: where few views are live, as in most replicas, their buffers
      // don't take a whole slab, whose pages would cost more than the run.
      slabLeft = min(max(4, allocated * 7), max(1, Self.slabBytes / strideBytes))
      slabs.append(LargeMemory.allocate(byteCount: slabLeft * strideBytes))
    }
    slabLeft -= 1
    let place = slabs[slabs.count - 1] + slabLeft * strideBytes
    (buffers.base + allocated).initialize(
      to: place.bindMemory(to: Scalar.self, capacity: max(1, size)))
    allocated += 1
    return allocated - 1
  }
}

extension BufferPool: Archivable {
  /// Transfers which buffers there are and which of them are free, and what is in all others.
  mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    let used = try transferUse(archive)
    for buffer in 0..<allocated where used[buffer] {
      try archive.numbers("buffer.\(buffer)", buffers[buffer], count: size)
    }
  }

  /// Transfers which buffers there are and which of them are free.
  ///
  /// - Returns: for each buffer whether it is in use.
  mutating func transferUse(_ archive: StateArchive) throws(CheckpointError) -> [Bool] {
    var count = allocated
    var unused = (0..<freeCount).map { free[$0] }
    try archive.number("allocated", &count)
    try archive.list("free", &unused)
    try archive.require(count >= 0 && count <= Int(Int32.max) && unused.count <= count, "allocated")
    var used = [Bool](repeating: true, count: count)
    for buffer in unused {
      try archive.require(buffer >= 0 && Int(buffer) < count && used[Int(buffer)], "free")
      used[Int(buffer)] = false
    }
    guard archive.isRestoring else { return used }
    try archive.require(count >= allocated, "allocated")
    while allocated < count { _ = allocate() }
    for (place, buffer) in unused.enumerated() { free[place] = buffer }
    freeCount = unused.count
    return used
  }
}
