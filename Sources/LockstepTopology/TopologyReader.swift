import CHwloc

/// Copies what hwloc knows of a loaded topology into Swift's values.
///
/// hwloc owns the objects that it hands out and keeps them as long as the topology; nothing here
/// outlives the call of ``Topology/init(_:)``.
struct TopologyReader {
  private let handle: hwloc_topology_t
  /// The OS numbers of the processing units, by logical number.
  let osNumbers: [Int]
  private let logicalNumbers: [Int: Int]

  init(_ handle: hwloc_topology_t) {
    self.handle = handle
    osNumbers = Self.objects(HWLOC_OBJ_PU, in: handle).map { Int($0.pointee.os_index) }
    // Only looked up, never iterated: the order of a dictionary differs between processes.
    logicalNumbers = Dictionary(
      zip(osNumbers, osNumbers.indices), uniquingKeysWith: { first, _ in first })
  }

  func cores() -> [Core] {
    let groups = groups(HWLOC_OBJ_CORE) ?? osNumbers.indices.map { [$0] }
    return groups.enumerated().map { Core(logical: $0.offset, processingUnits: $0.element) }
  }

  func packages() -> [Package] {
    let groups = groups(HWLOC_OBJ_PACKAGE) ?? [Array(osNumbers.indices)]
    return groups.enumerated().map { Package(logical: $0.offset, processingUnits: $0.element) }
  }

  func numaNodes() -> [NUMANode] {
    Self.objects(HWLOC_OBJ_NUMANODE, in: handle).enumerated().map { logical, object in
      let bytes = object.pointee.attr.map { $0.pointee.numanode.local_memory } ?? 0
      return NUMANode(
        logical: logical, os: Int(object.pointee.os_index),
        processingUnits: processingUnits(of: object), memoryBytes: Int(clamping: bytes))
    }
  }

  func caches() -> [Cache] {
    let types = [
      HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L4CACHE,
      HWLOC_OBJ_L5CACHE,
    ]
    return types.flatMap { Self.objects($0, in: handle) }.compactMap { object in
      guard let attributes = object.pointee.attr?.pointee.cache else { return nil }
      let contents: Cache.Contents =
        switch attributes.type {
        case HWLOC_OBJ_CACHE_DATA: .data
        case HWLOC_OBJ_CACHE_INSTRUCTION: .instruction
        default: .unified
        }
      return Cache(
        level: Int(attributes.depth), contents: contents,
        sizeBytes: Int(clamping: attributes.size), processingUnits: processingUnits(of: object))
    }
  }

  func processingUnits(
    cores: [Core], packages: [Package], nodes: [NUMANode]
  ) -> [ProcessingUnit] {
    var core = [Int](repeating: 0, count: osNumbers.count)
    for entry in cores { for unit in entry.processingUnits { core[unit] = entry.logical } }
    var package = core
    for entry in packages { for unit in entry.processingUnits { package[unit] = entry.logical } }
    // Where nodes overlap, as fast and large memory may, the one of the fewest units is closest.
    var node = [Int?](repeating: nil, count: osNumbers.count)
    let bySize = nodes.sorted {
      ($0.processingUnits.count, $0.logical) < ($1.processingUnits.count, $1.logical)
    }
    for entry in bySize {
      for unit in entry.processingUnits { node[unit] = node[unit] ?? entry.os }
    }
    return osNumbers.enumerated().map { logical, os in
      ProcessingUnit(
        logical: logical, os: os, core: core[logical], package: package[logical],
        numaNode: node[logical])
    }
  }

  /// The system and release that an XML file says it was taken on.
  var kernel: String? {
    guard let name = information("OSName"), let release = information("OSRelease") else {
      return nil
    }
    return "\(name) \(release)"
  }

  /// A text that hwloc attached to the first package or to the machine.
  func information(_ name: String) -> String? {
    let package = Self.objects(HWLOC_OBJ_PACKAGE, in: handle).first
    for object in [package, hwloc_get_root_obj(handle)] {
      guard let object, let text = hwloc_obj_get_info_by_name(object, name) else { continue }
      let value = String(cString: text)
      if value.contains(where: { !$0.isWhitespace }) { return value }
    }
    return nil
  }

  /// The processing units of each object of a type, or `nil` unless they divide all of them up.
  private func groups(_ type: hwloc_obj_type_t) -> [[Int]]? {
    let groups = Self.objects(type, in: handle).map(processingUnits(of:))
    let total = groups.reduce(0) { $0 + $1.count }
    guard total == osNumbers.count, !groups.contains([]) else { return nil }
    return groups
  }

  private func processingUnits(of object: UnsafeMutablePointer<hwloc_obj>) -> [Int] {
    CPUSet.numbers(object.pointee.cpuset).compactMap { logicalNumbers[$0] }.sorted()
  }

  private static func objects(
    _ type: hwloc_obj_type_t, in handle: hwloc_topology_t
  ) -> [UnsafeMutablePointer<hwloc_obj>] {
    let count = max(0, hwloc_get_nbobjs_by_type(handle, type))
    return (0..<UInt32(count)).compactMap { hwloc_get_obj_by_type(handle, type, $0) }
  }
}
