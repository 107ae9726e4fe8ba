import LockstepCore
import Synchronization

/// Hands out the iterations of one stretch of a run to workers that don't keep pace.
///
/// **Concurrency:** any worker may call ``claim(atMost:)``.
final class WorkSource: Sendable {
  private let next: Atomic<Int>
  private let end: Int

  /// Creates a source.
  ///
  /// - Parameter iterations: the numbers of the stretch's iterations among all of the run.
  init(_ iterations: Range<Int>) {
    next = Atomic(iterations.lowerBound)
    end = iterations.upperBound
  }

  /// Takes some iterations.
  ///
  /// - Returns: their numbers; empty when none is left.
  func claim(atMost wanted: Int) -> Range<Int> {
    // Relaxed: the count orders nothing but itself.
    let first = min(end, next.wrappingAdd(wanted, ordering: .relaxed).oldValue)
    return first..<min(end, first + wanted)
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

  /// The number of the first iteration that was taken last, among all of the run; 0 in a dealt share.
  private(set) var number = 0
  private var claimed = 0..<0

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
    if claimed.isEmpty { claimed = source.claim(atMost: chunk) }
    let taken = min(wanted, claimed.count)
    number = claimed.lowerBound
    claimed = (number &+ taken)..<claimed.upperBound
    return taken
  }
}
