import Dispatch
import LockstepCore
import Synchronization

/// Runs independent copies of a simulation on the threads of the host.
///
/// **Determinism:** the replicas are cut into runs whose length depends on their number only, each
/// run is made by one thread, and the sums are merged in order: the same bits for any number of
/// threads.
enum EnsembleReplicas {
  /// The seed of a replica: the run's own for replica 0, for every other the first 64 bits of the
  /// stream of `(seed, replica, worker 0, clock r)`.
  static func seed(of replica: Int, ofRun seed: UInt64) -> UInt64 {
    if replica == 0 { return seed }
    var stream = RandomStream(seed: seed, purpose: .replica, clock: replica)
    return stream.next()
  }

  /// The number of replicas in a row that one accumulator takes.
  static func chunk(of count: Int) -> Int { max(8, (count + 511) / 512) }

  /// Runs replicas `first ..< count` in parallel.
  ///
  /// - Parameters:
  ///   - range: the replicas.
  ///   - hostThreads: the largest number of threads.
  ///   - plan: what is averaged.
  ///   - makeContext: makes the buffers of one thread, which its replicas use one after the other.
  ///   - isStopped: whether no other replica is to be begun; asked before each, which may be over
  ///     before it has asked itself.
  ///   - replica: runs one replica; false if it was stopped before its end, which leaves it out.
  ///   - whileRunning: called on the calling thread about ten times a second, with the number of
  ///     replicas that have ended.
  /// - Returns: the sums, merged in order.
  static func run<Context>(
    _ range: Range<Int>, hostThreads: Int, plan: EnsemblePlan,
    makeContext: @escaping @Sendable () -> Context,
    isStopped: @escaping @Sendable () -> Bool,
    replica: @escaping @Sendable (Int, Context, inout EnsembleAccumulator) -> Bool,
    whileRunning: (Int) -> Void
  ) -> EnsembleAccumulator {
    guard !range.isEmpty else { return EnsembleAccumulator(plan: plan) }
    let size = chunk(of: range.count)
    let chunks = (range.count + size - 1) / size
    let lanes = max(1, min(hostThreads, chunks, 64))
    let board = Board(chunks: chunks)
    let lanesDone = DispatchGroup()
    // A private queue for each thread: `concurrentPerform` off the main thread may get one only.
    for lane in 0..<lanes {
      DispatchQueue(label: "lockstep.replicas.\(lane)").async(group: lanesDone) {
        let context = makeContext()
        while let chunk = board.claim() {
          let first = range.lowerBound + chunk * size
          var accumulator = EnsembleAccumulator(plan: plan)
          for index in first..<min(range.upperBound, first + size) {
            guard !isStopped(), replica(index, context, &accumulator) else {
              board.stop()
              break
            }
            board.completed.add(1, ordering: .relaxed)
          }
          board.keep(accumulator, of: chunk)
        }
      }
    }
    while lanesDone.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
      whileRunning(board.completed.load(ordering: .relaxed))
    }
    return board.merged(plan: plan)
  }

  /// What the threads share: the next run of replicas, and what came of each.
  private final class Board: Sendable {
    let completed = Atomic<Int>(0)

    private let next = Atomic<Int>(0)
    private let chunks: Int
    private let results: Mutex<[EnsembleAccumulator?]>

    init(chunks: Int) {
      self.chunks = chunks
      results = Mutex(Array(repeating: nil, count: chunks))
    }

    func claim() -> Int? {
      let chunk = next.add(1, ordering: .relaxed).oldValue
      return chunk < chunks ? chunk : nil
    }

    func stop() { next.store(chunks, ordering: .relaxed) }

    func keep(_ accumulator: EnsembleAccumulator, of chunk: Int) {
      results.withLock { $0[chunk] = accumulator }
    }

    func merged(plan: EnsemblePlan) -> EnsembleAccumulator {
      var sum = EnsembleAccumulator(plan: plan)
      for result in results.withLock({ $0 }) {
        if let result { sum.merge(result) }
      }
      return sum
    }
  }
}
