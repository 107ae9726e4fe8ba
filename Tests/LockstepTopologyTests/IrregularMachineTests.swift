import LockstepCore
import LockstepTopology
import Testing

/// The system's numbers of each worker's processing units.
private func os(_ pin: String, workers: Int, on machine: MadeMachine) throws -> [[Int]] {
  try plan(pin, workers: workers, on: machine).placements.map(\.os)
}

private func plan(_ pin: String, workers: Int, on machine: MadeMachine) throws -> PlacementPlan {
  try PlacementPlan(workers: workers, pin: PinPlan(pin), on: machine.topology())
}

private func summary(_ pin: String, workers: Int, on machine: MadeMachine) throws -> String {
  try plan(pin, workers: workers, on: machine).summary
}

/// Placing workers on machines whose parts are not all alike.
@Suite struct IrregularMachineTests {
  /// Four packages with a node and a core of two units each; only the first two may be used.
  private static let restricted = MadeMachine.machine(
    (0..<4).map { package in
      let first = 2 * package
      let core = package < 2 ? MadeMachine.core(first, first + 1) : .core(-first, -first - 1)
      return .near(node: package, .package([core]))
    })

  /// A processor of six cores of two units and two clusters of four cores of one, as the i7-1370P.
  private static let hybrid = MadeMachine.machine([
    .package([
      .l3(
        (0..<6).map { .l2([.core(2 * $0, 2 * $0 + 1)]) }
          + (0..<2).map { cluster in .l2((0..<4).map { .core(12 + 4 * cluster + $0) }) })
    ])
  ])

  /// Packages in groups of groups, as hwloc makes them from distances.
  private static let nestedGroups = MadeMachine.machine([
    .group([
      .group([.package([.core(0), .core(1)]), .package([.core(2), .core(3)])]),
      .package([.core(4), .core(5)]),
    ]),
    .package([.core(6), .core(7)]),
  ])

  @Test func `sockets passes over packages without a usable processing unit`() throws {
    let placed = try plan("sockets", workers: 3, on: Self.restricted)
    #expect(placed.placements.map(\.os) == [[0, 1], [2, 3], [0, 1]])
    #expect(placed.placements.map(\.numaNode) == [0, 1, 0])
    #expect(try placed.pin.rule == .sockets && Self.restricted.topology().packages.count == 2)
    #expect(try os("numa", workers: 3, on: Self.restricted) == [[0, 1], [2, 3], [0, 1]])
    #expect(try os("scatter", workers: 4, on: Self.restricted) == [[0], [2], [1], [3]])
  }

  @Test func `packages and cores keep hwloc's numbers beside those that can't be used`() throws {
    let machine = MadeMachine.machine([
      .near(node: 0, .package([.near(node: 2, .core(-1))])),
      .near(node: 1, .package([.core(2), .core(3)])),
    ])
    let topology = try machine.topology()
    #expect(topology.packages.map(\.logical) == [1])
    #expect(topology.cores.map(\.logical) == [1, 2])
    #expect(topology.processingUnits.map(\.package) == [1, 1])
    #expect(topology.processingUnits.map(\.core) == [1, 2])
    #expect(try os("core:2,1", workers: 2, on: machine) == [[3], [2]])
    let error = #expect(throws: TopologyError.self) {
      try plan("core:0", workers: 1, on: machine)
    }
    #expect(error?.description == "--pin core:0: core 0 is not available; available: 1-2")
  }

  @Test func `sockets leaves a core that lies in no package alone`() throws {
    let machine = MadeMachine.machine([
      .package([.core(0), .core(1)]), .package([.core(2), .core(3)]), .core(4),
    ])
    let placed = try plan("sockets", workers: 3, on: machine)
    #expect(placed.placements.map(\.os) == [[0, 1], [2, 3], [0, 1]])
    let topology = try machine.topology()
    #expect(topology.processingUnits.map(\.package) == [0, 0, 1, 1, nil])
    #expect(
      try PlacementPlan(workers: 5, pin: .compact, on: topology).table(on: topology)
        .hasSuffix("     4               4             4        4          0     none\n"))
    #expect(try os("cores", workers: 5, on: machine) == [[0], [1], [2], [3], [4]])
    #expect(try os("scatter", workers: 5, on: machine) == [[0], [2], [4], [1], [3]])
  }

  @Test func `without a usable package the whole machine is one`() throws {
    let machine = MadeMachine.machine([
      .near(node: 0, .package([.core(-1)])), .core(2), .core(3),
    ])
    #expect(try os("sockets", workers: 2, on: machine) == [[2, 3], [2, 3]])
  }

  @Test func `a processing unit that lies in no core is left alone by cores and used by scatter`()
    throws
  {
    let machine = MadeMachine.machine([.package([.core(0, 1), .unit(2)])])
    #expect(try machine.topology().processingUnits.map(\.core) == [0, 0, nil])
    #expect(try os("cores", workers: 2, on: machine) == [[0, 1], [0, 1]])
    #expect(try os("scatter", workers: 3, on: machine) == [[0], [2], [1]])
  }

  @Test func `scatter gives every core of a hybrid processor a worker before any has two`() throws {
    let placed = try plan("scatter", workers: 20, on: Self.hybrid)
    let order = placed.placements.flatMap(\.os)
    #expect(order.prefix(14) == [0, 2, 4, 6, 8, 10, 12, 16, 13, 17, 14, 18, 15, 19])
    #expect(order.suffix(6) == [1, 3, 5, 7, 9, 11])
    #expect(
      placed.summary == "Not oversubscribed: 20 workers on 20 processing units of 14 cores.")
    #expect(
      try summary("scatter", workers: 14, on: Self.hybrid)
        == "Not oversubscribed: 14 workers on 14 of 20 processing units.")
    #expect(
      try summary("compact", workers: 14, on: Self.hybrid)
        == "Not oversubscribed: 14 workers on 14 of 20 processing units, on 8 cores.")
    #expect(
      try summary("cores", workers: 15, on: Self.hybrid)
        == "Not oversubscribed: 15 workers on 20 processing units of 14 cores.")
  }

  @Test func `a place too small for its workers is oversubscribed though units are free`() throws {
    let placed = try plan("cores", workers: 21, on: Self.hybrid)
    #expect(placed.oversubscribed)
    let uneven = MadeMachine.machine([.package([.core(0)]), .package([.core(1, 2), .core(3)])])
    #expect(try !plan("sockets", workers: 2, on: uneven).oversubscribed)
    #expect(
      try summary("sockets", workers: 3, on: uneven)
        == "Oversubscribed: 3 workers on 4 processing units, but unevenly: some share one.")
  }

  @Test func `scatter takes packages in turn, however they are grouped`() throws {
    let order = try os("scatter", workers: 8, on: Self.nestedGroups).flatMap(\.self)
    #expect(order == [0, 6, 4, 2, 1, 7, 5, 3])
  }

  @Test func `scatter takes packages of different nodes by turns`() throws {
    let machine = MadeMachine.machine(
      (0..<2).map { node in
        .near(
          node: node,
          .group((0..<2).map { package in .package([.core(4 * node + 2 * package)]) }))
      })
    #expect(try os("scatter", workers: 4, on: machine) == [[0], [4], [2], [6]])
  }

  @Test func `scatter takes packages in turn also where nodes hold different numbers of them`()
    throws
  {
    func package(_ unit: Int) -> MadeMachine { .package([.core(unit), .core(unit + 1)]) }
    let machine = MadeMachine.machine([
      .near(node: 0, .group([package(0), package(2), package(4)])),
      .near(node: 1, .group([package(6)])),
    ])
    #expect(
      try os("scatter", workers: 8, on: machine).flatMap(\.self) == [0, 6, 2, 4, 1, 7, 3, 5])
  }

  @Test func `scatter takes dies and nodes of a package in turn, and the emptier first`() throws {
    let machine = MadeMachine.machine([
      .package([
        .near(node: 0, .die([.core(0, 1), .core(2, 3), .core(4, 5)])),
        .near(node: 1, .die([.core(6, 7)])),
      ]), .package([.near(node: 2, .group([.core(8, 9)])), .near(node: 3, .group([.core(10)]))]),
    ])
    // First every core; then the package with the fewest workers, and in it the node with fewest.
    #expect(
      try os("scatter", workers: 11, on: machine).flatMap(\.self)
        == [0, 8, 6, 10, 2, 4, 9, 7, 1, 3, 5])
  }

  @Test func `nodes of the same processing units, of none and of those of others are no places`()
    throws
  {
    let machine = MadeMachine.machine([
      .near(
        node: 4,
        .package([
          .near(node: 0, .near(node: 5, .group([.core(0), .core(1)]))),
          .near(node: 1, .group([.core(2), .core(3)])),
        ])),
      .near(node: 2, .package([.core(-4)])),
      .near(node: 3, .package([.near(node: 6, .group([.core(5), .core(6)])), .core(7)])),
    ])
    let placed = try plan("numa", workers: 5, on: machine)
    #expect(placed.placements.map(\.os) == [[0, 1], [2, 3], [5, 6], [7], [0, 1]])
    #expect(placed.placements.map(\.numaNode) == [0, 1, 6, 3, 0])
  }

  @Test func `an outer node's place is what the nodes in it leave`() throws {
    // As hwloc's test machine fakeheterocpunuma: in package 0 the nodes 0 and 1 leave nothing of
    // node 2, and a core lies in no node; in package 1 node 5 holds node 4, which holds node 3.
    let machine = MadeMachine.machine([
      .package([
        .near(
          node: 2,
          .group([.near(node: 0, .group([.core(0, 1)])), .near(node: 1, .group([.core(4, 5)]))])),
        .core(2, 3),
      ]),
      .near(
        node: 5,
        .package([
          .core(6, 7),
          .near(node: 4, .group([.core(8, 9), .near(node: 3, .group([.core(10, 11)]))])),
        ])),
    ])
    let placed = try plan("numa", workers: 6, on: machine)
    #expect(
      placed.placements.map(\.os) == [[0, 1], [4, 5], [10, 11], [8, 9], [6, 7], [0, 1]])
    #expect(placed.placements.map(\.numaNode) == [0, 1, 3, 4, 5, 0])
    let units = try machine.topology().processingUnits
    #expect(units.filter { $0.numaNode == nil }.map(\.os) == [2, 3])
    #expect(try plan("sockets", workers: 2, on: machine).placements.map(\.numaNode) == [nil, nil])
  }

  @Test func `where no node has processing units the whole machine is one`() throws {
    let machine = MadeMachine.machine([.near(node: 0, .package([.core(-1)])), .core(2), .core(3)])
    #expect(try os("numa", workers: 2, on: machine) == [[2, 3], [2, 3]])
  }

  @Test func `scatter hands out a core's many processing units in turn`() throws {
    let placed = try PlacementPlan(
      workers: 512, pin: .scatter, on: Topology(.synthetic("package:2 core:1 pu:256")))
    #expect(Set(placed.placements.flatMap(\.logical)).count == 512)
    #expect(placed.placements.prefix(4).flatMap(\.logical) == [0, 256, 1, 257])
  }
}
