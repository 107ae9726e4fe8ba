import Foundation
import LockstepTopology

/// A machine made object by object, for what hwloc's synthetic descriptions can't say.
///
/// It becomes a file in hwloc's format. Objects are given by what they hold; a processing unit by
/// the system's number, negative if it can't be used.
indirect enum MadeMachine: Sendable {
  case unit(Int)
  case core([MadeMachine])
  case package([MadeMachine])
  case die([MadeMachine])
  case group([MadeMachine])
  case l3([MadeMachine])
  case l2([MadeMachine])
  /// What holds a NUMA node of this number, with what it holds otherwise.
  case near(node: Int, MadeMachine)
  case machine([MadeMachine])

  /// A core of these processing units.
  static func core(_ units: Int...) -> MadeMachine { .core(units.map { .unit($0) }) }

  var children: [MadeMachine] {
    switch self {
    case .unit: []
    case .core(let children), .package(let children), .die(let children), .group(let children),
      .l3(let children), .l2(let children), .machine(let children):
      children
    case .near(_, let object): object.children
    }
  }

  /// The numbers of the usable processing units in it.
  var units: [Int] {
    switch self {
    case .unit(let number): number < 0 ? [] : [number]
    case .near(_, let object): object.units
    default: children.flatMap(\.units)
    }
  }

  /// The NUMA nodes attached to it.
  var ownNodes: [Int] {
    if case .near(let node, let object) = self { return [node] + object.ownNodes }
    return []
  }

  /// The NUMA nodes in it.
  var nodes: [Int] { ownNodes + children.flatMap(\.nodes) }

  /// The type, in hwloc's words.
  var type: String {
    switch self {
    case .unit: "PU"
    case .core: "Core"
    case .package: "Package"
    case .die: "Die"
    case .group: "Group"
    case .l3: "L3Cache"
    case .l2: "L2Cache"
    case .near(_, let object): object.type
    case .machine: "Machine"
    }
  }

  /// Itself and everything in it, from above.
  var all: [MadeMachine] { [self] + children.flatMap(\.all) }

  /// Makes hwloc read it.
  func topology() throws -> Topology {
    let file = NSTemporaryDirectory() + "lockstep-\(UUID().uuidString).xml"
    defer { try? FileManager.default.removeItem(atPath: file) }
    try Data(xml.utf8).write(to: URL(fileURLWithPath: file))
    return try Topology(.xml(file))
  }

  /// The file.
  var xml: String {
    var lines = """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE topology SYSTEM "hwloc2.dtd">
      <topology version="2.0">

      """
    var identifier = 0
    // hwloc wants a node somewhere.
    let whole = nodes.isEmpty ? MadeMachine.near(node: 0, self) : self
    whole.write(into: &lines, nodesAbove: [], identifier: &identifier)
    return lines + "</topology>\n"
  }

  /// The numbers of all processing units in it, also of those that can't be used.
  private var existingUnits: [Int] {
    switch self {
    case .unit(let number): [number < 0 ? -number : number]
    case .near(_, let object): object.existingUnits
    default: children.flatMap(\.existingUnits)
    }
  }

  private func write(into lines: inout String, nodesAbove: [Int], identifier: inout Int) {
    // As hwloc does, leave out what has neither a usable unit nor memory.
    guard !units.isEmpty || !nodes.isEmpty else { return }
    let near = nodesAbove + nodes
    func tag(_ type: String, nodes: [Int], _ attributes: String) -> String {
      identifier += 1
      let sets =
        "cpuset=\"\(Self.set(units))\" complete_cpuset=\"\(Self.set(existingUnits))\" "
        + "nodeset=\"\(Self.set(nodes))\" complete_nodeset=\"\(Self.set(nodes))\""
      return "<object type=\"\(type)\" \(attributes) \(sets) gp_index=\"\(identifier)\""
    }
    let attributes =
      switch type {
      case "PU": "os_index=\"\(units[0])\""
      case "Machine":
        "os_index=\"0\" allowed_cpuset=\"\(Self.set(units))\" "
          + "allowed_nodeset=\"\(Self.set(nodes))\""
      case "Group": "kind=\"0\" subkind=\"0\" dont_merge=\"1\""
      case "L3Cache": "cache_size=\"8388608\" depth=\"3\" cache_type=\"0\""
      case "L2Cache": "cache_size=\"1048576\" depth=\"2\" cache_type=\"0\""
      default: ""
      }
    lines += tag(type, nodes: near, attributes) + ">\n"
    for node in ownNodes {
      lines +=
        tag("NUMANode", nodes: [node], "os_index=\"\(node)\" local_memory=\"1073741824\"") + "/>\n"
    }
    for child in children {
      child.write(into: &lines, nodesAbove: nodesAbove + ownNodes, identifier: &identifier)
    }
    lines += "</object>\n"
  }

  /// A set as hwloc writes it.
  private static func set(_ numbers: [Int]) -> String {
    var groups = [UInt32](repeating: 0, count: (numbers.max() ?? 0) / 32 + 1)
    for number in numbers { groups[number / 32] |= 1 << UInt32(number % 32) }
    return groups.reversed().map { "0x" + String($0, radix: 16) }.joined(separator: ",")
  }
}
