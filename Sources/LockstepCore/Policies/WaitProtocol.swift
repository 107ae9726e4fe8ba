/// One worker's wait for a condition, as a sequence of single accesses to shared memory.
///
/// | access | what follows |
/// |---|---|
/// | `look` | reached: the next worker, and after the last one the wait is over; else `announce` |
/// | `announce` | `readEpoch` |
/// | `readEpoch` | `lookAgain` |
/// | `lookAgain` | reached: `retract`; else `readStop` |
/// | `readStop` | stopped: `retract`, and the wait is over in vain; else `sleep` |
/// | `sleep` | `retract`, when woken, for whatever reason, or at once if the epoch is another by now |
/// | `retract` | `look` at the same worker |
///
/// Counters only grow, so a worker that has reached the target need not be looked at again.
///
/// No wake-up is lost: a waiter announces itself before it looks for the last time, a publisher stores
/// its counter before it asks whether anybody has announced a wait (``ClockPublication``), and both in one
/// order that all threads agree on. So at least one of the two sees the other; and if the epoch moves
/// between, the waiter doesn't fall asleep.
///
/// **Concurrency:** a value. The threads' clocks carry the accesses out; the explorer in the tests carries
/// them out in every order.
@frozen
public struct ClockWait: Equatable, Sendable {
  /// An access to shared memory.
  public enum Access: Equatable, Sendable {
    /// Reads a worker's counter.
    case look(Int)
    /// Adds one to the number of parked workers.
    case announce
    /// Reads the epoch that the worker will sleep on.
    case readEpoch
    /// Reads a worker's counter for the last time before sleeping.
    case lookAgain(Int)
    /// Reads whether the run has been stopped.
    case readStop
    /// Sleeps while the epoch is the one that was read.
    case sleep
    /// Takes one from the number of parked workers.
    case retract(isStopped: Bool)
    /// Nothing: the wait is over.
    case done(holds: Bool)
  }

  /// The access that comes next.
  @inlinable public var next: Access { access }

  @usableFromInline var access: Access
  /// What the counter has to reach.
  public let target: Int

  @usableFromInline var peer: Int
  @usableFromInline let end: Int

  /// Begins to wait.
  ///
  /// - Parameters:
  ///   - peers: the workers whose counters have to reach the target.
  ///   - target: the target.
  ///   - next: the first access, if it isn't a look at the first of `peers`.
  @inlinable
  public init(for peers: Range<Int>, target: Int, next: Access? = nil) {
    peer = peers.lowerBound
    end = peers.upperBound
    self.target = target
    access = next ?? (peers.isEmpty ? .done(holds: true) : .look(peers.lowerBound))
  }

  /// Goes on after the access.
  ///
  /// - Parameter value: what was read: a counter, or 1 for stopped and 0 for not; otherwise ignored.
  @inlinable
  public mutating func advance(_ value: Int = 0) {
    switch access {
    case .look(let worker):
      if Admission.holds(value, target: target) {
        peer = worker &+ 1
        access = peer < end ? .look(peer) : .done(holds: true)
      } else {
        access = .announce
      }
    case .announce: access = .readEpoch
    case .readEpoch: access = .lookAgain(peer)
    case .lookAgain:
      access = Admission.holds(value, target: target) ? .retract(isStopped: false) : .readStop
    case .readStop: access = value != 0 ? .retract(isStopped: true) : .sleep
    case .sleep: access = .retract(isStopped: false)
    case .retract(let isStopped): access = isStopped ? .done(holds: false) : .look(peer)
    case .done: break
    }
  }

  /// Gives the wait up because the run has been stopped, while nothing is announced.
  @inlinable
  public mutating func giveUp() { access = .done(holds: false) }
}

/// One publication of a counter, as a sequence of single accesses to shared memory.
///
/// | access | what follows |
/// |---|---|
/// | `store` | `countParked` |
/// | `countParked` | nobody is parked: done; else `compare` with worker after worker, or `raiseEpoch` at once where waits are not all for everyone |
/// | `compare` | held back by this worker: done; the last one: `raiseEpoch` |
/// | `raiseEpoch` | `wake` |
/// | `wake` | done: every sleeper has been woken, and looks for itself |
///
/// A publication may move the counter by several steps. Those of one worker must join up: each goes on from
/// the value at which the last one ended, whatever the counter showed between.
@frozen
public struct ClockPublication: Equatable, Sendable {
  /// An access to shared memory.
  public enum Access: Equatable, Sendable {
    /// Writes the new value.
    case store
    /// Reads the number of parked workers.
    case countParked
    /// Reads a worker's counter.
    case compare(Int)
    /// Adds one to the epoch, so that nobody falls asleep who looked before.
    case raiseEpoch
    /// Wakes every sleeper.
    case wake
    /// Nothing: the publication is over.
    case done
  }

  /// The access that comes next.
  @inlinable public var next: Access { access }

  @usableFromInline var access: Access

  @usableFromInline let old: Int
  @usableFromInline let workers: Int
  @usableFromInline let waitsAreForEveryone: Bool

  /// Begins a publication.
  ///
  /// - Parameters:
  ///   - old: the value at which this worker's last publication of the counter ended.
  ///   - workers: the number of workers.
  ///   - waitsAreForEveryone: whether every wait is for everyone
  ///     (``Admission/waitsAreForEveryone(_:)``); where not, every publication wakes.
  ///   - next: the first access.
  @inlinable
  public init(
    from old: Int, workers: Int, waitsAreForEveryone: Bool, next: Access = .store
  ) {
    self.old = old
    self.workers = workers
    self.waitsAreForEveryone = waitsAreForEveryone
    access = next
  }

  /// Goes on after the access.
  ///
  /// - Parameter value: the number or the counter that was read; otherwise ignored.
  @inlinable
  public mutating func advance(_ value: Int = 0) {
    switch access {
    case .store: access = .countParked
    case .countParked:
      access = value == 0 ? .done : waitsAreForEveryone ? .compare(0) : .raiseEpoch
    case .compare(let worker):
      if Admission.isHeldBack(from: old, by: value) {
        access = .done
      } else {
        access = worker &+ 1 < workers ? .compare(worker &+ 1) : .raiseEpoch
      }
    case .raiseEpoch: access = .wake
    case .wake: access = .done
    case .done: break
    }
  }
}
