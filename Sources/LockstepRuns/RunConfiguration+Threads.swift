import Foundation
import LockstepCore

extension RunConfiguration {
  /// The most threads that a run has at a time, beside the one that executes it: its workers, or the
  /// host's on their behalf; those that evaluate losses; and one of Dispatch's own.
  public var threads: Int {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return switch engine {
    case .threads: workers + cores + 1
    case .virtual: max(virtual.resolvedHostThreads, cores) + 1
    }
  }
}
