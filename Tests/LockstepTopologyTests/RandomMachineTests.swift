import CHwloc
import Foundation
import LockstepCore
import Testing

@testable import LockstepTopology

/// The properties that every plan has, on machines made at random.
@Suite struct RandomMachineTests {
  @Test(arguments: 0..<40)
  func `every plan keeps its promises on a machine made at random`(seed: UInt64) throws {
    var generator = Generator(state: seed)
    let machine = MadeMachine.random(using: &generator)
    guard !machine.units.isEmpty else { return }
    try check(machine.topology(), machine)
  }

  @Test(arguments: 0..<20)
  func `every plan keeps its promises on a part of a synthetic machine`(seed: UInt64) throws {
    var generator = Generator(state: 1000 + seed)
    var levels: [String] = []
    for (level, most) in [
      ("group", 2), ("package", 3), ("numa", 2), ("die", 2), ("l3", 2), ("core", 4),
    ] where level == "core" || Bool.random(using: &generator) {
      levels.append("\(level):\(Int.random(in: 1...most, using: &generator))")
    }
    let description = (levels + ["pu:\(Int.random(in: 1...3, using: &generator))"])
      .joined(separator: " ")
    let whole = try Topology(.synthetic(description))
    let count = whole.processingUnits.count
    let kept = (0..<count).filter { _ in Int.random(in: 0..<3, using: &generator) > 0 }
    let topology = try whole.restricted(to: kept.isEmpty ? [0] : kept)
    try check(topology, nil, sourceLocation: #_sourceLocation, comment: "\(description) \(kept)")
  }

  /// Checks all plans; on a machine of which the parts are known also how scatter goes round them.
  private func check(
    _ topology: Topology, _ machine: MadeMachine?,
    sourceLocation: SourceLocation = #_sourceLocation, comment: Comment? = nil
  ) throws {
    let usable = topology.processingUnits.map(\.os)
    if let machine { #expect(Set(usable) == Set(machine.units)) }
    for pin in [PinPlan.none, .compact, .scatter, .cores, .sockets, .numa] {
      for workers in [1, 2, usable.count, usable.count + 1, 2 * usable.count + 1] {
        let plan = try PlacementPlan(workers: workers, pin: pin, on: topology)
        let sets = Set(plan.placements.map(\.os))
        #expect(sets.allSatisfy { $0.isEmpty == (pin == .none) }, comment)
        // Two workers have the same place, or places that don't overlap; and all are usable.
        let distinct = Set(sets.joined())
        #expect(distinct.isSubset(of: usable), comment)
        #expect(sets.reduce(0) { $0 + $1.count } == distinct.count, "\(pin) \(comment ?? "")")
        let places = plan.placements.map { pin == .none ? usable : $0.os }
        let isCrowded = !Self.canAllBeAlone(places)
        #expect(plan.oversubscribed == isCrowded, "\(pin) \(workers) \(comment ?? "")")
      }
    }
    func places(_ pin: PinPlan) throws -> [[Int]] {
      try PlacementPlan(workers: usable.count, pin: pin, on: topology).placements.map(\.os)
    }
    #expect(try places(.compact) == usable.map { [$0] }, comment)
    let order = try places(.scatter).flatMap(\.self)
    #expect(order.sorted() == usable.sorted(), comment)
    guard let machine else { return }
    for (pin, type) in [(PinPlan.cores, "Core"), (.sockets, "Package")] {
      let parts = machine.all.filter { $0.type == type && !$0.units.isEmpty }.map { Set($0.units) }
      let wanted: Set<Set<Int>> =
        !parts.isEmpty ? Set(parts) : Set(pin == .cores ? usable.map { [$0] } : [Set(usable)])
      #expect(Set(try places(pin).map { Set($0) }) == wanted, "\(pin) \(topology.tree)")
    }
    let nodes = machine.all.flatMap { object in object.ownNodes.map { _ in Set(object.units) } }
    let covered = nodes.reduce(into: Set<Int>()) { $0.formUnion($1) }
    let places = try places(.numa).map { Set($0) }
    #expect(
      places.reduce(into: Set<Int>()) { $0.formUnion($1) }
        == (covered.isEmpty ? Set(usable) : covered))
    if !covered.isEmpty {
      #expect(places.allSatisfy { place in nodes.contains { place.isSubset(of: $0) } })
    }
    try checkScatter(order, machine)
  }

  /// Checks at every step that whoever has the fewest workers comes next.
  private func checkScatter(_ order: [Int], _ machine: MadeMachine) throws {
    let cores = machine.cores
    // What is given out by turns: packages and what stands beside them, and in each its parts.
    var families = [machine.partsAbovePackages]
    var unopened = machine.partsAbovePackages
    while let part = unopened.popLast() {
      families.append(part.parts)
      unopened += part.parts
    }
    var used: Set<Int> = []
    for unit in order {
      let free = cores.filter { !$0.isSubset(of: used) }
      let fewest = try #require(free.map { $0.intersection(used).count }.min())
      let open = free.filter { $0.intersection(used).count == fewest }
      #expect(open.contains { $0.contains(unit) }, "\(unit) after \(used.sorted())")
      for family in families {
        let candidates = family.filter { part in open.contains { $0.isSubset(of: part.units) } }
        let loads = candidates.map { used.intersection($0.units).count }
        guard let taken = candidates.firstIndex(where: { $0.units.contains(unit) }) else {
          continue
        }
        #expect(loads[taken] == loads.min(), "\(unit) after \(used.sorted())")
      }
      used.insert(unit)
    }
  }

  /// Whether everybody can have a processing unit of their set alone: a perfect matching.
  private static func canAllBeAlone(_ sets: [[Int]]) -> Bool {
    guard sets.count <= Set(sets.joined()).count else { return false }
    var owner: [Int: Int] = [:]
    func place(_ worker: Int, _ tried: inout Set<Int>) -> Bool {
      for unit in sets[worker] where tried.insert(unit).inserted {
        if owner[unit].map({ place($0, &tried) }) ?? true {
          owner[unit] = worker
          return true
        }
      }
      return false
    }
    return sets.indices.allSatisfy { worker in
      var tried: Set<Int> = []
      return place(worker, &tried)
    }
  }
}

/// SplitMix64, so that a seed makes the same machine everywhere.
private struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension MadeMachine {
  /// Makes a machine: all kinds of objects, nested irregularly, with some units that can't be used.
  fileprivate static func random(using generator: inout Generator) -> MadeMachine {
    var unit = 0
    var node = 0
    func someUnits(_ generator: inout Generator) -> [MadeMachine] {
      (0..<Int.random(in: 1...3, using: &generator)).map { _ in
        unit += 1
        return .unit(Int.random(in: 0..<6, using: &generator) == 0 ? -unit : unit)
      }
    }
    func object(_ level: Int, _ generator: inout Generator) -> MadeMachine {
      // From groups above packages down to cores; each level may be left out.
      func parts(_ most: Int) -> [MadeMachine] {
        (0..<Int.random(in: 1...most, using: &generator)).map { _ in
          object(Int.random(in: (level + 1)...(level + 2), using: &generator), &generator)
        }
      }
      var made: MadeMachine =
        switch level {
        case 0: .group(parts(3))
        case 1: .group(parts(2))
        case 2: .package(parts(3))
        case 3: .group(parts(2))
        case 4: .die(parts(2))
        case 5: .group(parts(2))
        case 6: .l3(parts(2))
        case 7: .l2(parts(2))
        default:
          Int.random(in: 0..<12, using: &generator) == 0
            ? .unit(
              {
                unit += 1; return unit
              }()) : .core(someUnits(&generator))
        }
      if level < 7, Int.random(in: 0..<4, using: &generator) == 0 {
        made = .near(node: node, made)
        node += 1
      }
      return made
    }
    return .machine(
      (0..<Int.random(in: 1...3, using: &generator)).map { _ in
        object(Int.random(in: 0...3, using: &generator), &generator)
      })
  }

  /// The cores, and each unit that lies in none, as sets of usable units.
  fileprivate var cores: [Set<Int>] {
    switch type {
    case "PU", "Core": units.isEmpty ? [] : [Set(units)]
    default: children.flatMap(\.cores)
    }
  }

  fileprivate var hasPackage: Bool { type == "Package" || children.contains(where: \.hasPackage) }

  /// The packages, and the largest parts beside them that hold none.
  fileprivate var partsAbovePackages: [MadeMachine] {
    let isBeside = type == "Package" || !hasPackage
    if isBeside, type != "Machine" { return isPart ? [self] : parts }
    return children.flatMap(\.partsAbovePackages)
  }

  /// Whether it is a level of its own.
  private var isPart: Bool {
    guard type == "Group" else { return true }
    let holdsParts = children.flatMap(\.all).contains { $0.type != "Group" && $0.cores.count > 1 }
    let holdsDividingGroups = children.flatMap(\.all).contains {
      $0.type == "Group" && $0.cores.count > 1 && Set($0.units) != Set(units)
    }
    let holdsNodes = children.contains { !$0.nodes.isEmpty }
    return !(holdsParts || holdsDividingGroups) || (!ownNodes.isEmpty && !holdsNodes)
  }

  /// What is inside by turns: the next levels below, or cores.
  fileprivate var parts: [MadeMachine] {
    if ["PU", "Core"].contains(type) { return [] }
    return children.flatMap { $0.isPart ? [$0] : $0.parts }
  }
}

extension Topology {
  /// The same machine with fewer processing units, as a cgroup or an affinity leaves it.
  fileprivate func restricted(to os: [Int]) throws -> Topology {
    let file = NSTemporaryDirectory() + "lockstep-\(UUID().uuidString).xml"
    defer { try? FileManager.default.removeItem(atPath: file) }
    try exportXML(to: file)
    var handle: hwloc_topology_t?
    try #require(hwloc_topology_init(&handle) == 0)
    let topology = try #require(handle)
    defer { hwloc_topology_destroy(topology) }
    try #require(hwloc_topology_set_xml(topology, file) == 0)
    try #require(hwloc_topology_load(topology) == 0)
    try #require(CPUSet(os).withBitmap { hwloc_topology_restrict(topology, $0, 0) } == 0)
    try #require(hwloc_topology_export_xml(topology, file, 0) == 0)
    return try Topology(.xml(file))
  }
}
