import CSharedMemory

/// A stopwatch for the phases of one iteration; it stands still in iterations that aren't timed.
struct LapTimer {
  let isRunning: Bool
  private var last: UInt64

  @inline(__always)
  init(isRunning: Bool) {
    self.isRunning = isRunning
    last = isRunning ? lockstep_nanoseconds() : 0
  }

  /// Adds the time since the last lap, or since the start, to a phase.
  @inline(__always)
  mutating func lap(_ phase: inout UInt64) {
    guard isRunning else { return }
    let now = lockstep_nanoseconds()
    phase &+= now &- last
    last = now
  }

  /// Leaves out the time since the last lap.
  @inline(__always)
  mutating func skip() {
    if isRunning { last = lockstep_nanoseconds() }
  }
}
