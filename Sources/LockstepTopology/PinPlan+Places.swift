extension PinPlan {
  /// The places that workers get in turn, as logical numbers of processing units; none for
  /// ``Rule/none``.
  func places(on topology: Topology) throws(TopologyError) -> [[Int]] {
    switch rule {
    case .none: return []
    case .compact: return topology.processingUnits.map { [$0.logical] }
    case .scatter: return topology.objects.scattered.map { [$0] }
    case .cores: return topology.cores.map(\.processingUnits)
    case .sockets: return topology.packages.map(\.processingUnits)
    case .numa: return Self.nodePlaces(topology)
    case .coreList(let numbers):
      try require(numbers, of: .core, among: topology.cores.map(\.logical))
      return numbers.map { topology.cores[$0].processingUnits }
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

  /// The processing units of the NUMA nodes, each set of them once.
  ///
  /// Nodes of fast and of large memory may share theirs, and some nodes have none. Where none has
  /// any, the whole machine is the only place.
  private static func nodePlaces(_ topology: Topology) -> [[Int]] {
    var places: [[Int]] = []
    for node in topology.numaNodes where !node.processingUnits.isEmpty {
      if !places.contains(node.processingUnits) { places.append(node.processingUnits) }
    }
    return places.isEmpty ? [Array(topology.processingUnits.indices)] : places
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
