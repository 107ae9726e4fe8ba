import CHwloc

/// An hwloc bitmap: a set of processing units or NUMA nodes, by their OS numbers.
///
/// It owns its bitmap and frees it. It isn't shared between threads.
final class CPUSet {
  private let bitmap: hwloc_bitmap_t

  /// Makes a set.
  init(_ numbers: [Int] = []) {
    guard let bitmap = hwloc_bitmap_alloc() else {
      // malloc failed on a few bytes; Swift's own allocations trap in this case, too.
      fatalError("out of memory for a processor set")
    }
    self.bitmap = bitmap
    for number in numbers {
      guard hwloc_bitmap_set(bitmap, UInt32(number)) == 0 else {
        fatalError("out of memory for a processor set")
      }
    }
  }

  deinit { hwloc_bitmap_free(bitmap) }

  /// Hands the bitmap to C.
  ///
  /// The only way to it: Swift may free an object right after its last use, which would be the
  /// reading of the pointer and not the call that takes it.
  func withBitmap<Value>(_ body: (hwloc_bitmap_t) -> Value) -> Value {
    withExtendedLifetime(self) { body(bitmap) }
  }

  /// The numbers in the set, in ascending order.
  var numbers: [Int] { withBitmap { Self.numbers($0) } }

  /// The numbers in any finite bitmap, in ascending order.
  static func numbers(_ bitmap: hwloc_const_bitmap_t?) -> [Int] {
    guard let bitmap else { return [] }
    // An infinite bitmap would never end; hwloc makes none for objects, and this bounds the loop.
    let last = hwloc_bitmap_last(bitmap)
    var numbers: [Int] = []
    var next = hwloc_bitmap_first(bitmap)
    while next >= 0, next <= last {
      numbers.append(Int(next))
      next = hwloc_bitmap_next(bitmap, next)
    }
    return numbers
  }
}
