import Foundation
import LockstepTopology
import Testing

@Suite struct TopologyTests {
  @Test func `a synthetic machine has what its description says`() throws {
    let machine = try Topology(.synthetic(Machines.dual))
    #expect(machine.packages.map(\.processingUnits) == [Array(0...7), Array(8...15)])
    #expect(machine.cores.count == 8)
    #expect(machine.cores[3] == machine.cores.first { $0.processingUnits == [6, 7] })
    #expect(machine.numaNodes.map(\.os) == [0, 1])
    #expect(machine.numaNodes.map(\.processingUnits) == [Array(0...7), Array(8...15)])
    #expect(machine.processingUnits.map(\.logical) == Array(0...15))
    #expect(machine.processingUnits.map(\.core) == (0...15).map { $0 / 2 })
    #expect(machine.processingUnits.map(\.package) == (0...15).map { $0 / 8 })
    #expect(machine.processingUnits.map(\.numaNode) == (0...15).map { $0 / 8 })
    #expect(!machine.isThisMachine)
    #expect(
      machine.machine
        == MachineDescription(
          processor: "unknown", cores: 8, processingUnits: 16, numaNodes: 2,
          memoryBytes: 2 << 30, kernel: "unknown"))
  }

  @Test func `the system's numbers are told from the logical ones`() throws {
    let machine = try Topology(.synthetic(Machines.interleaved))
    #expect(machine.processingUnits.map(\.os) == [0, 4, 2, 6, 1, 5, 3, 7])
  }

  @Test func `caches say who shares them`() throws {
    let machine = try Topology(.synthetic("l3:2(size=1048576) l2:2 l1d:1 core:1 pu:1"))
    #expect(machine.caches.map(\.level) == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3])
    #expect(machine.caches.last?.sizeBytes == 1 << 20)
    #expect(machine.caches.last?.processingUnits == [2, 3])
    #expect(machine.caches.first?.contents == .data)
    #expect(machine.caches.last?.contents == .unified)
  }

  @Test func `a machine without cores or packages has one core for each processing unit`() throws {
    let machine = try Topology(.synthetic("pu:4"))
    #expect(machine.cores.map(\.processingUnits) == [[0], [1], [2], [3]])
    #expect(machine.packages.map(\.processingUnits) == [[0, 1, 2, 3]])
  }

  @Test func `the tree has one object a line`() throws {
    let machine = try Topology(.synthetic("package:1 l2:1(size=524288) core:2 pu:1"))
    #expect(
      machine.tree == """
        Machine (1 GiB)
          Package L#0
            NUMANode L#0 (P#0, 1 GiB)
            L2 L#0 (512 KiB)
              Core L#0
                PU L#0 (P#0)
              Core L#1
                PU L#1 (P#1)

        """)
  }

  @Test(arguments: ["bogus:3", "package:0 pu:2", "core:4", "package:2 core", "pu:-1", "(((", "]"])
  func `a description that hwloc doesn't take is refused`(description: String) {
    let expected = TopologyError.invalidSynthetic(
      description: description,
      reason: "not a machine in hwloc's words; write levels down to pu, "
        + "for example 'package:2 numa:1 core:4 pu:2'")
    #expect(throws: expected) { try Topology(.synthetic(description)) }
    #expect(expected.exitCode == 64)
  }

  @Test(arguments: ["", "  "])
  func `an empty description doesn't load this machine`(description: String) {
    #expect(
      throws: TopologyError.invalidSynthetic(
        description: description, reason: "the description is empty")
    ) { try Topology(.synthetic(description)) }
  }

  @Test(arguments: [
    "package:1000 core:1000 pu:1000", "pu:99999999999999999999", "16385",
    "core:4294967296 pu:4294967296", "package:2 [numa(memory=1GB)] core:10000 pu:2",
  ])
  func `a machine too large for memory is refused before hwloc sees it`(description: String) {
    let error = #expect(throws: TopologyError.self) { try Topology(.synthetic(description)) }
    #expect(
      error?.description
        == "--synthetic '\(description)': more than 16384 processing units")
  }

  @Test func `the live machine is described in full`() throws {
    let live = try Topology(.live)
    #expect(live.isThisMachine)
    #expect(live.memoryBytes > 0)
    #expect(live.processorName != "unknown")
    #expect(live.machine.kernel.hasPrefix("Linux "))
    #expect(live.machine.cores >= 1 && live.machine.cores <= live.processingUnits.count)
    #expect(Set(live.processingUnits.map(\.os)).count == live.processingUnits.count)
  }

  @Test func `a machine's description survives its JSON`() throws {
    let description = try Topology(.synthetic(Machines.dual)).machine
    let data = try JSONEncoder().encode(description)
    #expect(try JSONDecoder().decode(MachineDescription.self, from: data) == description)
  }
}
