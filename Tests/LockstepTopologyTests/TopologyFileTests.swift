import Foundation
import LockstepTopology
import Testing

@Suite final class TopologyFileTests {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("lockstep-topology-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  @Test(arguments: ["compact", "scatter", "cores", "sockets", "numa", "none"])
  func `the live machine comes back from its file with the same plan`(pin: String) throws {
    let live = try Topology(.live)
    try live.exportXML(to: path("machine.xml"))
    let read = try Topology(.xml(path("machine.xml")))
    let plan = try PinPlan(pin)
    #expect(
      try PlacementPlan(workers: 7, pin: plan, on: read)
        == PlacementPlan(workers: 7, pin: plan, on: live))
    #expect(read.tree == live.tree)
    #expect(read.machine == live.machine)
    #expect(!read.isThisMachine)
  }

  @Test func `the system's numbers survive the file`() throws {
    let machine = try Topology(.synthetic(Machines.interleaved))
    try machine.exportXML(to: path("machine.xml"))
    let read = try Topology(.xml(path("machine.xml")))
    #expect(read.processingUnits == machine.processingUnits)
    #expect(read.numaNodes == machine.numaNodes)
  }

  @Test func `a file is replaced whole and nothing else is left in its folder`() throws {
    try Data("old".utf8).write(to: folder.appendingPathComponent("machine.xml"))
    try Topology(.synthetic("pu:2")).exportXML(to: path("machine.xml"))
    #expect(try Topology(.xml(path("machine.xml"))).processingUnits.count == 2)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["machine.xml"])
  }

  @Test func `a file that can't be written is an error and leaves nothing`() throws {
    let machine = try Topology(.synthetic("pu:2"))
    let missing = path("missing/machine.xml")
    let error = TopologyError.notWritable(path: missing, reason: "No such file or directory")
    #expect(throws: error) { try machine.exportXML(to: missing) }
    #expect(error.exitCode == 73)
    #expect(
      throws: TopologyError.notWritable(path: folder.path, reason: "Is a directory")
    ) { try machine.exportXML(to: self.folder.path) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    let siblings = try FileManager.default.contentsOfDirectory(
      atPath: folder.deletingLastPathComponent().path)
    #expect(!siblings.contains { $0.hasPrefix(folder.lastPathComponent + ".") })
  }

  @Test func `a missing file is told from one that can't be read`() {
    let missing = TopologyError.xmlUnreadable(path: path("none.xml"), reason: "no such file")
    #expect(throws: missing) { try Topology(.xml(self.path("none.xml"))) }
    #expect(missing.exitCode == 66)
    let unreadable = TopologyError.xmlUnreadable(
      path: folder.path, reason: "cannot be read (Is a directory)")
    #expect(throws: unreadable) { try Topology(.xml(self.folder.path)) }
    #expect(unreadable.exitCode == 66)
  }

  @Test(arguments: [
    "", "not XML", "<a><b></a>", "<?xml version=\"1.0\"?><other/>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
      + "<topology version=\"2.0\">\n</topology>\n",
  ])
  func `a file that holds no topology is refused`(contents: String) throws {
    let file = path("bad.xml")
    try Data(contents.utf8).write(to: URL(fileURLWithPath: file))
    let error = TopologyError.xmlInvalid(path: file)
    #expect(throws: error) { try Topology(.xml(file)) }
    #expect(error.exitCode == 65)
    #expect(error.description == "\(file): not a topology in hwloc's XML format")
  }

  @Test func `a file of another hwloc says so, and what to do about it`() throws {
    try Topology(.synthetic("package:2 pu:2")).exportXML(to: path("two.xml"))
    let two = try String(contentsOfFile: path("two.xml"), encoding: .utf8)
    let root = #"<topology version="2.0">"#
    try #require(two.contains(root))
    func error(_ name: String, _ newRoot: String) throws -> TopologyError? {
      let contents = two.replacingOccurrences(of: root, with: newRoot)
      try Data(contents.utf8).write(to: folder.appendingPathComponent(name))
      return #expect(throws: TopologyError.self) { try Topology(.xml(self.path(name))) }
    }
    let old = try error("one.xml", "<topology>")
    #expect(old == .xmlVersion(path: path("one.xml"), version: .old))
    #expect(old?.exitCode == 65)
    #expect(
      old?.description
        == "\(path("one.xml")): a topology in the format of hwloc 1; convert it with "
        + "hwloc 2's 'lstopo -i \(path("one.xml")) --of xml NEW.xml'")
    let new = try error("three.xml", #"<topology version="3.0">"#)
    #expect(new == .xmlVersion(path: path("three.xml"), version: .new(major: 3, minor: 0)))
    #expect(new?.exitCode == 65)
    #expect(
      new?.description == "\(path("three.xml")): a topology in hwloc's XML format 3.0, and this "
        + "hwloc reads 2.0; convert it with hwloc 3's 'lstopo -i \(path("three.xml")) --of xml "
        + "--export-xml-flags v2 NEW.xml'")
    for root in [
      #"<topology version="3">"#, #"<topology version="x.0">"#, "<topology version=2.0>",
    ] {
      #expect(try error("bad.xml", root) == .xmlInvalid(path: path("bad.xml")))
    }
  }

  @Test(arguments: [
    ("complete_cpuset=", "complete_puset="), ("complete_nodeset=", "x="), ("nodeset=", "node="),
    ("cpuset=\"0x00000003\"", ""), ("cpuset=\"0x", "cpuset=\"0y"), ("\" complete", "\"3complete"),
    ("\" complete", "\"/complete"), ("type=\"PU\"", "type=\"Bogus\""), ("os_index=\"1\"", ""),
    ("<object type=\"PU\"", "<object type='PU'"), ("<object", "<subject"),
  ])
  func `a damaged object is refused, since hwloc would crash on some`(
    whole: String, damaged: String
  ) throws {
    try Topology(.synthetic("package:2 pu:2")).exportXML(to: path("whole.xml"))
    let text = try String(contentsOfFile: path("whole.xml"), encoding: .utf8)
    try #require(text.contains(whole))
    let contents = text.replacingOccurrences(of: whole, with: damaged)
    try Data(contents.utf8).write(to: folder.appendingPathComponent("damaged.xml"))
    #expect(throws: TopologyError.xmlInvalid(path: path("damaged.xml"))) {
      try Topology(.xml(self.path("damaged.xml")))
    }
  }

  @Test func `every truncation of a file is refused or read, without a crash`() throws {
    try Topology(.synthetic("package:2 pu:2")).exportXML(to: path("whole.xml"))
    let whole = try Data(contentsOf: URL(fileURLWithPath: path("whole.xml")))
    for count in stride(from: 0, to: whole.count - 20, by: 37) {
      try whole.prefix(count).write(to: URL(fileURLWithPath: path("part.xml")))
      #expect(throws: TopologyError.xmlInvalid(path: path("part.xml"))) {
        try Topology(.xml(self.path("part.xml")))
      }
    }
  }

  @Test func `hwloc says nothing on standard error`() async throws {
    let result = try await #require(
      processExitsWith: .success, observing: [\.standardErrorContent]
    ) {
      let file = NSTemporaryDirectory() + "lockstep-\(UUID().uuidString).xml"
      for contents in ["", "not XML", "<a><b></a>", "<topology version=\"2.0\"></topology>"] {
        try Data(contents.utf8).write(to: URL(fileURLWithPath: file))
        _ = try? Topology(.xml(file))
      }
      try? FileManager.default.removeItem(atPath: file)
      _ = try? Topology(.synthetic("bogus:3"))
      _ = try? Topology(.synthetic("package:2 core"))
      _ = try Topology(.live)
    }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self) == "")
  }
}
