import CHwloc

/// An object of the machine with what it holds, copied from hwloc.
struct ObjectTree: Sendable {
  /// What an object's type means for placing workers.
  enum Kind: Sendable {
    case package, core, group
    /// The machine, a die, a cache or a processing unit.
    case other
  }

  /// The type, number and size, as a line of text.
  let label: String
  /// The type.
  let kind: Kind
  /// The logical number, if this is a processing unit.
  let processingUnit: Int?
  /// The NUMA nodes attached to it.
  let memory: [String]
  /// The objects in it.
  let children: [ObjectTree]

  init(_ object: UnsafeMutablePointer<hwloc_obj>) {
    label = Self.label(object.pointee)
    kind =
      switch object.pointee.type {
      case HWLOC_OBJ_PACKAGE: .package
      case HWLOC_OBJ_CORE: .core
      case HWLOC_OBJ_GROUP: .group
      default: .other
      }
    let isProcessingUnit = object.pointee.type == HWLOC_OBJ_PU
    processingUnit = isProcessingUnit ? Int(object.pointee.logical_index) : nil

    var memory: [String] = []
    var nextMemory = object.pointee.memory_first_child
    while let child = nextMemory {
      Self.appendNodes(child, to: &memory)
      nextMemory = child.pointee.next_sibling
    }
    self.memory = memory

    var children: [ObjectTree] = []
    var next = object.pointee.first_child
    while let child = next {
      children.append(ObjectTree(child))
      next = child.pointee.next_sibling
    }
    self.children = children
  }

  /// One object a line, indented by what holds it.
  func text(indent: Int = 0) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines = margin + label + "\n"
    for node in memory { lines += margin + "  " + node + "\n" }
    for child in children { lines += child.text(indent: indent + 2) }
    return lines
  }

  /// Adds a NUMA node, or the nodes below a memory-side cache.
  private static func appendNodes(
    _ object: UnsafeMutablePointer<hwloc_obj>, to lines: inout [String]
  ) {
    lines.append(label(object.pointee))
    var next = object.pointee.memory_first_child
    while let child = next {
      appendNodes(child, to: &lines)
      next = child.pointee.next_sibling
    }
  }

  private static func label(_ object: hwloc_obj) -> String {
    var words = [typeName(object)]
    if object.type != HWLOC_OBJ_MACHINE { words.append("L#\(object.logical_index)") }
    var details: [String] = []
    let hasNumber = object.type == HWLOC_OBJ_PU || object.type == HWLOC_OBJ_NUMANODE
    if hasNumber { details.append("P#\(object.os_index)") }
    if object.type == HWLOC_OBJ_MACHINE {
      details.append(ByteCount.text(Int(clamping: object.total_memory)))
    } else if object.type == HWLOC_OBJ_NUMANODE, let attributes = object.attr {
      details.append(
        ByteCount.text(Int(clamping: attributes.pointee.numanode.local_memory)))
    } else if hwloc_obj_type_is_cache(object.type) != 0, let attributes = object.attr {
      details.append(ByteCount.text(Int(clamping: attributes.pointee.cache.size)))
    }
    if !details.isEmpty { words.append("(\(details.joined(separator: ", ")))") }
    return words.joined(separator: " ")
  }

  private static func typeName(_ object: hwloc_obj) -> String {
    var object = object
    var name = [CChar](repeating: 0, count: 64)
    // hwloc writes at most this many characters and the terminating zero.
    let length = hwloc_obj_type_snprintf(&name, name.count, &object, 0)
    guard length > 0 else { return "Object" }
    let characters = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: characters, as: UTF8.self)
  }
}
