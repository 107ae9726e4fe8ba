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
  /// Packages, dies, cores, caches and so on, by type, in the order of their logical numbers.
  ///
  /// Only looked up, never iterated.
  private let objects: [hwloc_obj_type_t.RawValue: [UnsafeMutablePointer<hwloc_obj>]]

  init(_ handle: hwloc_topology_t) {
    self.handle = handle
    var objects: [hwloc_obj_type_t.RawValue: [UnsafeMutablePointer<hwloc_obj>]] = [:]
    if let root = hwloc_get_root_obj(handle) { Self.collect(root, into: &objects) }
    self.objects = objects
    osNumbers = objects[HWLOC_OBJ_PU.rawValue, default: []].map { Int($0.pointee.os_index) }
    // Only looked up, never iterated: the order of a dictionary differs between processes.
    logicalNumbers = Dictionary(
      zip(osNumbers, osNumbers.indices), uniquingKeysWith: { first, _ in first })
  }

  func cores() -> [Core] {
    let cores = usable(HWLOC_OBJ_CORE).map { Core(logical: $0.logical, processingUnits: $0.units) }
    return cores.isEmpty
      ? osNumbers.indices.map { Core(logical: $0, processingUnits: [$0]) } : cores
  }

  func packages() -> [Package] {
    let packages = usable(HWLOC_OBJ_PACKAGE).map {
      Package(logical: $0.logical, processingUnits: $0.units)
    }
    return packages.isEmpty
      ? [Package(logical: 0, processingUnits: Array(osNumbers.indices))] : packages
  }

  func numaNodes() -> [NUMANode] {
    let count = max(0, hwloc_get_nbobjs_by_type(handle, HWLOC_OBJ_NUMANODE))
    let nodes = (0..<UInt32(count)).compactMap {
      hwloc_get_obj_by_type(handle, HWLOC_OBJ_NUMANODE, $0)
    }
    return nodes.enumerated().map { logical, object in
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
    return types.flatMap { objects[$0.rawValue, default: []] }.compactMap { object in
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
    var core = [Int?](repeating: nil, count: osNumbers.count)
    for entry in cores { for unit in entry.processingUnits { core[unit] = entry.logical } }
    var package = [Int?](repeating: nil, count: osNumbers.count)
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
    let package = objects[HWLOC_OBJ_PACKAGE.rawValue]?.first
    for object in [package, hwloc_get_root_obj(handle)] {
      guard let object, let text = hwloc_obj_get_info_by_name(object, name) else { continue }
      let value = String(cString: text)
      if value.contains(where: { !$0.isWhitespace }) { return value }
    }
    return nil
  }

  /// The objects of a type that have any processing unit, with their logical numbers.
  ///
  /// An object without one stays in the topology as long as it has memory, and some processing units
  /// may lie in no object of the type; neither says anything about the other objects.
  private func usable(_ type: hwloc_obj_type_t) -> [(logical: Int, units: [Int])] {
    objects[type.rawValue, default: []].enumerated().compactMap { logical, object in
      let units = processingUnits(of: object)
      return units.isEmpty ? nil : (logical, units)
    }
  }

  private func processingUnits(of object: UnsafeMutablePointer<hwloc_obj>) -> [Int] {
    CPUSet.numbers(object.pointee.cpuset).compactMap { logicalNumbers[$0] }.sorted()
  }

  /// Collects an object and all in it, but for memory and devices.
  ///
  /// hwloc's own lists by type are empty where a type stands at different depths of the machine.
  private static func collect(
    _ object: UnsafeMutablePointer<hwloc_obj>,
    into objects: inout [hwloc_obj_type_t.RawValue: [UnsafeMutablePointer<hwloc_obj>]]
  ) {
    objects[object.pointee.type.rawValue, default: []].append(object)
    var next = object.pointee.first_child
    while let child = next {
      collect(child, into: &objects)
      next = child.pointee.next_sibling
    }
  }
}
