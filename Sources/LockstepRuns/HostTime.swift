import Foundation
import LockstepCore

/// The time that a simulation takes of its host, with that of the parts of a run that was stopped in between.
final class HostTime {
  private var start = ContinuousClock.now
  private var processor = HostTime.processorSeconds
  private var earlier = (wall: 0.0, processor: 0.0)

  /// The seconds since it was made: of the wall clock, and of all the process's threads together.
  var elapsed: (wall: Double, processor: Double) {
    (
      earlier.wall + (ContinuousClock.now - start) / .seconds(1),
      earlier.processor + Self.processorSeconds - processor
    )
  }

  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

extension HostTime: Archivable {
  func transfer(_ archive: StateArchive) throws(CheckpointError) {
    var sum = elapsed
    try archive.number("wallSeconds", &sum.wall)
    try archive.number("processorSeconds", &sum.processor)
    guard archive.isRestoring else { return }
    (earlier, start, processor) = (sum, .now, Self.processorSeconds)
  }
}
