import CHwloc

/// A machine: its processing units, cores, packages, NUMA nodes and caches.
///
/// ```swift
/// let machine = try Topology(.live)
/// let plan = try PlacementPlan(workers: 4, pin: .compact, on: machine)
/// ```
///
/// A live topology holds only what the process may use: what its affinity and its cgroup leave it.
/// The numbers that hwloc calls logical are numbers in this set: under `taskset -c 1`, logical
/// processing unit 0 is the operating system's processor 1.
///
/// **Concurrency:** everything is read from hwloc when it is made, and hwloc's own topology never
/// changes afterwards. hwloc allows any number of threads to read such a topology and to bind
/// themselves by it. That is the invariant behind `@unchecked Sendable`.
public final class Topology: @unchecked Sendable {
  /// The topology as hwloc has it: owned, and loaded, restricted and refreshed before it got here.
  private let handle: hwloc_topology_t

  /// Where it comes from.
  public let source: TopologySource
  /// Whether it is the running machine's, so that threads and memory can be bound by it.
  public let isThisMachine: Bool
  /// The processing units, by logical number.
  public let processingUnits: [ProcessingUnit]
  /// The cores that have a usable processing unit, by logical number; one per processing unit where
  /// the machine doesn't tell.
  public let cores: [Core]
  /// The packages that have a usable processing unit, by logical number; the whole machine where it
  /// doesn't tell.
  public let packages: [Package]
  /// The NUMA nodes, by logical number; every machine has at least one.
  public let numaNodes: [NUMANode]
  /// The data and unified caches, from level 1 up, each level by logical number.
  public let caches: [Cache]
  /// The machine as it stands in the record of a run.
  public let machine: MachineDescription

  let objects: ObjectTree

  /// Why nothing can be bound by it, if it isn't this machine's.
  let reasonAgainstBinding: String?

  /// The memory of all NUMA nodes in bytes.
  public var memoryBytes: Int { machine.memoryBytes }

  /// The processor's name, or `unknown`.
  public var processorName: String { machine.processor }

  /// The machine as text, one object a line, each indented by what holds it.
  public var tree: String { objects.text() }

  /// Loads a topology.
  ///
  /// - Parameter source: where it comes from.
  /// - Throws: ``TopologyError/discoveryFailed(reason:)`` for the live machine,
  ///   ``TopologyError/invalidSynthetic(description:reason:)`` for a description that hwloc
  ///   doesn't take, ``TopologyError/xmlUnreadable(path:reason:)``, ``TopologyError/xmlInvalid(path:)`` or
  ///   ``TopologyError/xmlVersion(path:version:)`` for a file.
  /// - Complexity: tens of milliseconds for a live machine; once a run is enough.
  public init(_ source: TopologySource) throws(TopologyError) {
    let handle = try TopologyLoading.load(source)
    let reader = TopologyReader(handle)
    guard let root = hwloc_get_root_obj(handle), !reader.osNumbers.isEmpty else {
      hwloc_topology_destroy(handle)
      throw .discoveryFailed(reason: "it has no processing unit")
    }
    self.handle = handle
    self.source = source
    isThisMachine = hwloc_topology_is_thissystem(handle) != 0
    if isThisMachine {
      reasonAgainstBinding = nil
    } else {
      let hint = source == .live ? DiscoveryVariables.hint : nil
      reasonAgainstBinding = hint ?? "the topology is not this machine's"
    }
    cores = reader.cores()
    packages = reader.packages()
    numaNodes = reader.numaNodes()
    caches = reader.caches()
    processingUnits = reader.processingUnits(cores: cores, packages: packages, nodes: numaNodes)
    objects = ObjectTree(root)
    machine = MachineDescription(
      processor: reader.information("CPUModel")
        ?? (isThisMachine ? SystemNames.processor : nil) ?? "unknown",
      cores: cores.count,
      processingUnits: processingUnits.count,
      numaNodes: numaNodes.count,
      memoryBytes: Int(clamping: root.pointee.total_memory),
      kernel: (isThisMachine ? SystemNames.kernel : reader.kernel) ?? "unknown")
  }

  deinit { hwloc_topology_destroy(handle) }

  /// Hands hwloc's topology to C.
  ///
  /// The only way to it: Swift may free an object right after its last use, which would be the
  /// reading of the pointer and not the call that takes it.
  func withHandle<Value, Failure>(
    _ body: (hwloc_topology_t) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try withExtendedLifetime(self) { () throws(Failure) -> Value in try body(handle) }
  }

  /// The NUMA node that a set of processing units lies in.
  ///
  /// - Parameter processingUnits: logical numbers. None stands for anywhere.
  /// - Returns: the operating system's number, or `nil` if there are several such nodes.
  func numaNode(of processingUnits: [Int]) -> Int? {
    if processingUnits.isEmpty { return numaNodes.count == 1 ? numaNodes[0].os : nil }
    let node = self.processingUnits[processingUnits[0]].numaNode
    let isShared = processingUnits.allSatisfy { self.processingUnits[$0].numaNode == node }
    return isShared ? node : nil
  }
}
