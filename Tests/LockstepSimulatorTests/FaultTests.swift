import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepSimulator

@Suite(.timeLimit(.minutes(15))) struct `Faulty workers` {
  private func run(
    _ faults: [String], policy: String, decomposition: Decomposition = .samples, workers: Int = 4,
    updates: Int = 400, service: ServiceSpecification = .constant(1), hostThreads: Int = 1
  ) throws -> SimulationOutcome<Double> {
    var simulation = Simulation(
      decomposition: decomposition, policy: try PolicySpecification.parse(policy),
      workers: workers, rate: 1e-3, updates: updates, hostThreads: hostThreads, service: service)
    simulation.faults = try faults.map { text throws(ConfigurationError) in
      try FaultSpecification(text)
    }
    return try simulation.run(EventModels.quadratic("dimension=12"))
  }

  @Test(
    arguments: ["barrier", "sequential", "bounded:0", "bounded:3"],
    [Decomposition.blocks, .samples])
  func `a crash brings those to a halt that wait for it`(
    policy: String, decomposition: Decomposition
  ) throws {
    let outcome = try run(
      ["worker=2,at=10.5,kind=crash"], policy: policy, decomposition: decomposition)
    #expect(outcome.status == .stalled && outcome.updates < 400 && outcome.updates > 0)
    let stall = try #require(outcome.stall)
    #expect(stall.worker == 2 && stall.crashedAt == 10.5 && stall.waiting == 3)
    // Everybody is in the eleventh iteration then; one at a time, it is worker 2's third.
    let lead = ["barrier": 0, "sequential": 0, "bounded:0": 0, "bounded:3": 3][policy] ?? 0
    if policy == "sequential" {
      #expect(outcome.updates == 10 && stall.since == 10.5)
    } else {
      let isBarrier = policy == "barrier"
      let others = 10 + lead + (isBarrier ? 0 : 1)
      let expected = [others, others, 10, others]
      #expect(outcome.workers.map(\.updates) == expected)
      #expect(stall.since == Double(others + (isBarrier ? 1 : 0)))
    }
  }

  @Test(arguments: ["hogwild", "locked"]) func `the others go on where nobody waits`(
    policy: String
  ) throws {
    let outcome = try run(["worker=2,at=10.5,kind=crash"], policy: policy, updates: 400)
    #expect(outcome.status == .completed && outcome.updates == 400 && outcome.stall == nil)
    #expect(outcome.workers.map(\.updates) == [130, 130, 10, 130])
    #expect(outcome.virtualTime == 130)
  }

  @Test func `when everybody has crashed, nobody goes on`() throws {
    let outcome = try run(
      (0..<4).map { "worker=\($0),at=\(5 + $0).25,kind=crash" }, policy: "hogwild")
    #expect(outcome.status == .stalled && outcome.workers.map(\.updates) == [5, 6, 7, 8])
    #expect(outcome.stall?.worker == 0 && outcome.stall?.waiting == 0)
  }

  @Test func `a stall prolongs what is under way and delays what is not`() throws {
    let alone = try run(
      ["worker=0,at=2.5,kind=stall:10"], policy: "hogwild", workers: 1, updates: 5)
    #expect(alone.virtualTime == 15)
    // Worker 1 takes 3 units, worker 0 waits from 1 to 3: the stall until 7.5 hits it there, and
    // both begin their second iteration late.
    let barrier = try run(
      ["worker=0,at=1.5,kind=stall:6"], policy: "barrier", decomposition: .blocks, workers: 2,
      updates: 4, service: .perWorker([1, 3]))
    #expect(barrier.status == .completed && barrier.virtualTime == 10.5)
  }

  @Test func `a restart takes the time again, and a fresh view`() throws {
    let outcome = try run(
      ["worker=1,at=2.5,kind=restart"], policy: "hogwild", workers: 2, updates: 8,
      service: .perWorker([1, 3]))
    // Worker 1 began at 0 and again at 2.5: its update comes at 5.5, after worker 0's fifth, and is
    // three stale instead of five.
    #expect(outcome.workers.map(\.updates) == [7, 1] && outcome.virtualTime == 7)
    #expect(outcome.staleness.max == 3)
  }

  @Test func `durations of other iterations stay as they are`() throws {
    let law = ServiceSpecification.exponential(mean: 1)
    let plain = try run([], policy: "hogwild", workers: 1, updates: 50, service: law)
    let late = try run(
      ["worker=0,at=3,kind=stall:7"], policy: "hogwild", workers: 1, updates: 50, service: law)
    #expect(late.virtualTime == (plain.virtualTime ?? 0) + 7)
    #expect(late.parameters == plain.parameters)
  }

  @Test(arguments: ["hogwild", "bounded:2", "barrier"], [Decomposition.blocks, .samples])
  func `the same comes of it on any number of threads`(
    policy: String, decomposition: Decomposition
  ) throws {
    let faults = [
      "worker=1,at=3.1,kind=restart", "worker=0,at=4.2,kind=stall:6", "worker=3,at=20,kind=crash",
      "worker=1,at=3.1,kind=stall:1", "worker=2,at=22,kind=crash",
    ]
    var results: [[Double]] = []
    for threads in [1, 2, 4] {
      var simulation = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 5,
        batch: 64, updates: 300, hostThreads: threads)
      simulation.faults = try faults.map { text throws(ConfigurationError) in
        try FaultSpecification(text)
      }
      let outcome = try simulation.run(EventModels.network(width: 40))
      #expect(outcome.status == (policy == "hogwild" ? .completed : .stalled))
      results.append(outcome.parameters + [outcome.virtualTime ?? 0])
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test(arguments: [
    ("worker=1,at=2", "the kind is missing"), ("at=2,kind=crash", "the worker is missing"),
    ("worker=1,kind=crash", "the time is missing"), ("worker=-1,at=2,kind=crash", "worker=-1"),
    ("worker=1,at=-2,kind=crash", "at=-2"), ("worker=1,at=nan,kind=crash", "at=nan"),
    ("worker=1,at=2,kind=crsh", "did you mean crash?"), ("worker=1,at=2,kind=stall:0", "above 0"),
    ("worker=1,at=2,kind=crash,when=3", "unknown key 'when'"),
    ("crash", "not of the form KEY=VALUE"),
    ("worker=1,worker=2,at=1,kind=crash", "given twice"),
  ])
  func `a fault that cannot be is refused`(_ text: String, _ reason: String) {
    let error = #expect(throws: ConfigurationError.self) { try FaultSpecification(text) }
    #expect(error?.description.contains(reason) == true)
    #expect(error?.description.hasPrefix("--fault \(text): ") == true)
  }
}
