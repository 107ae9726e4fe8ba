/// Where one worker sits.
public struct WorkerPlacement: Equatable, Sendable, Codable {
  /// The worker.
  public let worker: Int
  /// The logical numbers of the processing units it may run on; none if it isn't pinned.
  public let logical: [Int]
  /// The operating system's numbers of the same units, in the same order.
  public let os: [Int]
  /// The operating system's number of the NUMA node they lie in; `nil` if there are several.
  public let numaNode: Int?

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

  private enum CodingKeys: String, CodingKey {
    case worker, logical, os, numaNode
  }

  /// Encodes it as the record has it: a NUMA node that can't be had is `null`, not left out.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(worker, forKey: .worker)
    try container.encode(logical, forKey: .logical)
    try container.encode(os, forKey: .os)
    try container.encode(numaNode, forKey: .numaNode)
  }
}
