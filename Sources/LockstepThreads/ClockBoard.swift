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
/// **Concurrency:** any thread may call any method. No wake-up is lost: a worker announces itself in
/// `parked` before it looks at the clocks for the last time, a publisher writes its clock before it
/// looks at `parked`, and both are sequentially consistent, so at least one sees the other.
final class ClockBoard: @unchecked Sendable {
  // Invariant behind @unchecked: the pointers are set once; what they point at is only atomics.

  /// The bit that marks the clock of a worker that has finished its share: it makes the clock larger
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
  @inline(__always)
  func publish(_ counter: ClockCondition.Counter, _ value: Int, by worker: Int) {
    if counter == .completed {
      lines[worker].completed.store(value, ordering: .sequentiallyConsistent)
    } else {
      lines[worker].computed.store(value, ordering: .sequentiallyConsistent)
    }
    if lot.pointee.parked.load(ordering: .sequentiallyConsistent) > 0 {
      wake(after: counter, value)
    }
  }

  /// Publishes a worker's clock.
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
      publish(.completed, clock, by: worker)
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
    switch condition.subject {
    case .nobody:
      return Int.max
    case .worker(let peer):
      return max(0, value(peer.index, condition.counter) - condition.target(at: clock) + 1)
    case .everyone:
      var least = Int.max
      for peer in 0..<count { least = min(least, value(peer, condition.counter)) }
      return max(0, least - condition.target(at: clock) + 1)
    }
  }

  @inline(__always)
  private func value(_ peer: Int, _ counter: ClockCondition.Counter) -> Int {
    counter == .completed
      ? lines[peer].completed.load(ordering: .acquiring)
      : lines[peer].computed.load(ordering: .acquiring)
  }

  /// Publishes that a worker has finished its share, so that nobody waits for it any more.
  func finish(_ worker: Int, at clock: Int) {
    publish(.computed, clock | Self.finishedBit, by: worker)
    publish(.completed, clock | Self.finishedBit, by: worker)
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
    let target = condition.target(at: clock)
    switch condition.subject {
    case .nobody:
      return Wait(holds: true, parks: 0)
    case .worker(let peer):
      return wait(for: peer.index, condition.counter, toReach: target)
    case .everyone:
      var parks = 0
      for peer in 0..<count {
        // Clocks only grow: a peer that has passed need not be looked at again.
        let wait = wait(for: peer, condition.counter, toReach: target)
        parks += wait.parks
        if !wait.holds { return Wait(holds: false, parks: parks) }
      }
      return Wait(holds: true, parks: parks)
    }
  }

  @inline(__always)
  private func wait(
    for peer: Int, _ counter: ClockCondition.Counter, toReach target: Int
  ) -> Wait {
    if reached(peer, counter, target) { return Wait(holds: true, parks: 0) }
    return waitLong(for: peer, counter, toReach: target)
  }

  @inline(__always)
  private func reached(_ peer: Int, _ counter: ClockCondition.Counter, _ target: Int) -> Bool {
    value(peer, counter) >= target
  }

  private func waitLong(
    for peer: Int, _ counter: ClockCondition.Counter, toReach target: Int
  ) -> Wait {
    var parks = 0
    if spinNanoseconds > 0 {
      // A short wait needs no clock: look at it only every so often.
      var deadline: UInt64 = 0
      while true {
        for _ in 0..<64 {
          if reached(peer, counter, target) { return Wait(holds: true, parks: 0) }
          lockstep_pause()
        }
        if isStopped { return Wait(holds: false, parks: 0) }
        let now = lockstep_nanoseconds()
        if deadline == 0 { deadline = now + spinNanoseconds }
        if now >= deadline { break }
      }
    }
    while true {
      lot.pointee.parked.wrappingAdd(1, ordering: .sequentiallyConsistent)
      let epoch = lot.pointee.epoch.load(ordering: .sequentiallyConsistent)
      let value =
        counter == .completed
        ? lines[peer].completed.load(ordering: .sequentiallyConsistent)
        : lines[peer].computed.load(ordering: .sequentiallyConsistent)
      let stopped = lot.pointee.stopped.load(ordering: .sequentiallyConsistent)
      if value < target && !stopped {
        parks += 1
        lockstep_futex_wait(epochAddress, epoch)
      }
      lot.pointee.parked.wrappingSubtract(1, ordering: .sequentiallyConsistent)
      if stopped { return Wait(holds: false, parks: parks) }
      if reached(peer, counter, target) { return Wait(holds: true, parks: parks) }
    }
  }

  /// Wakes the parked workers if this publication may be the one they wait for.
  ///
  /// Conditions on one worker can become true with any publication. Conditions on everyone become
  /// true only when the last worker reaches a clock; then, and only then, the smallest clock is the
  /// value just published (or the publisher is out of the race for good).
  private func wake(after counter: ClockCondition.Counter, _ value: Int) {
    if waitsAreForEveryone {
      for worker in 0..<count {
        let clock =
          counter == .completed
          ? lines[worker].completed.load(ordering: .sequentiallyConsistent)
          : lines[worker].computed.load(ordering: .sequentiallyConsistent)
        if clock < value && value < Self.finishedBit { return }
      }
    }
    wakeAll()
  }

  /// Whether every condition that workers wait for is on everyone's clocks.
  ///
  /// Set once, before the workers start.
  var waitsAreForEveryone = false

  private func wakeAll() {
    lot.pointee.epoch.wrappingAdd(1, ordering: .sequentiallyConsistent)
    lockstep_futex_wake(epochAddress, Int32.max)
  }

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
    wakeAll()
  }
}
