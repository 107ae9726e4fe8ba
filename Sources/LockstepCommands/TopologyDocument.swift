import Foundation
import LockstepTopology

/// The JSON document of `lockstep topology`.
struct TopologyDocument: Encodable {
  /// A processing unit under both of its numbers, with where it is.
  struct Unit: Encodable {
    let logical: Int
    let os: Int
    let core: Int?
    let package: Int?
    let numaNode: Int?

    private enum CodingKeys: String, CodingKey {
      case logical, os, core, package, numaNode
    }

    /// Encodes it with `null`, not nothing, for what it lies in none of.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(logical, forKey: .logical)
      try container.encode(os, forKey: .os)
      try container.encode(core, forKey: .core)
      try container.encode(package, forKey: .package)
      try container.encode(numaNode, forKey: .numaNode)
    }
  }

  /// A cache with the logical numbers of the processing units that share it.
  struct SharedCache: Encodable {
    let level: Int
    let contents: Cache.Contents
    let sizeBytes: Int
    let processingUnits: [Int]
  }

  let schema = "lockstep.topology/1"
  let machine: MachineDescription
  let processingUnits: [Unit]
  let caches: [SharedCache]
  let pin: String?
  let workers: Int
  let placement: [WorkerPlacement]
  let oversubscribed: Bool

  private enum CodingKeys: String, CodingKey {
    case schema, machine, processingUnits, caches, pin, workers, placement, oversubscribed
  }

  /// Takes a document from a machine and the plan that was asked for, if any was.
  init(_ topology: Topology, plan: PlacementPlan?) {
    machine = topology.machine
    processingUnits = topology.processingUnits.map {
      Unit(
        logical: $0.logical, os: $0.os, core: $0.core, package: $0.package, numaNode: $0.numaNode)
    }
    caches = topology.caches.map {
      SharedCache(
        level: $0.level, contents: $0.contents, sizeBytes: $0.sizeBytes,
        processingUnits: $0.processingUnits)
    }
    pin = plan?.pin.specification
    workers = plan?.workers ?? 0
    placement = plan?.placements ?? []
    oversubscribed = plan?.oversubscribed ?? false
  }

  /// Encodes every field, so that a reader finds `null` where no plan was asked for.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(machine, forKey: .machine)
    try container.encode(processingUnits, forKey: .processingUnits)
    try container.encode(caches, forKey: .caches)
    try container.encode(pin, forKey: .pin)
    try container.encode(workers, forKey: .workers)
    try container.encode(placement, forKey: .placement)
    try container.encode(oversubscribed, forKey: .oversubscribed)
  }

  /// The document as text, its keys in a fixed order.
  func text() throws -> String {
    String(decoding: try JSONFormat.encode(self), as: UTF8.self) + "\n"
  }
}
