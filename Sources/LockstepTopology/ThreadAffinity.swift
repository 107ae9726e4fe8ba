import CHwloc
import Glibc
import LockstepCore

/// The processors that a thread may run on, exactly as the kernel keeps them.
///
/// hwloc's view would be cut to its topology, which may be smaller than what a thread had before.
struct ThreadAffinity: Equatable {
  /// The kernel's mask: the lowest processor in the lowest bit of the first word.
  private let words: [UInt]

  /// The longest mask that is tried, in words: a million processors.
  private static let largestCount = 1 << 14

  /// The calling thread's affinity.
  static func ofCurrentThread() throws(SystemCallError) -> ThreadAffinity {
    var count = 1024 / UInt.bitWidth
    while true {
      var words = [UInt](repeating: 0, count: count)
      // The call writes at most the size it is given, which is the array's.
      if lockstep_sched_getaffinity(0, count * MemoryLayout<UInt>.stride, &words) == 0 {
        return ThreadAffinity(words: words)
      }
      // EINVAL says that the kernel's mask is longer than ours.
      guard errno == EINVAL, count < largestCount else { throw .last }
      count *= 2
    }
  }

  /// Gives the calling thread this affinity.
  func applyToCurrentThread() throws(SystemCallError) {
    let bytes = words.count * MemoryLayout<UInt>.stride
    guard lockstep_sched_setaffinity(0, bytes, words) == 0 else { throw .last }
  }

  /// The processors' numbers, in ascending order.
  var numbers: [Int] {
    var numbers: [Int] = []
    for (index, word) in words.enumerated() where word != 0 {
      for bit in 0..<UInt.bitWidth where word & (1 << bit) != 0 {
        numbers.append(index * UInt.bitWidth + bit)
      }
    }
    return numbers
  }
}
