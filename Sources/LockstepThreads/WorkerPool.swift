import CSharedMemory
import Dispatch
import LockstepCore
import LockstepTopology
import Synchronization

/// The threads of a run: one private serial Dispatch queue for each worker.
///
/// A private serial queue gets its thread at once, far past the number of cores; a concurrent queue
/// grows by about one thread a second, and `concurrentPerform` never runs more blocks than cores, so
/// a barrier inside it hangs.
///
/// **Concurrency:** ``run(_:)`` is called from one thread at a time.
final class WorkerPool: Sendable {
  let count: Int
  private let queues: [DispatchQueue]
  private let topology: Topology
  private let placements: [WorkerPlacement]

  /// Creates the queues.
  ///
  /// - Parameters:
  ///   - workers: the number of workers.
  ///   - topology: the machine to bind on.
  ///   - placements: where each worker goes.
  init(workers: Int, topology: Topology, placements: [WorkerPlacement]) {
    count = workers
    self.topology = topology
    self.placements = placements
    queues = (0..<workers).map { DispatchQueue(label: "lockstep.worker.\($0)") }
  }

  /// When a stretch began and ended.
  struct Stretch {
    var wallNanoseconds: UInt64
  }

  /// Runs one block per worker, each on its pinned thread, and waits for all of them.
  ///
  /// All blocks start at the same moment. Bindings are undone when a block ends, however it ends.
  ///
  /// - Parameters:
  ///   - onFailure: called once, at the first failure, to wake the workers that wait.
  ///   - whileRunning: called on the calling thread every 100 ms.
  ///   - body: the block.
  /// - Throws: the first error of any worker, after all have ended.
  func run(
    onFailure: @escaping @Sendable () -> Void, whileRunning: () -> Void,
    _ body: @escaping @Sendable (Int) throws -> Void
  ) throws -> Stretch {
    let line = StartLatch(workers: count)
    let group = DispatchGroup()
    let shared = Shared(line: line)
    for worker in 0..<count {
      let topology = topology
      let placement = placements[worker]
      queues[worker].async(group: group) {
        var hasArrived = false
        do {
          try topology.withBoundThread(to: placement) {
            hasArrived = true
            shared.line.arrive()
            try body(worker)
          }
        } catch {
          shared.fail(error)
          onFailure()
        }
        // A worker that could not even be bound must not keep the others at the start line.
        if !hasArrived { shared.line.arrive() }
        shared.ended(at: lockstep_nanoseconds())
      }
    }
    while group.wait(timeout: .now() + .milliseconds(100)) == .timedOut { whileRunning() }
    let end = shared.lastEnd
    if let error = shared.firstError { throw error }
    return Stretch(wallNanoseconds: end &- line.start)
  }

  /// What the blocks of one stretch leave behind.
  ///
  /// **Concurrency:** the error is written by the one worker that fails first, before it publishes
  /// its end, and read by the joining thread after it has seen all ends.
  private final class Shared: @unchecked Sendable {
    let line: StartLatch
    private(set) var firstError: (any Error)?
    private let hasFailed = Atomic<Bool>(false)
    private let end = Atomic<UInt64>(0)

    init(line: StartLatch) { self.line = line }

    var lastEnd: UInt64 { end.load(ordering: .acquiring) }

    func fail(_ failure: any Error) {
      if !hasFailed.exchange(true, ordering: .acquiringAndReleasing) { firstError = failure }
    }

    func ended(at time: UInt64) {
      end.max(time, ordering: .acquiringAndReleasing)
    }
  }
}
