import LockstepCore

/// Where one worker sits.
public struct WorkerPlacement: Codable, Equatable, RecordObject {
  /// The worker.
  public private(set) var worker = 0
  /// The logical numbers of the processing units it may run on; none if it isn't pinned.
  public private(set) var logical: [Int] = []
  /// The operating system's numbers of the same units, in the same order.
  public private(set) var os: [Int] = []
  /// The operating system's number of the NUMA node they lie in; `nil` if there are several.
  public private(set) var numaNode: Int?

  package static let fields = RecordTable<WorkerPlacement>([
    RecordField("worker", \.worker, "The worker's number, from 0."),
    RecordField(
      "logical", \.logical,
      "hwloc's logical numbers of the processing units that it may run on; none if it isn't pinned."
    ),
    RecordField("os", \.os, "The operating system's numbers of the same units, in the same order."),
    RecordField(
      "numaNode", \.numaNode, .nullOrMissing,
      "The operating system's number of the NUMA node that they lie in; none if there are several."),
  ])

  package init() {}

  /// Whether the worker is bound to anything.
  public var isPinned: Bool { !os.isEmpty }

  /// Places a worker.
  ///
  /// - Parameters:
  ///   - worker: the worker.
  ///   - logical: logical numbers of processing units.
  ///   - os: the operating system's numbers of the same units, in the same order.
  ///   - numaNode: the operating system's number of the NUMA node, if there is one.
  public init(worker: Int, logical: [Int], os: [Int], numaNode: Int?) {
    self.worker = worker
    self.logical = logical
    self.os = os
    self.numaNode = numaNode
  }
}
