import LockstepCore
import Synchronization

/// Hands out the iterations of one stretch of a run to workers that don't keep pace, by the numbers of
/// their updates in the run.
///
/// **Concurrency:** any worker may call ``claim(atMost:)``.
final class UpdateCounter: Sendable {
  private let next: Atomic<Int>
  private let end: Int

  /// Creates a source of the updates with some numbers.
  init(updates: Range<Int>) {
    next = Atomic(updates.lowerBound)
    end = updates.upperBound
  }

  /// Takes some updates.
  ///
  /// - Returns: their numbers; none when none is left.
  func claim(atMost wanted: Int) -> Range<Int> {
    // Relaxed: the count orders nothing but itself.
    let first = next.wrappingAdd(wanted, ordering: .relaxed).oldValue
    return first < end ? first..<min(end, first &+ wanted) : end..<end
  }
}

/// One worker's quota of a stretch: either dealt out beforehand, or claimed as it goes.
struct WorkerQuota {
  /// The number in the run, from 0, of the update that the iteration taken last makes, or of the first one
  /// of several taken at once.
  private(set) var number = 0
  /// How much larger the number of the worker's next update is.
  let stride: Int

  /// The clock at which a quota dealt out ends.
  private let end: Int
  private let budget: UpdateBudget
  private let worker: WorkerID
  /// Where to claim from; `nil` for one dealt out.
  private let source: UpdateCounter?
  /// How many iterations to claim at once.
  private let chunk: Int
  private var claimed = 0..<0

  /// The quota that is dealt to a worker of a run's first updates.
  init(of worker: WorkerID, dealtBy budget: UpdateBudget, until updates: Int) {
    self.budget = budget
    self.worker = worker
    end = budget.iterations(of: worker, within: updates)
    stride = budget.number(of: worker, at: 1) - budget.number(of: worker, at: 0)
    source = nil
    chunk = 0
  }

  /// A quota claimed in chunks.
  init(of worker: WorkerID, claimedFrom source: UpdateCounter, chunk: Int, budget: UpdateBudget) {
    self.budget = budget
    self.worker = worker
    end = Int.max
    stride = 1
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
    guard let source else {
      number = budget.number(of: worker, at: clock)
      return max(0, min(wanted, end - clock))
    }
    if claimed.isEmpty { claimed = source.claim(atMost: chunk) }
    let taken = min(wanted, claimed.count)
    number = claimed.lowerBound
    claimed = (number &+ taken)..<claimed.upperBound
    return taken
  }
}
