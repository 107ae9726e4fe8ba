import CHwloc
import Dispatch
import Foundation
import Testing

@testable import LockstepTopology

/// What the kernel says the calling thread may run on.
private func allowedProcessors() throws -> String {
  let status = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
  let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list") })
  return line.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces)
}

/// Runs a test's body on a Dispatch thread, as the workers do.
private func onDispatchThread<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue(label: "lockstep.tests.binding").async {
      continuation.resume(with: Result { try body() })
    }
  }
}

/// Keeps every thread of this process to a place, as `taskset` does.
private func keepProcess(to os: [Int], by machine: Topology) throws {
  let flags = Int32(HWLOC_CPUBIND_PROCESS.rawValue)
  let result = machine.withHandle { handle in
    CPUSet(os).withBitmap { hwloc_set_cpubind(handle, $0, flags) }
  }
  try #require(result == 0)
}

private struct Interruption: Error, Equatable {}

@Suite(.timeLimit(.minutes(15))) struct BindingTests {
  @Test func `the live machine is what the affinity leaves of it`() async throws {
    try await onDispatchThread {
      let live = try Topology(.live)
      let usable = try ThreadAffinity.ofCurrentThread().numbers
      #expect(live.processingUnits.map(\.os).sorted() == usable)
    }
  }

  @Test func `a worker's thread is bound while it works and free afterwards`() async throws {
    try await onDispatchThread {
      let live = try Topology(.live)
      let before = try allowedProcessors()
      let workers = live.processingUnits.count
      for placement in try PlacementPlan(workers: workers, pin: .compact, on: live).placements {
        let during = try live.withBoundThread(to: placement) { try allowedProcessors() }
        #expect(during == "\(placement.os[0])")
        #expect(try allowedProcessors() == before)
      }
    }
  }

  @Test func `a thread is restored when its work throws`() async throws {
    try await onDispatchThread {
      let live = try Topology(.live)
      let before = try allowedProcessors()
      let place = try PlacementPlan(workers: 1, pin: .compact, on: live).placements[0]
      #expect(throws: Interruption()) {
        try live.withBoundThread(to: place) {
          #expect(try allowedProcessors() == "\(place.os[0])")
          throw Interruption()
        }
      }
      #expect(try allowedProcessors() == before)
    }
  }

  @Test func `a topology loaded on a bound thread still has the whole machine`() async throws {
    try await onDispatchThread {
      let live = try Topology(.live)
      let place = try PlacementPlan(workers: 1, pin: .compact, on: live).placements[0]
      let again = try live.withBoundThread(to: place) { try Topology(.live) }
      #expect(again.processingUnits == live.processingUnits)
    }
  }

  @Test func `a thread gets back a binding that the topology doesn't know`() async {
    await #expect(processExitsWith: .success) {
      let all = try Topology(.live)
      let first = try #require(all.processingUnits.first)
      try keepProcess(to: [first.os], by: all)
      let kept = try Topology(.live)
      try keepProcess(to: all.processingUnits.map(\.os), by: all)
      let before = try ThreadAffinity.ofCurrentThread()
      let place = try PlacementPlan(workers: 1, pin: .compact, on: kept).placements[0]
      try kept.withBoundThread(to: place) { () throws in
        #expect(try ThreadAffinity.ofCurrentThread().numbers == [first.os])
      }
      #expect(try ThreadAffinity.ofCurrentThread() == before)
    }
  }

  @Test func `bindings nest`() async throws {
    try await onDispatchThread {
      let live = try Topology(.live)
      let before = try allowedProcessors()
      let plan = try PlacementPlan(
        workers: live.processingUnits.count, pin: .scatter, on: live)
      let outer = plan.placements[0]
      let inner = plan.placements[plan.placements.count - 1]
      try live.withBoundThread(to: outer) { () throws in
        try live.withBoundThread(to: inner) { () throws in
          #expect(try allowedProcessors() == "\(inner.os[0])")
        }
        #expect(try allowedProcessors() == "\(outer.os[0])")
      }
      #expect(try allowedProcessors() == before)
    }
  }

  @Test func `a binding can be restored by hand`() async throws {
    try await onDispatchThread {
      let live = try Topology(.live)
      let before = try ThreadAffinity.ofCurrentThread()
      let place = try PlacementPlan(workers: 1, pin: .compact, on: live).placements[0]
      let binding = try live.bindCurrentThread(to: place)
      #expect(try ThreadAffinity.ofCurrentThread().numbers == place.os)
      #expect(binding.previousOSNumbers == before.numbers)
      try binding.restore()
      #expect(try ThreadAffinity.ofCurrentThread() == before)
    }
  }

  @Test func `a placement that isn't pinned changes nothing on any machine`() async throws {
    try await onDispatchThread {
      let machine = try Topology(.synthetic(Machines.dual))
      let before = try allowedProcessors()
      let place = try PlacementPlan(workers: 1, pin: .none, on: machine).placements[0]
      let during = try machine.withBoundThread(to: place) { try allowedProcessors() }
      #expect(during == before)
    }
  }

  @Test func `another machine's topology binds nobody`() throws {
    let machine = try Topology(.synthetic(Machines.dual))
    let place = try PlacementPlan(workers: 1, pin: .cores, on: machine).placements[0]
    let error = #expect(throws: TopologyError.self) {
      try machine.withBoundThread(to: place) { Issue.record("the work must not start") }
    }
    #expect(
      error?.description
        == "worker 0 can't be bound to OS PUs 0-1: the topology is not this machine's")
    #expect(error?.exitCode == 1)
  }

  @Test func `a processor that doesn't exist is refused and the thread keeps its binding`()
    async throws
  {
    try await onDispatchThread {
      let live = try Topology(.live)
      let before = try allowedProcessors()
      let place = WorkerPlacement(worker: 3, logical: [9999], os: [9999], numaNode: nil)
      let error = #expect(throws: TopologyError.self) {
        try live.withBoundThread(to: place) { Issue.record("the work must not start") }
      }
      #expect(
        error?.description == "worker 3 can't be bound to OS PU 9999: Invalid argument")
      #expect(try allowedProcessors() == before)
    }
  }

  @Test func `workers on threads of their own each sit where their plan says`() async throws {
    let live = try Topology(.live)
    let plan = try PlacementPlan(workers: 8, pin: .compact, on: live)
    var seen: [Int: Set<String>] = [:]
    try await withThrowingTaskGroup(of: (Int, Set<String>).self) { group in
      for placement in plan.placements {
        group.addTask {
          try await onDispatchThread {
            var processors: Set<String> = []
            for _ in 0..<50 {
              processors.insert(try live.withBoundThread(to: placement) { try allowedProcessors() })
            }
            return (placement.worker, processors)
          }
        }
      }
      for try await (worker, processors) in group { seen[worker] = processors }
    }
    let expected = Dictionary(
      uniqueKeysWithValues: plan.placements.map { ($0.worker, Set(["\($0.os[0])"])) })
    #expect(seen == expected)
  }

  @Test func `a process kept to one processor sees one`() async {
    await #expect(processExitsWith: .success) {
      let all = try Topology(.live)
      let last = try #require(all.processingUnits.last)
      try keepProcess(to: [last.os], by: all)
      let kept = try Topology(.live)
      #expect(kept.processingUnits.map(\.os) == [last.os])
      #expect(kept.processingUnits.map(\.logical) == [0])
      #expect(kept.machine.processingUnits == 1)
      #expect(kept.machine.cores == 1)
      let error = #expect(throws: TopologyError.self) {
        try PlacementPlan(workers: 1, pin: PinPlan("pu:0-1"), on: kept)
      }
      #expect(
        error?.description == "--pin pu:0-1: PU 1 is not available; available: 0")
    }
  }

  @Test func `a variable that shows hwloc another machine is named where binding fails`() async {
    await #expect(processExitsWith: .success) {
      setenv("HWLOC_SYNTHETIC", "package:1 core:2 pu:1", 1)
      let other = try Topology(.live)
      let error = #expect(throws: TopologyError.self) {
        let place = try PlacementPlan(workers: 1, pin: .compact, on: other).placements[0]
        try other.withBoundThread(to: place) {}
      }
      #expect(
        error?.description == "worker 0 can't be bound to OS PU 0: hwloc can't see this machine as "
          + "it is while HWLOC_SYNTHETIC is set; unset it")
      setenv("HWLOC_COMPONENTS", "synthetic", 1)
      let two = try Topology(.live)
      #expect(
        two.reasonAgainstBinding == "hwloc can't see this machine as it is while HWLOC_SYNTHETIC "
          + "and HWLOC_COMPONENTS are set; unset them")
      #expect(
        try Topology(.synthetic("pu:1")).reasonAgainstBinding
          == "the topology is not this machine's")
    }
  }

  @Test func `a variable that leaves hwloc nothing to see is named`() async {
    await #expect(processExitsWith: .success) {
      setenv("HWLOC_COMPONENTS", "stop", 1)
      let error = #expect(throws: TopologyError.self) { try Topology(.live) }
      #expect(
        error?.description == "hwloc can't discover this machine: hwloc can't see this machine as "
          + "it is while HWLOC_COMPONENTS is set; unset it (Invalid argument)")
    }
  }

  @Test func `what a variable gives hwloc is checked as what an option gives`() async {
    await #expect(processExitsWith: .success) {
      func error(_ variable: String, _ value: String) -> String? {
        setenv(variable, value, 1)
        defer { unsetenv(variable) }
        return #expect(throws: TopologyError.self) { try Topology(.live) }?.description
      }
      let file = NSTemporaryDirectory() + "lockstep-\(UUID().uuidString).xml"
      defer { try? FileManager.default.removeItem(atPath: file) }
      try Topology(.synthetic("package:2 pu:2")).exportXML(to: file)
      let whole = try String(contentsOfFile: file, encoding: .utf8)
      // hwloc would read through a null pointer.
      let damaged = whole.replacingOccurrences(of: "complete_cpuset=", with: "complete=")
      try Data(damaged.utf8).write(to: URL(fileURLWithPath: file))
      #expect(
        error("HWLOC_XMLFILE", file)
          == "hwloc can't discover this machine: HWLOC_XMLFILE: \(file): "
          + "not a topology in hwloc's XML format")
      #expect(
        error("HWLOC_XMLFILE", "/no/such.xml")
          == "hwloc can't discover this machine: HWLOC_XMLFILE: /no/such.xml: no such file")
      #expect(
        error("HWLOC_SYNTHETIC", "package:1000 core:1000 pu:2")
          == "hwloc can't discover this machine: HWLOC_SYNTHETIC 'package:1000 core:1000 pu:2': "
          + "more than 16384 processing units")
    }
  }

  @Test func `memory on a machine of one node is left alone`() throws {
    let live = try Topology(.live)
    try #require(live.numaNodes.count == 1)
    try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 4096) { memory in
      let start = try #require(memory.baseAddress)
      let isBound = try live.bindMemory(
        at: start, byteCount: memory.count, toNUMANode: live.numaNodes[0].os)
      #expect(!isBound)
      #expect(
        throws: TopologyError.memoryBindingRefused(numaNode: 77, reason: "there is no such node")
      ) { try live.bindMemory(at: start, byteCount: memory.count, toNUMANode: 77) }
    }
  }

  @Test(arguments: [
    (4096, 4096, 4096, 8192), (4095, 4098, 4096, 8192), (4097, 4096, 0, 0), (0, 4095, 0, 0),
    (1, 12_288, 4096, 12_288), (4096, 0, 0, 0), (4096, -5, 0, 0),
  ])
  func `only whole pages are bound`(address: UInt, bytes: Int, first: UInt, end: UInt) {
    let pages = Topology.wholePages(in: address, byteCount: bytes, pageSize: 4096)
    #expect(first == end ? pages.isEmpty : pages == first..<end)
  }

  @Test func `a range past the end of memory has no pages`() {
    #expect(Topology.wholePages(in: .max - 10, byteCount: 100, pageSize: 4096).isEmpty)
    #expect(Topology.wholePages(in: .max - 10, byteCount: 5, pageSize: 4096).isEmpty)
  }
}
