import Foundation
import LockstepCore
import LockstepTopology
import Testing

@Suite struct PlacementPlanTests {
  @Test func `compact fills a core's hardware threads, then its neighbour`() throws {
    #expect(try Machines.logical("compact", workers: 5) == [[0], [1], [2], [3], [4]])
  }

  @Test func `compact follows logical numbers, whatever the system calls them`() throws {
    let plan = try Machines.plan("compact", workers: 3, on: Machines.interleaved)
    #expect(
      plan.placements == [
        WorkerPlacement(worker: 0, logical: [0], os: [0], numaNode: 0),
        WorkerPlacement(worker: 1, logical: [1], os: [4], numaNode: 0),
        WorkerPlacement(worker: 2, logical: [2], os: [2], numaNode: 0),
      ])
  }

  @Test func `scatter goes round packages, then cores, then hardware threads`() throws {
    #expect(
      try Machines.logical("scatter", workers: 16).flatMap(\.self)
        == [0, 8, 2, 10, 4, 12, 6, 14, 1, 9, 3, 11, 5, 13, 7, 15])
  }

  @Test func `scatter goes round NUMA nodes within a package`() throws {
    #expect(
      try Machines.logical("scatter", workers: 4, on: Machines.clustered).flatMap(\.self)
        == [0, 2, 1, 3])
  }

  @Test func `scatter goes round the groups that share a cache`() throws {
    #expect(
      try Machines.logical("scatter", workers: 8, on: Machines.cached).flatMap(\.self)
        == [0, 8, 4, 12, 2, 10, 6, 14])
  }

  @Test(arguments: [Machines.dual, Machines.cached, Machines.interleaved, Machines.clustered])
  func `scatter uses every processing unit once before any twice`(machine: String) throws {
    let count = try Topology(.synthetic(machine)).processingUnits.count
    let order = try Machines.logical("scatter", workers: 2 * count, on: machine).flatMap(\.self)
    #expect(order.prefix(count).sorted() == Array(0..<count))
    #expect(Array(order.suffix(count)) == Array(order.prefix(count)))
  }

  @Test func `cores gives each worker a whole core`() throws {
    #expect(
      try Machines.logical("cores", workers: 9)
        == [
          [0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11], [12, 13], [14, 15], [0, 1],
        ])
  }

  @Test func `sockets go round whole packages`() throws {
    let plan = try Machines.plan("sockets", workers: 3)
    #expect(plan.placements.map(\.logical) == [Array(0...7), Array(8...15), Array(0...7)])
    #expect(plan.placements.map(\.numaNode) == [0, 1, 0])
  }

  @Test func `numa goes round whole nodes`() throws {
    let plan = try Machines.plan("numa", workers: 3, on: Machines.clustered)
    #expect(plan.placements.map(\.logical) == [[0, 1], [2, 3], [0, 1]])
    #expect(plan.placements.map(\.numaNode) == [0, 1, 0])
    let sockets = try Machines.plan("sockets", workers: 1, on: Machines.clustered)
    #expect(sockets.placements.map(\.numaNode) == [nil])
  }

  @Test func `lists are taken in the order in which they are written`() throws {
    #expect(try Machines.logical("core:3,0-1", workers: 3) == [[6, 7], [0, 1], [2, 3]])
    #expect(try Machines.logical("pu:9,2", workers: 3) == [[9], [2], [9]])
  }

  @Test func `os lists and masks are in the system's numbers`() throws {
    let list = try Machines.plan("os:4,0-1", workers: 3, on: Machines.interleaved)
    #expect(list.placements.map(\.os) == [[4], [0], [1]])
    #expect(list.placements.map(\.logical) == [[1], [0], [4]])
    let mask = try Machines.plan("0x13", workers: 4, on: Machines.interleaved)
    #expect(mask.placements.map(\.os) == [[0], [1], [4], [0]])
    #expect(mask.placements.map(\.logical) == [[0], [4], [1], [0]])
  }

  @Test func `none binds nobody, and knows the node only if there is one`() throws {
    let two = try Machines.plan("none", workers: 2)
    #expect(
      two.placements
        == (0..<2).map { WorkerPlacement(worker: $0, logical: [], os: [], numaNode: nil) })
    #expect(!two.placements[0].isPinned)
    let one = try Machines.plan("none", workers: 1, on: "pu:4")
    #expect(one.placements.map(\.numaNode) == [0])
  }

  @Test(arguments: [
    ("core:6-9", "--pin core:6-9: cores 8-9 are not available; available: 0-7"),
    ("core:9,8,0", "--pin core:9,8,0: cores 8-9 are not available; available: 0-7"),
    ("pu:16", "--pin pu:16: PU 16 is not available; available: 0-15"),
    ("os:0,17,20", "--pin os:0,17,20: OS PUs 17,20 are not available; available: 0-15"),
    ("0x10001", "--pin 0x10001: OS PU 16 is not available; available: 0-15"),
    (
      "0x100000000000000000000",
      "--pin 0x100000000000000000000: OS PU 80 is not available; available: 0-15"
    ),
  ])
  func `a place that isn't there is an error that says what is`(
    pin: String, sentence: String
  ) throws {
    let error = #expect(throws: TopologyError.self) { try Machines.plan(pin, workers: 1) }
    #expect(error?.description == sentence)
    #expect(error?.exitCode == 64)
  }

  @Test func `the system's numbers may have gaps`() throws {
    let error = #expect(throws: TopologyError.self) {
      try Machines.plan("os:1", workers: 1, on: "core:2 pu:1(indexes=0,4)")
    }
    #expect(
      error
        == .unavailable(pin: "os:1", place: .osProcessingUnit, missing: [1], available: [0, 4]))
    #expect(error?.description == "--pin os:1: OS PU 1 is not available; available: 0,4")
  }

  @Test(arguments: [
    ("compact", 16, false), ("compact", 17, true), ("none", 16, false), ("none", 17, true),
    ("scatter", 16, false), ("scatter", 17, true), ("cores", 16, false), ("cores", 17, true),
    ("sockets", 3, false), ("sockets", 17, true), ("numa", 16, false), ("core:0-1", 4, false),
    ("core:0-1", 5, true), ("pu:0,2", 2, false), ("pu:0,2", 3, true), ("os:7", 1, false),
    ("0x3", 3, true), ("0x7", 3, false),
  ])
  func `more workers than processing units is oversubscribed`(
    pin: String, workers: Int, oversubscribed: Bool
  ) throws {
    #expect(try Machines.plan(pin, workers: workers).oversubscribed == oversubscribed)
  }

  @Test func `the summary counts workers and processing units`() throws {
    #expect(
      try Machines.plan("pu:0,2", workers: 3).summary
        == "Oversubscribed: 3 workers share 2 of 16 processing units.")
    #expect(
      try Machines.plan("compact", workers: 1).summary
        == "Not oversubscribed: 1 worker on 1 of 16 processing units.")
    #expect(
      try Machines.plan("none", workers: 3).summary
        == "Not oversubscribed: 3 workers on 16 processing units.")
  }

  @Test func `the table sets logical numbers beside the system's`() throws {
    let machine = try Topology(.synthetic(Machines.interleaved))
    let plan = try PlacementPlan(workers: 3, pin: PinPlan("core:0,3"), on: machine)
    #expect(
      plan.table(on: machine) == """
        worker  core (logical)  PU (logical)  PU (OS)  NUMA node  package
             0               0           0-1      0,4          0        0
             1               3           6-7      3,7          1        1
             2               0           0-1      0,4          0        0

        """)
    let free = try PlacementPlan(workers: 1, pin: .none, on: machine)
    #expect(
      free.table(on: machine) == """
        worker  core (logical)  PU (logical)  PU (OS)  NUMA node  package
             0             any           any      any        any      any

        """)
  }

  @Test func `a node that can't be had is null in the record`() throws {
    let placement = WorkerPlacement(worker: 1, logical: [], os: [], numaNode: nil)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = try encoder.encode(placement)
    #expect(
      String(decoding: data, as: UTF8.self)
        == #"{"logical":[],"numaNode":null,"os":[],"worker":1}"#)
    #expect(try JSONDecoder().decode(WorkerPlacement.self, from: data) == placement)
  }
}
