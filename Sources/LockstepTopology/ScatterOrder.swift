/// The order in which ``PinPlan/Rule/scatter`` hands out processing units.
///
/// The next worker gets a processing unit of the core with the fewest workers; among such cores, one
/// in the package with the fewest; in that package, one in the NUMA node, die or cache with the
/// fewest, and so on down to the core. Where several have equally few, the first in turn is taken.
/// So no core has two workers while another has none, and packages, nodes and caches have as even
/// numbers as that allows.
///
/// What counts as a level:
/// * a core, or a processing unit that lies in none;
/// * a package, wherever it stands. What is above packages, as groups and NUMA nodes of several,
///   only says in which order they come: from different ones by turns. What lies in no package
///   stands beside the packages, the largest parts that hold no package each for itself;
/// * inside a package every object that divides its cores up, except a group that holds other
///   levels. hwloc makes these from distances and nests them as it likes, so they, too, only give
///   the order; unless NUMA nodes are attached to them and to nothing below.
///
/// **Determinism:** exact.
struct ScatterOrder {
  /// Logical numbers of processing units, each once.
  let processingUnits: [Int]

  /// Makes the order for a machine.
  ///
  /// - Complexity: O(n log n) for n processing units at each level of the machine.
  init(_ machine: ObjectTree) {
    let part = Part(machine)
    let root = Level(part.levels)
    processingUnits = (0..<root.largestCore).flatMap { root.processingUnits(turn: $0) }
  }

  /// What is shared out by turns: a core, or levels inside.
  private struct Level {
    /// The levels inside, in the order in which they come; none in a core.
    let children: [Level]
    /// The logical numbers of a core's processing units; none of anything else.
    let units: [Int]
    /// The number of processing units in it.
    let unitCount: Int
    /// The number of processing units in the largest core in it.
    let largestCore: Int

    var isCore: Bool { children.isEmpty }

    init(_ children: [Level]) {
      self.children = children
      units = []
      unitCount = children.reduce(0) { $0 + $1.unitCount }
      largestCore = children.map(\.largestCore).max() ?? 0
    }

    init(core units: [Int]) {
      children = []
      self.units = units
      unitCount = units.count
      largestCore = units.count
    }

    /// The number of workers in it when every core has `turn` of them, or as many as it takes.
    func workers(before turn: Int) -> Int {
      if largestCore <= turn { return unitCount }
      return isCore ? turn : children.reduce(0) { $0 + $1.workers(before: turn) }
    }

    /// The processing units given out when every core has had its first `turn`: one of each core
    /// that still has one.
    func processingUnits(turn: Int) -> [Int] {
      if isCore { return [units[turn]] }
      // Whoever has the fewest workers takes the next, and the first of these: in the end they have
      // been given out by the number that was there before.
      var offers: [(load: Int, rank: Int, unit: Int)] = []
      for (rank, child) in children.enumerated() where child.largestCore > turn {
        let load = child.workers(before: turn)
        for (index, unit) in child.processingUnits(turn: turn).enumerated() {
          offers.append((load + index, rank, unit))
        }
      }
      return offers.sorted { ($0.load, $0.rank) < ($1.load, $1.rank) }.map(\.unit)
    }
  }

  /// What an object of the machine brings into the level above it.
  private struct Part {
    /// Itself, or what it holds, in the order in which it comes; empty without processing units.
    let levels: [Level]
    let hasPackage: Bool
    let hasMemory: Bool

    init(_ object: ObjectTree) {
      if object.kind == .core || object.processingUnit != nil {
        let units = Part.units(object)
        levels = units.isEmpty ? [] : [Level(core: units)]
        hasPackage = false
        hasMemory = !object.memory.isEmpty
        return
      }
      let parts = object.children.map(Part.init)
      let inside = Part.byTurns(parts.map(\.levels))
      let isAbovePackages = parts.contains(where: \.hasPackage)
      let isMemoryBelow = parts.contains(where: \.hasMemory)
      let holdsLevels = inside.contains { !$0.isCore }
      let isMemoryNode = !object.memory.isEmpty && !isMemoryBelow
      let isLevel =
        !isAbovePackages && (object.kind != .group || !holdsLevels || isMemoryNode)
      levels = isLevel && inside.count > 1 ? [Level(inside)] : inside
      hasPackage = isAbovePackages || object.kind == .package
      hasMemory = isMemoryBelow || !object.memory.isEmpty
    }

    /// A core's processing units, in the order in which it gives them out.
    private static func units(_ object: ObjectTree) -> [Int] {
      if let unit = object.processingUnit { return [unit] }
      return byTurns(object.children.map(units))
    }

    /// The first of each list, then the second of each that has one, and so on.
    private static func byTurns<Element>(_ lists: [[Element]]) -> [Element] {
      var result: [Element] = []
      var remaining = lists.map { $0[...] }
      while !remaining.isEmpty {
        result += remaining.compactMap(\.first)
        remaining = remaining.map { $0.dropFirst() }.filter { !$0.isEmpty }
      }
      return result
    }
  }
}
