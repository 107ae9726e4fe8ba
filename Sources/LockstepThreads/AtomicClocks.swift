import CSharedMemory
import LockstepCore
import LockstepParameters
import Synchronization

/// The clocks of all workers, and where the workers wait for each other.
///
/// Each worker's two counters are written by that worker alone, on cache lines of its own. A waiting
/// worker first spins on the one clock that blocks it; after ``spinNanoseconds`` it parks on a
/// futex, and whoever makes its condition true wakes it.
///
/// What a waiter and a publisher do, one after the other, is decided by ``ClockWait`` and
/// ``ClockPublication``; here are the accesses themselves, and the short cuts for who need not wait and
/// for who has nobody to wake.
///
/// **Concurrency:** any thread may call any method. Every access between the announcement of a wait and
/// its end, and between the store of a publication and its end, is sequentially consistent, as those
/// two need.
final class AtomicClocks: @unchecked Sendable {
  // Invariant behind @unchecked: the pointers are set once; what they point at is only atomics.

  /// The bit that marks the clock of a worker that has used up its quota: it makes the clock larger
  /// than anything a peer could wait for, and leaves what it was to be read.
  private static var finishedBit: Int { 1 << 62 }

  struct Line: ~Copyable {
    // First, because ``counter(of:)`` takes a line's address for this one's.
    let completed = Atomic<Int>(0)
    let computed = Atomic<Int>(0)
    // Processors fetch lines in pairs: two lines for each worker.
    let padding: InlineArray<14, Int> = .init(repeating: 0)
  }

  /// What parked workers sleep on.
  struct ParkingLot: ~Copyable {
    let parked = Atomic<Int>(0)
    let epoch = Atomic<UInt32>(0)
    let stopped = Atomic<Bool>(false)
    let padding: InlineArray<13, Int> = .init(repeating: 0)
  }

  let count: Int
  let spinNanoseconds: UInt64
  private let lines: UnsafeMutablePointer<Line>
  private let lot: UnsafeMutablePointer<ParkingLot>

  /// Creates clocks at 0.
  ///
  /// - Parameters:
  ///   - workers: the number of workers.
  ///   - spinNanoseconds: how long a worker spins before it parks; 0 to park at once.
  init(workers: Int, spinNanoseconds: UInt64) {
    count = workers
    self.spinNanoseconds = spinNanoseconds
    lines = UnsafeMutableRawPointer.allocate(
      byteCount: workers * MemoryLayout<Line>.stride, alignment: 128
    ).bindMemory(to: Line.self, capacity: workers)
    for worker in 0..<workers { (lines + worker).initialize(to: Line()) }
    lot = UnsafeMutableRawPointer.allocate(
      byteCount: MemoryLayout<ParkingLot>.stride, alignment: 128
    ).bindMemory(to: ParkingLot.self, capacity: 1)
    lot.initialize(to: ParkingLot())
  }

  deinit {
    lines.deinitialize(count: count)
    UnsafeMutableRawPointer(lines).deallocate()
    lot.deinitialize(count: 1)
    UnsafeMutableRawPointer(lot).deallocate()
  }

  // MARK: Clocks

  /// A worker's completed iterations.
  ///
  /// Acquiring: its updates up to that clock are visible.
  @inline(__always)
  func completed(_ worker: Int) -> Int {
    lines[worker].completed.load(ordering: .acquiring) & (Self.finishedBit - 1)
  }

  /// The sum of everybody's completed iterations but one worker's.
  @inline(__always)
  func completedByOthers(than worker: Int) -> Int {
    var sum = 0
    for other in 0..<count where other != worker {
      sum &+= completed(other)
    }
    return sum
  }

  /// Publishes a clock that somebody may wait for.
  ///
  /// - Parameters:
  ///   - counter: which of the worker's counters.
  ///   - old: where the worker's last publication of this counter ended.
  ///   - new: where it is now.
  ///   - worker: the worker.
  @inline(__always)
  func publish(
    _ counter: ClockCondition.Counter, from old: Int, to new: Int, by worker: Int
  ) {
    if counter == .completed {
      lines[worker].completed.store(new, ordering: .sequentiallyConsistent)
    } else {
      lines[worker].computed.store(new, ordering: .sequentiallyConsistent)
    }
    if lot.pointee.parked.load(ordering: .sequentiallyConsistent) > 0 {
      wakeWaiters(on: counter, after: old)
    }
  }

  /// Publishes a worker's clock after one more iteration.
  ///
  /// Releasing at least: whoever sees the clock sees the updates up to it.
  ///
  /// - Parameters:
  ///   - clock: the number of completed iterations.
  ///   - worker: the worker.
  ///   - isAwaited: whether somebody may wait for it.
  @inline(__always)
  func complete(_ clock: Int, by worker: Int, isAwaited: Bool) {
    if isAwaited {
      publish(.completed, from: clock &- 1, to: clock, by: worker)
    } else {
      lines[worker].completed.store(clock, ordering: .releasing)
    }
  }

  /// Where a worker counts steps that it makes several of before it publishes its clock.
  func counter(of worker: Int) -> StepCounter {
    // An atomic stands at its own address for as long as the line does.
    StepCounter(
      UnsafeRawPointer(lines + worker).assumingMemoryBound(to: Atomic<Int>.self))
  }

  /// How many iterations from a clock on a condition admits, as the clocks stand now.
  ///
  /// - Returns: at least 1 where the condition holds at `clock`; 0 otherwise.
  func allowance(_ condition: ClockCondition, at clock: Int) -> Int {
    condition.allowance(at: clock, of: count) { value($0, condition.counter) }
  }

  /// A counter, as it is seen by whoever has announced nothing.
  ///
  /// Acquiring is enough here. A value that has reached the target brings the updates up to it with it; one
  /// that is too old only leads to another look, and nobody sleeps before the look of ``lastingValue(_:_:)``
  /// that follows its announcement.
  @inline(__always)
  private func value(_ peer: Int, _ counter: ClockCondition.Counter) -> Int {
    counter == .completed
      ? lines[peer].completed.load(ordering: .acquiring)
      : lines[peer].computed.load(ordering: .acquiring)
  }

  /// Publishes that a worker has finished its share, so that nobody waits for it any more.
  func finish(_ worker: Int, at clock: Int) {
    // Whatever was published last was not less than the clock.
    publish(.computed, from: clock, to: clock | Self.finishedBit, by: worker)
    publish(.completed, from: clock, to: clock | Self.finishedBit, by: worker)
  }

  /// Sets a worker's clocks while nobody runs.
  func reset(_ worker: Int, to clock: Int) {
    lines[worker].completed.store(clock, ordering: .releasing)
    lines[worker].computed.store(clock, ordering: .releasing)
  }

  // MARK: Waiting

  /// How a wait went.
  struct Wait {
    /// False if the run was stopped before the condition held.
    var holds: Bool
    /// How often the worker parked.
    var parks: Int
  }

  /// Waits until a condition holds for a worker at a clock.
  @inline(__always)
  func wait(for condition: ClockCondition, at clock: Int) -> Wait {
    let peers: Range<Int>
    switch condition.subject {
    case .nobody: return Wait(holds: true, parks: 0)
    case .worker(let peer): peers = peer.index..<(peer.index &+ 1)
    case .everyone: peers = 0..<count
    }
    let target = condition.target(at: clock)
    for peer in peers {
      // Clocks only grow: a peer that has passed need not be looked at again.
      if !Admission.holds(value(peer, condition.counter), target: target) {
        return waitLong(
          ClockWait(for: peer..<peers.upperBound, target: target), condition.counter)
      }
    }
    return Wait(holds: true, parks: 0)
  }

  /// Carries a wait out.
  private func waitLong(_ wait: ClockWait, _ counter: ClockCondition.Counter) -> Wait {
    var wait = wait
    var parks = 0
    var epoch: UInt32 = 0
    var parkedFor = -1
    while true {
      switch wait.next {
      case .look(let peer):
        var value = value(peer, counter)
        if spinNanoseconds > 0, parkedFor != peer,
          !Admission.holds(value, target: wait.target)
        {
          guard let seen = spin(on: peer, counter, until: wait.target) else {
            wait.giveUp()
            continue
          }
          value = seen
        }
        wait.advance(value)
      case .announce:
        lot.pointee.parked.wrappingAdd(1, ordering: .sequentiallyConsistent)
        wait.advance()
      case .readEpoch:
        epoch = lot.pointee.epoch.load(ordering: .sequentiallyConsistent)
        wait.advance()
      case .lookAgain(let peer):
        parkedFor = peer
        wait.advance(lastingValue(peer, counter))
      case .readStop:
        wait.advance(lot.pointee.stopped.load(ordering: .sequentiallyConsistent) ? 1 : 0)
      case .sleep:
        parks += 1
        lockstep_futex_wait(epochAddress, epoch)
        wait.advance()
      case .retract:
        lot.pointee.parked.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        wait.advance()
      case .done(let holds):
        return Wait(holds: holds, parks: parks)
      }
    }
  }

  /// Looks at a clock again and again, for ``spinNanoseconds`` at most.
  ///
  /// - Returns: the clock, as it was seen last; `nil` if the run was stopped.
  private func spin(
    on peer: Int, _ counter: ClockCondition.Counter, until target: Int
  ) -> Int? {
    // A short wait needs no clock: look at it only every so often.
    var deadline: UInt64 = 0
    while true {
      for _ in 0..<64 {
        let seen = value(peer, counter)
        if Admission.holds(seen, target: target) { return seen }
        lockstep_pause()
      }
      if isStopped { return nil }
      let now = lockstep_nanoseconds()
      if deadline == 0 { deadline = now + spinNanoseconds }
      if now >= deadline { return value(peer, counter) }
    }
  }

  /// A counter, in the one order of all accesses that waiters and publishers agree on.
  private func lastingValue(_ peer: Int, _ counter: ClockCondition.Counter) -> Int {
    counter == .completed
      ? lines[peer].completed.load(ordering: .sequentiallyConsistent)
      : lines[peer].computed.load(ordering: .sequentiallyConsistent)
  }

  /// Goes on with a publication that has found somebody parked.
  private func wakeWaiters(on counter: ClockCondition.Counter, after old: Int) {
    var publication = ClockPublication(
      from: old, workers: count, waitsAreForEveryone: waitsAreForEveryone, next: .countParked)
    // That many are parked, at least.
    publication.advance(1)
    while true {
      switch publication.next {
      case .compare(let worker): publication.advance(lastingValue(worker, counter))
      case .raiseEpoch:
        raiseEpoch()
        publication.advance()
      case .wake:
        wakeAll()
        publication.advance()
      case .store, .countParked, .done: return
      }
    }
  }

  /// Whether every condition that workers wait for is on everyone's clocks.
  ///
  /// Set once, before the workers start.
  var waitsAreForEveryone = false

  private func raiseEpoch() {
    lot.pointee.epoch.wrappingAdd(1, ordering: .sequentiallyConsistent)
  }

  private func wakeAll() {
    lockstep_futex_wake(epochAddress, Int32.max)
  }

  /// The number of workers that are parked, or about to be.
  var parkedCount: Int { lot.pointee.parked.load(ordering: .sequentiallyConsistent) }

  private var epochAddress: UnsafeRawPointer {
    // The futex word is the atomic's own storage: an Atomic<UInt32> is laid out as a UInt32, after
    // the 8-byte counter before it.
    UnsafeRawPointer(lot).advanced(by: MemoryLayout<Atomic<Int>>.stride)
  }

  // MARK: Stopping

  /// Whether the run is to end before its budget is used up.
  @inline(__always)
  var isStopped: Bool { lot.pointee.stopped.load(ordering: .relaxed) }

  /// Ends the run: every worker leaves at its next look, and those that wait are woken.
  func stop() {
    lot.pointee.stopped.store(true, ordering: .sequentiallyConsistent)
    raiseEpoch()
    wakeAll()
  }

  /// Lets the workers go on after a stop, before they start again.
  func clearStop() { lot.pointee.stopped.store(false, ordering: .sequentiallyConsistent) }
}
