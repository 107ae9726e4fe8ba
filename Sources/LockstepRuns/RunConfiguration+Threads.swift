import Foundation
import LockstepCore
import LockstepTopology

extension RunConfiguration {
  /// Where the workers go.
  ///
  /// - Throws: ``ConfigurationError`` or ``TopologyError`` for a place that can't be had.
  public func placement(on topology: Topology) throws -> PlacementPlan {
    try PlacementPlan(workers: workers, pin: PinPlan(resolvedPin), on: topology)
  }

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
