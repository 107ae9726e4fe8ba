import LockstepCore
import Synchronization

/// Hands out the iterations of one stretch of a run to workers that don't keep pace.
///
/// **Concurrency:** any worker may call ``claim(atMost:)``.
final class WorkSource: Sendable {
  private let left: Atomic<Int>

  /// Creates a source.
  init(iterations: Int) {
    left = Atomic(iterations)
  }

  /// Takes some iterations.
  ///
  /// - Returns: how many were taken, 0 when none is left.
  func claim(atMost wanted: Int) -> Int {
    // Relaxed: the count orders nothing but itself.
    let before = left.wrappingSubtract(wanted, ordering: .relaxed).oldValue
    return min(wanted, max(0, before))
  }
}

/// One worker's share of a stretch: either dealt out beforehand, or claimed as it goes.
struct WorkShare {
  /// The clock at which a dealt share ends.
  let end: Int
  /// Where to claim from; `nil` for a dealt share.
  let source: WorkSource?
  /// How many iterations to claim at once.
  let chunk: Int

  private var claimed = 0

  /// A share that ends at a clock.
  init(dealtUntil end: Int) {
    self.end = end
    source = nil
    chunk = 0
  }

  /// A share claimed in chunks.
  init(claimedFrom source: WorkSource, chunk: Int) {
    end = Int.max
    self.source = source
    self.chunk = chunk
  }

  /// Takes one iteration.
  ///
  /// - Returns: false when there is none left.
  @inline(__always)
  mutating func next(at clock: Int) -> Bool { next(atMost: 1, at: clock) == 1 }

  /// Takes some iterations.
  ///
  /// - Returns: how many were taken, 0 when none is left.
  @inline(__always)
  mutating func next(atMost wanted: Int, at clock: Int) -> Int {
    guard let source else { return max(0, min(wanted, end - clock)) }
    if claimed == 0 { claimed = source.claim(atMost: chunk) }
    let taken = min(wanted, claimed)
    claimed &-= taken
    return taken
  }
}
