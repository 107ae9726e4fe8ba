import LockstepParameters

/// Memory that is allocated piece by piece and freed at once, with its owner.
///
/// Workspaces take all their buffers from one, so that nothing is allocated while a gradient is
/// computed, or a probe made. Each piece starts on a cache line of its own and is filled with zero bits.
package final class Arena {
  private var pieces: [UnsafeMutableRawPointer] = []

  /// An arena without memory.
  package init() {}

  /// A piece of `count` elements, at least one, that lives as long as the arena.
  package func allocate<Element: BitwiseCopyable>(
    _ type: Element.Type = Element.self, count: Int
  ) -> UnsafeMutablePointer<Element> {
    let capacity = max(1, count)
    let byteCount = capacity * MemoryLayout<Element>.stride
    let raw = LargeMemory.allocate(byteCount: byteCount)
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    pieces.append(raw)
    return raw.bindMemory(to: Element.self, capacity: capacity)
  }

  deinit {
    for piece in pieces { piece.deallocate() }
  }
}
