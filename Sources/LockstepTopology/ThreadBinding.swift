import CHwloc
import Glibc
import LockstepCore

/// The binding that a thread had before it was bound to a worker's place.
///
/// A Dispatch thread goes back to its pool still bound, and other work would inherit that. So every
/// binding has to be restored, on every way out; ``Topology/withBoundThread(to:_:)`` does.
///
/// **Concurrency:** it belongs to the thread that was bound.
public struct ThreadBinding: ~Copyable {
  /// What to go back to; `nil` if the placement didn't touch the thread.
  private let previous: ThreadAffinity?
  private let thread: pthread_t

  fileprivate init(previous: ThreadAffinity?) {
    self.previous = previous
    thread = pthread_self()
  }

  /// The operating system's numbers of the processors that the thread could use before; none if
  /// the placement didn't touch it.
  public var previousOSNumbers: [Int] { previous?.numbers ?? [] }

  /// Gives the thread its old binding back.
  ///
  /// - Throws: ``TopologyError/bindingNotRestored(os:reason:)``.
  /// - Precondition: called on the thread that was bound.
  public consuming func restore() throws(TopologyError) {
    guard let previous else { return }
    precondition(
      pthread_equal(pthread_self(), thread) != 0,
      "a binding is restored on the thread that it belongs to")
    do throws(SystemCallError) {
      try previous.applyToCurrentThread()
    } catch {
      throw .bindingNotRestored(os: previous.numbers, reason: error.reason)
    }
  }
}

extension Topology {
  /// Binds the calling thread to a worker's place.
  ///
  /// Prefer ``withBoundThread(to:_:)``, which can't forget to restore. A placement that isn't
  /// pinned leaves the thread as it is, on any topology.
  ///
  /// - Parameter placement: the place.
  /// - Returns: the binding to restore.
  /// - Throws: ``TopologyError/bindingRefused(worker:os:reason:)`` if the system refuses, if it
  ///   binds the thread to anything else, or if this isn't the running machine's topology. The
  ///   thread then has its old binding.
  ///
  /// **Concurrency:** touches only the calling thread; any number of threads may call it at once.
  public func bindCurrentThread(
    to placement: WorkerPlacement
  ) throws(TopologyError) -> ThreadBinding {
    guard placement.isPinned else { return ThreadBinding(previous: nil) }
    func refused(_ reason: String) -> TopologyError {
      let hint = isThisMachine && source == .live ? DiscoveryVariables.hint : nil
      return .bindingRefused(
        worker: placement.worker, os: placement.os,
        reason: hint.map { "\(reason); \($0)" } ?? reason)
    }
    if let reasonAgainstBinding { throw refused(reasonAgainstBinding) }
    let wanted = CPUSet(placement.os)
    let previous: ThreadAffinity
    do throws(SystemCallError) {
      previous = try .ofCurrentThread()
      try setThreadBinding(wanted)
    } catch {
      throw refused(error.reason)
    }
    let binding = ThreadBinding(previous: previous)
    // The kernel may silently take less than it was asked for: what a cgroup leaves of it.
    let reached = (try? ThreadAffinity.ofCurrentThread())?.numbers
    guard reached == wanted.numbers else {
      try? binding.restore()
      throw refused(
        "the system bound it to \(reached.map(NumberList.text) ?? "something else") instead")
    }
    return binding
  }

  /// Runs a closure with the calling thread bound to a worker's place.
  ///
  /// The thread has its old binding back when this returns or throws.
  ///
  /// - Parameters:
  ///   - placement: the place; one that isn't pinned changes nothing.
  ///   - body: what to run, on this thread.
  /// - Returns: what the closure returns.
  /// - Throws: what the closure throws; ``TopologyError/bindingRefused(worker:os:reason:)`` before
  ///   it has run; ``TopologyError/bindingNotRestored(os:reason:)`` after it has returned. If both
  ///   the closure and the restoring fail, the closure's error says more and is the one thrown.
  ///
  /// **Concurrency:** touches only the calling thread; any number of threads may call it at once.
  public func withBoundThread<Value>(
    to placement: WorkerPlacement, _ body: () throws -> Value
  ) throws -> Value {
    let binding = try bindCurrentThread(to: placement)
    let value: Value
    do {
      value = try body()
    } catch {
      try? binding.restore()
      throw error
    }
    try binding.restore()
    return value
  }

  /// Binds the calling thread; strictly: to these processing units or not at all.
  private func setThreadBinding(_ set: CPUSet) throws(SystemCallError) {
    let flags = Int32(HWLOC_CPUBIND_THREAD.rawValue | HWLOC_CPUBIND_STRICT.rawValue)
    let result = withHandle { handle in
      set.withBitmap { hwloc_set_cpubind(handle, $0, flags) }
    }
    guard result == 0 else { throw .last }
  }
}
