import CSharedMemory
import Synchronization

/// Lets all workers start at the same moment, however long Dispatch takes to start their threads.
///
/// **Concurrency:** each worker calls ``arrive()`` once.
final class StartLatch: Sendable {
  /// A futex word in memory of its own, so that its address is stable.
  private struct Gate: ~Copyable {
    let isOpen = Atomic<UInt32>(0)
  }

  private let expected: Int
  private let arrived = Atomic<Int>(0)
  private let startedAt = Atomic<UInt64>(0)
  private nonisolated(unsafe) let gate: UnsafeMutablePointer<Gate>

  init(workers: Int) {
    expected = workers
    gate = .allocate(capacity: 1)
    gate.initialize(to: Gate())
  }

  deinit {
    gate.deinitialize(count: 1)
    gate.deallocate()
  }

  /// When the last worker arrived, in nanoseconds on the monotonic clock.
  var start: UInt64 { startedAt.load(ordering: .acquiring) }

  /// Waits until all workers have arrived.
  func arrive() {
    if arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == expected {
      startedAt.store(lockstep_nanoseconds(), ordering: .releasing)
      gate.pointee.isOpen.store(1, ordering: .sequentiallyConsistent)
      lockstep_futex_wake(UnsafeRawPointer(gate), Int32.max)
      return
    }
    while gate.pointee.isOpen.load(ordering: .acquiring) == 0 {
      lockstep_futex_wait(UnsafeRawPointer(gate), 0)
    }
  }
}
