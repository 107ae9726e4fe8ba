import Glibc

/// Memory for vectors that are reached at random: on large pages where it is large.
public enum LargeMemory {
  /// The size of a large page, 2 MiB on x86-64 and on arm64 with 4-KiB pages.
  private static var largePageBytes: Int { 2 << 20 }
  /// The size from which large pages are asked for.
  private static var thresholdBytes: Int { 2 * largePageBytes }

  /// Allocates memory without touching it.
  ///
  /// A row reached at random in hundreds of megabytes costs a walk through the page tables on
  /// ordinary pages. The kernel may ignore the request; then it is ordinary memory.
  ///
  /// - Parameter byteCount: its size in bytes; at least 1 is allocated.
  /// - Returns: memory aligned to a page, to be freed with `deallocate()`.
  public static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    guard byteCount >= thresholdBytes else {
      return UnsafeMutableRawPointer.allocate(byteCount: max(1, byteCount), alignment: 4096)
    }
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: byteCount, alignment: largePageBytes)
    // Advice only: a refusal changes the speed, not the meaning.
    _ = madvise(memory, byteCount, Int32(MADV_HUGEPAGE))
    return memory
  }
}
