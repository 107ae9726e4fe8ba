import Glibc
import LockstepCore
import Synchronization

/// Something that the system doesn't give enough of.
public enum ResourceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Fewer threads than are needed at once.
  case tooFewThreads(needed: Int, available: Int, reason: String)
  /// Fewer files than are needed at once.
  case tooFewFiles(needed: Int, available: Int)
  /// Less memory than Lockstep needs to begin at all.
  case tooLittleMemory(needed: UInt64, available: UInt64)

  /// The sentence for the person who sees it.
  public var description: String {
    switch self {
    case .tooFewThreads(let needed, let available, let reason):
      "\(NumberText.counted(needed, "thread is", "threads are")) needed, and only "
        + "\(available) can be had (\(reason)); allow more (ulimit -u, ulimit -v, pids.max of the control group), or take fewer workers or jobs"
    case .tooFewFiles(let needed, let available):
      "\(needed) files have to be open at once, and only \(available) can be had; allow more with "
        + "ulimit -n \(needed + 8)"
    case .tooLittleMemory(let needed, let available):
      "at least \(needed >> 20) MB of memory are needed, and only \(available >> 20) MB can be "
        + "had; allow more (ulimit -v)"
    }
  }
}

/// The threads that this process can have.
///
/// Dispatch tries again and again, on the thread that asks, where the system refuses it a thread: a
/// run that lacks one would wait for ever. So as many as are needed are made, and ended, beforehand.
public enum ThreadAllowance {
  /// The largest number that was had before.
  private static let known = Atomic<Int>(0)

  /// Makes sure that so many threads can be had beside the calling one.
  ///
  /// - Throws: ``ResourceError/tooFewThreads(needed:available:reason:)``.
  /// - Complexity: O(count) threads, once in the life of a process for each larger count.
  ///
  /// **Concurrency:** any thread.
  public static func require(_ count: Int) throws(ResourceError) {
    guard count > known.load(ordering: .relaxed) else { return }
    let (available, code) = probe(count)
    guard available >= count else {
      throw .tooFewThreads(
        needed: count, available: available, reason: SystemCallError(code: code).reason)
    }
    known.max(count, ordering: .relaxed)
  }

  /// Starts threads that wait for each other's start.
  ///
  /// - Returns: how many could be started, and why not more.
  private static func probe(_ count: Int) -> (available: Int, code: Int32) {
    let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    defer { gate.deallocate() }
    pthread_mutex_init(gate, nil)
    defer { pthread_mutex_destroy(gate) }
    pthread_mutex_lock(gate)
    var threads: [pthread_t] = []
    var code: Int32 = 0
    while threads.count < count {
      var thread = pthread_t()
      code = pthread_create(
        &thread, nil,
        { context in
          guard let gate = context?.assumingMemoryBound(to: pthread_mutex_t.self) else {
            return nil
          }
          pthread_mutex_lock(gate)
          pthread_mutex_unlock(gate)
          return nil
        }, gate)
      guard code == 0 else { break }
      threads.append(thread)
    }
    pthread_mutex_unlock(gate)
    for thread in threads { pthread_join(thread, nil) }
    return (threads.count, code)
  }
}
