import Foundation

/// The time that a simulation takes of its host.
struct HostTime {
  private let start = ContinuousClock.now
  private let processor = Self.processorSeconds

  /// The seconds since it was made: of the wall clock, and of all the process's threads together.
  var elapsed: (wall: Double, processor: Double) {
    ((ContinuousClock.now - start) / .seconds(1), Self.processorSeconds - processor)
  }

  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
