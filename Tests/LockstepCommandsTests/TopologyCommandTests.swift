import ArgumentParser
import Foundation
import LockstepCore
import LockstepTopology
import Testing

@testable import LockstepCommands

@Suite struct TopologyCommandTests {
  private static let small = "package:2 numa:1 core:1 pu:2"

  private func report(_ arguments: String...) throws -> String {
    try TopologyCommand.parse(arguments).report()
  }

  @Test func `the machine alone is a tree`() throws {
    #expect(
      try report("--synthetic", "core:2 pu:1") == """
        Machine (1 GiB)
          NUMANode L#0 (P#0, 1 GiB)
          Core L#0
            PU L#0 (P#0)
          Core L#1
            PU L#1 (P#1)

        """)
  }

  @Test func `workers are shown with logical and system numbers side by side`() throws {
    let text = try report(
      "--synthetic", "package:2 numa:1 core:1 pu:2(indexes=0,2,1,3)", "--workers", "5", "--pin",
      "cores")
    #expect(
      text.hasSuffix(
        """

        --pin cores
        worker  core (logical)  PU (logical)  PU (OS)  NUMA node  package
             0               0           0-1      0,2          0        0
             1               1           2-3      1,3          1        1
             2               0           0-1      0,2          0        0
             3               1           2-3      1,3          1        1
             4               0           0-1      0,2          0        0

        Oversubscribed: 5 workers share 4 processing units of 2 cores.

        """))
  }

  @Test func `a plan alone places a worker on each processing unit`() throws {
    let text = try report("--synthetic", Self.small, "--pin", "scatter")
    #expect(text.hasSuffix("Not oversubscribed: 4 workers on 4 processing units of 2 cores.\n"))
  }

  @Test func `JSON is one document of the contract's fields`() throws {
    let text = try report("--synthetic", Self.small, "--workers", "2", "--pin", "none", "--json")
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(document["schema"] as? String == "lockstep.topology/1")
    #expect(document["oversubscribed"] as? Bool == false)
    #expect(document["pin"] as? String == "none")
    #expect(document["workers"] as? Int == 2)
    let machine = try #require(document["machine"] as? [String: Any])
    #expect(
      machine.keys.sorted()
        == ["cores", "kernel", "memoryBytes", "numaNodes", "processingUnits", "processor"])
    let placement = try #require(document["placement"] as? [[String: Any]])
    #expect(placement.count == 2)
    #expect(placement[1]["worker"] as? Int == 1)
    #expect(placement[1]["numaNode"] is NSNull)
    #expect((placement[1]["logical"] as? [Int])?.isEmpty == true)
  }

  @Test func `without a plan JSON has none`() throws {
    let text = try report("--synthetic", Self.small, "--json")
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(document["pin"] is NSNull)
    #expect((document["placement"] as? [Any])?.isEmpty == true)
  }

  @Test func `an exported machine is read again`() throws {
    let file = NSTemporaryDirectory() + "lockstep-\(UUID().uuidString).xml"
    defer { try? FileManager.default.removeItem(atPath: file) }
    let first = try report(
      "--synthetic", Self.small, "--workers", "3", "--export-xml", file)
    #expect(try report("--xml", file, "--workers", "3") == first)
  }

  @Test func `options that can't be are refused`() {
    #expect(
      throws: ConfigurationError.conflict(
        reason: "--synthetic and --xml each give the machine; take one of them")
    ) { try report("--synthetic", "pu:1", "--xml", "file") }
    #expect(
      throws: ConfigurationError.invalid(
        option: "--workers", value: "0", reason: "not a whole number from 1 to 65536")
    ) { try report("--workers", "0") }
    #expect(throws: TopologyError.self) {
      try report("--synthetic", "pu:2", "--workers", "1", "--pin", "pu:2")
    }
  }
}
