extension PinPlan {
  /// The places that workers get in turn, as logical numbers of processing units; none for
  /// ``Rule/none``.
  func places(on topology: Topology) throws(TopologyError) -> [[Int]] {
    switch rule {
    case .none: return []
    case .compact: return topology.processingUnits.map { [$0.logical] }
    case .scatter: return ScatterOrder(topology.objects).processingUnits.map { [$0] }
    case .cores: return topology.cores.map(\.processingUnits)
    case .sockets: return topology.packages.map(\.processingUnits)
    case .numa: return Self.nodePlaces(topology)
    case .coreList(let numbers):
      try require(numbers, of: .core, among: topology.cores.map(\.logical))
      // Only looked up, never iterated.
      let cores = Dictionary(
        topology.cores.map { ($0.logical, $0.processingUnits) }, uniquingKeysWith: { $1 })
      return numbers.compactMap { cores[$0] }
    case .processingUnitList(let numbers):
      try require(
        numbers, of: .processingUnit, among: topology.processingUnits.map(\.logical))
      return numbers.map { [$0] }
    case .osList(let numbers), .mask(let numbers):
      let known = topology.processingUnits.map(\.os)
      try require(numbers, of: .osProcessingUnit, among: known)
      // Only looked up, never iterated.
      let logical = Dictionary(zip(known, known.indices), uniquingKeysWith: { first, _ in first })
      return numbers.compactMap { logical[$0] }.map { [$0] }
    }
  }

  /// The processing units of each NUMA node that is the closest one of any, in the nodes' order.
  ///
  /// Nodes of fast, of ordinary and of large memory may share processing units, also in part; a
  /// worker's node is that of its units, so that no two places overlap. Where no node has any unit,
  /// the whole machine is the only place.
  private static func nodePlaces(_ topology: Topology) -> [[Int]] {
    // Only looked up, never iterated.
    var places: [Int: [Int]] = [:]
    for unit in topology.processingUnits {
      if let node = unit.numaNode { places[node, default: []].append(unit.logical) }
    }
    let nodes = topology.numaNodes.compactMap { places[$0.os] }
    return nodes.isEmpty ? [Array(topology.processingUnits.indices)] : nodes
  }

  private func require(
    _ numbers: [Int], of place: TopologyError.Place, among available: [Int]
  ) throws(TopologyError) {
    let known = Set(available)
    let missing = numbers.filter { !known.contains($0) }
    guard missing.isEmpty else {
      throw .unavailable(
        pin: specification, place: place, missing: missing.sorted(), available: available.sorted())
    }
  }
}
