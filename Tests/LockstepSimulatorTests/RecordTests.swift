import Foundation
import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepSimulator

/// What the records of simulated runs say, in the smallest cases where they once said something else.
@Suite(.timeLimit(.minutes(15))) struct `Records of virtual runs` {
  private static func policy(_ text: String) throws -> any SynchronizationPolicy {
    try PolicySpecification.parse(text)
  }

  private static func model() throws -> LinearModel<Double> {
    let targets = (0..<8).map { Double($0) }
    let features = (0..<16).map { Double($0 * 5 % 7) - 3 }
    return LinearModel(
      loss: .squared,
      training: ExampleSet(dense: features, featureCount: 2, targets: targets, classes: nil),
      featureCount: 2)
  }

  private static func file(_ lines: [[Int]]) throws -> MinibatchFile {
    let path = NSTemporaryDirectory() + "minibatches-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text = lines.map { $0.map { "\($0)" }.joined(separator: " ") }.joined(separator: "\n")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return try MinibatchFile(path: path, exampleCount: 8)
  }

  @Test(arguments: ["hogwild", "locked"], Decomposition.allCases)
  func `given minibatches leave who makes the next update as it is`(
    policy: String, decomposition: Decomposition
  ) throws {
    var setup = Simulation(
      decomposition: decomposition, policy: try Self.policy(policy), workers: 2, rate: 0.01,
      batch: 1, updates: 12, service: .perWorker([1, 3]))
    let plain = try setup.run(Self.model())
    setup.minibatches = try Self.file((0..<12).map { [$0 % 8] })
    let given = try setup.run(Self.model())
    #expect(plain.workers.map(\.updates) == [9, 3] && plain.virtualTime == 9)
    #expect(given.workers.map(\.updates) == [9, 3] && given.virtualTime == 9)
  }

  // Begun at 0, 0, 1, 2, 3, 3, …: worker 1, who takes three times as long, has the lines 1, 5 and 9.
  @Test func `the iteration that is begun next takes the next line`() throws {
    var setup = Simulation(
      policy: Hogwild(), workers: 2, rate: 0.01, batch: 1, updates: 12, recordsTrace: true,
      service: .perWorker([1, 3]))
    setup.minibatches = try Self.file((0..<12).map { [$0 % 8] })
    let trace = try #require(try setup.run(Self.model()).trace)
    let lines = [0, 1].map { worker in
      trace.events.filter { $0.worker == worker && $0.end != nil }.map { $0.line }
    }
    #expect(lines[1] == [1, 5, 9] && lines[0] == [0, 2, 3, 4, 6, 7, 8, 10, 11])
    let path = NSTemporaryDirectory() + "trace-\(UUID().uuidString)"
    for name in [path + ".csv", path + ".jsonl"] {
      defer { try? FileManager.default.removeItem(atPath: name) }
      try TraceFile.encode(trace, for: name).write(to: URL(fileURLWithPath: name))
      #expect(try TraceFile.read(name) == trace)
    }
  }

  @Test(arguments: ["hogwild", "locked", "bounded:1", "barrier"], Decomposition.allCases)
  func `staleness is counted of the updates that are made, and of no others`(
    policy: String, decomposition: Decomposition
  ) throws {
    for faults in [[], ["worker=2,at=4.6,kind=crash"], ["worker=1,at=5.3,kind=crash"]] {
      for apply in [nil, ServiceSpecification.constant(0.7)] {
        var setup = Simulation(
          decomposition: decomposition, policy: try Self.policy(policy), workers: 3, updates: 10,
          service: .perWorker([1, 1.01, 1.03]), applyTime: apply)
        setup.faults = try faults.map { try FaultSpecification($0) }
        let outcome = try setup.run(EventModels.quadratic("dimension=6"))
        let counted = outcome.staleness.histogram.map { $0[1] }.reduce(0, +)
        let isJoint = policy == "barrier" && decomposition == .samples
        let each = decomposition == .blocks ? 2 : isJoint ? 3 : 1
        #expect(counted == outcome.updates * each, "\(faults) \(String(describing: apply))")
      }
    }
  }

  @Test func `nobody moves from the moment on when the last one has stopped`() throws {
    for faults in [
      ["worker=0,at=0.5,kind=crash", "worker=1,at=5,kind=stall:1"],
      ["worker=0,at=0.5,kind=crash", "worker=1,at=5,kind=crash"],
      ["worker=0,at=0.5,kind=crash", "worker=1,at=5,kind=restart"],
    ] {
      for read in [nil, ServiceSpecification.constant(0.25)] {
        var setup = Simulation(
          policy: Sequential(), workers: 2, updates: 10, service: .constant(1), readTime: read)
        setup.faults = try faults.map { try FaultSpecification($0) }
        let outcome = try setup.run(EventModels.quadratic("dimension=3"))
        #expect(outcome.status == .stalled && outcome.stall?.worker == 0)
        #expect(outcome.stall?.since == 0.5 && outcome.virtualTime == 0.5, "\(faults)")
      }
    }
  }

  @Test(arguments: ["hogwild", "locked", "bounded:1"], Decomposition.allCases)
  func `a trace leaves out a view that is still being read at the end`(
    policy: String, decomposition: Decomposition
  ) throws {
    var setup = Simulation(
      decomposition: decomposition, policy: try Self.policy(policy), workers: 2,
      updates: policy == "bounded:1" ? 3 : 5, recordsTrace: true, service: .constant(1),
      readTime: .perWorker([2, policy == "locked" ? 1.5 : 50]))
    if policy == "locked" { setup.faults = [try FaultSpecification("worker=1,at=1,kind=stall:90")] }
    let outcome = try setup.run(EventModels.quadratic("dimension=4"))
    let trace = try #require(outcome.trace)
    #expect(TraceCheck(trace).isSound, "\(TraceCheck(trace).violations)")
    #expect(trace.events.count { $0.end != nil } == outcome.updates)
    #expect(trace.events.allSatisfy { $0.compute > $0.start })
  }
}
