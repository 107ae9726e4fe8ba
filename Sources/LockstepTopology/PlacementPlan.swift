/// Where every worker of a run sits.
public struct PlacementPlan: Equatable, Sendable {
  /// The rule that it follows.
  public let pin: PinPlan
  /// The workers' places, by worker.
  public let placements: [WorkerPlacement]
  /// The number of distinct processing units that the workers may run on.
  public let processingUnits: Int
  /// The number of processing units of the machine.
  public let available: Int
  /// The number of cores that these lie in, each that lies in none counted as one; `nil` if nobody
  /// is bound.
  public let cores: Int?
  /// Whether some workers must share a processing unit.
  ///
  /// There are more workers on some place than it has processing units (than the machine has, if
  /// nobody is bound). No two places overlap, so otherwise everybody can have a unit alone.
  public let oversubscribed: Bool

  /// The number of workers.
  public var workers: Int { placements.count }

  /// Places workers on a machine.
  ///
  /// - Parameters:
  ///   - workers: the number of workers, 1 or more.
  ///   - pin: the rule.
  ///   - topology: the machine.
  /// - Throws: ``TopologyError/unavailable(pin:place:missing:available:)`` if the rule names a
  ///   place that doesn't exist or that the process may not use, even one that no worker would get.
  /// - Complexity: O(workers + processing units).
  /// - Precondition: `workers > 0`.
  public init(workers: Int, pin: PinPlan, on topology: Topology) throws(TopologyError) {
    precondition(workers > 0, "a placement needs at least one worker")
    self.pin = pin
    available = topology.processingUnits.count
    let places = try pin.places(on: topology)
    guard !places.isEmpty else {
      let node = topology.numaNode(of: [])
      placements = (0..<workers).map {
        WorkerPlacement(worker: $0, logical: [], os: [], numaNode: node)
      }
      processingUnits = topology.processingUnits.count
      cores = nil
      oversubscribed = workers > processingUnits
      return
    }
    placements = (0..<workers).map { worker in
      let logical = places[worker % places.count]
      return WorkerPlacement(
        worker: worker, logical: logical, os: logical.map { topology.processingUnits[$0].os },
        numaNode: topology.numaNode(of: logical))
    }
    let used = places.prefix(workers)
    let units = used.joined().map { topology.processingUnits[$0] }
    processingUnits = units.count
    cores = Set(units.compactMap(\.core)).count + units.filter { $0.core == nil }.count
    oversubscribed = used.enumerated().contains { index, place in
      let tenants = (workers - index + places.count - 1) / places.count
      return tenants > place.count
    }
  }
}
