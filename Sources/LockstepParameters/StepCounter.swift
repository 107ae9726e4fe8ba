import Synchronization

/// Where a worker that makes several updates at once counts each of them.
///
/// **Concurrency:** one thread advances it; any thread may read the clock it advances.
public struct StepCounter: @unchecked Sendable {
  // Invariant behind @unchecked: the pointer leads to an atomic that outlives the steps.
  @usableFromInline let clock: UnsafePointer<Atomic<Int>>

  /// Counts in a worker's clock.
  public init(_ clock: UnsafePointer<Atomic<Int>>) {
    self.clock = clock
  }

  /// Counts one step.
  ///
  /// Releasing: whoever sees the new clock sees the step's writes.
  @inlinable
  @inline(__always)
  public func advance() {
    clock.pointee.store(
      clock.pointee.load(ordering: .relaxed) &+ 1, ordering: .releasing)
  }
}
