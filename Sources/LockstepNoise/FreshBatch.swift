import LockstepCore

/// Draws a training batch that the update under observation didn't use.
///
/// The examples are the first ones of a random order of the whole training set that aren't in the
/// current batch, so they are distinct, and each set of them is as likely as any other. Where the
/// data has too few examples outside the current batch, all of those come first and the batch is
/// filled up with examples of the current one.
///
/// **Determinism:** bit-exact in `(seed, update, number of examples, current batch)`.
struct FreshBatch {
  /// The number of training examples, at least 1.
  let exampleCount: Int

  private let seed: UInt64

  /// Creates the source of a run's fresh batches.
  init(exampleCount: Int, seed: UInt64) {
    self.exampleCount = exampleCount
    // Orders of their own, apart from those that the run itself goes through.
    var stream = RandomStream(seed: seed, purpose: .probe)
    self.seed = stream.next()
  }

  /// Draws a batch.
  ///
  /// - Parameters:
  ///   - current: the current batch.
  ///   - update: the number of the update.
  ///   - examples: `[min(current.count, exampleCount)]`, overwritten.
  /// - Returns: the number of examples drawn.
  /// - Complexity: O(B log B) expected where the batch is a small part of the data, O(N log B) at
  ///   most.
  func draw(
    besides current: UnsafeBufferPointer<Int32>, update: Int,
    into examples: UnsafeMutablePointer<Int32>
  ) -> Int {
    let used = current.sorted()
    let order = EpochPermutation(count: exampleCount, epoch: update, seed: seed)
    let wanted = min(current.count, exampleCount)
    var drawn = 0
    for takesUsed in [false, true] {
      var position = 0
      while drawn < wanted && position < exampleCount {
        let example = Int32(truncatingIfNeeded: order[position])
        if Self.contains(example, in: used) == takesUsed {
          examples[drawn] = example
          drawn += 1
        }
        position += 1
      }
    }
    return drawn
  }

  private static func contains(_ example: Int32, in sorted: [Int32]) -> Bool {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = low + (high - low) / 2
      if sorted[middle] < example { low = middle + 1 } else { high = middle }
    }
    return low < sorted.count && sorted[low] == example
  }
}
