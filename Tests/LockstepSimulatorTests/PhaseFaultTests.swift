import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepSimulator

@Suite(.timeLimit(.minutes(15))) struct `Faults while reading and applying take time` {
  /// A run of two workers, both of which read for 2, compute for 1 and apply for 2: shard by shard, so
  /// worker p updates shard p over 3–4 and the other one over 4–5.
  private func run(
    _ faults: [String], policy: String = "hogwild", updates: Int = 6, dimension: Int = 2,
    decomposition: Decomposition = .samples
  ) throws -> SimulationOutcome<Double> {
    var setup = Simulation(
      decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 2,
      updates: updates, recordsTrace: true, service: .constant(1), readTime: .constant(2),
      applyTime: .constant(2))
    setup.faults = try Self.parse(faults)
    let outcome = try setup.run(EventModels.quadratic("dimension=\(dimension)"))
    let trace = try #require(outcome.trace)
    #expect(TraceCheck(trace).isSound, "\(TraceCheck(trace).violations)")
    return outcome
  }

  private static func parse(_ faults: [String]) throws -> [FaultSpecification] {
    try faults.map { text throws(ConfigurationError) in try FaultSpecification(text) }
  }

  @Test func `a crash amid an update leaves the shards that are written`() throws {
    // Worker 1 has updated shard 1 at 4 and crashes over shard 0; worker 0 makes all six updates.
    let outcome = try run(["worker=1,at=4.5,kind=crash"])
    #expect(outcome.status == .completed && outcome.updates == 6 && outcome.virtualTime == 30)
    #expect(outcome.workers.map(\.updates) == [6, 0])
    let trace = try #require(outcome.trace)
    let half = try #require(trace.events.first { $0.worker == 1 })
    #expect(half.apply == 3 && half.end == nil && half.applied == [0, 1])
    let last = try #require(trace.events.last { $0.end != nil })
    #expect(last.applied == [6, 7])
    // Worker 1's half of an update is one more step for shard 1 alone.
    let alone = try run(["worker=1,at=2.5,kind=crash"])
    #expect(alone.parameters[0] == outcome.parameters[0])
    #expect(alone.parameters[1].magnitude > outcome.parameters[1].magnitude)
  }

  @Test func `a copy that begins after a crash is not torn by it`() throws {
    // The crash at 4.5 ends the update of shard 0 that began at 4; worker 0 reads from 5 on.
    let outcome = try run(["worker=1,at=4.5,kind=crash"])
    #expect(outcome.tornViews.torn == 0)
  }

  @Test func `a crash with the lock brings everybody to a halt`() throws {
    // Worker 0 reads over 0–2, worker 1 over 2–4; worker 0, ready at 3, applies over 4–6.
    for (time, updates, since) in [(1.0, 0, 1.0), (3.5, 0, 3.5), (4.5, 0, 5.0), (5.5, 0, 5.5)] {
      let victim = time == 3.5 ? 1 : 0
      let outcome = try run(["worker=\(victim),at=\(time),kind=crash"], policy: "locked")
      #expect(outcome.status == .stalled && outcome.updates == updates, "\(time)")
      let stall = try #require(outcome.stall)
      #expect(stall.worker == victim && stall.crashedAt == time, "\(time)")
      #expect(stall.waiting == 1 && stall.since == since, "\(time): \(stall.since)")
    }
  }

  @Test func `a crash without the lock, or in line for it, holds nobody up`() throws {
    // Worker 1 stands in line over 0–2, computes over 4–5 and stands in line over 5–6.
    for time in [1.0, 4.5, 5.5] {
      let outcome = try run(["worker=1,at=\(time),kind=crash"], policy: "locked", updates: 3)
      #expect(outcome.status == .completed && outcome.updates == 3, "\(time)")
      #expect(outcome.workers.map(\.updates) == [3, 0], "\(time)")
    }
  }

  @Test func `a stall prolongs each phase by itself`() throws {
    for (time, read, compute, apply) in [(1.0, 9.0, 1.0, 2.0), (2.5, 2, 8, 2), (3.5, 2, 1, 9)] {
      // The other one is through with its first iteration at 5, unless the only update is begun.
      let outcome = try run(["worker=0,at=\(time),kind=stall:7"], updates: 1, dimension: 1)
      #expect(outcome.virtualTime == (time < 3 ? 5 : 12), "\(time)")
      #expect(outcome.workers.map(\.updates) == (time < 3 ? [0, 1] : [1, 0]), "\(time)")
      let both = try run(
        ["worker=0,at=\(time),kind=stall:7"], policy: "bounded:0", updates: 2, dimension: 1)
      #expect(both.virtualTime == 12, "\(time)")
      let worker = both.workers[0]
      #expect(worker.readSeconds == read && worker.computeSeconds == compute, "\(time)")
      #expect(worker.applySeconds == apply, "\(time)")
    }
  }

  @Test func `a restart loses a view, complete or not, and no update`() throws {
    for (time, end) in [(1.0, 6.0), (2.5, 7.5), (4.0, 5)] {
      let outcome = try run(
        ["worker=0,at=\(time),kind=restart"], policy: "bounded:0", updates: 2)
      #expect(outcome.virtualTime == end && outcome.updates == 2, "\(time)")
    }
  }

  @Test func `a lost update's place goes to whoever was turned away first`() throws {
    // Of one update to make worker 0 begins it at 3, so worker 1 is turned away; worker 0 crashes.
    let outcome = try run(["worker=0,at=4.5,kind=crash"], updates: 1)
    #expect(outcome.status == .completed && outcome.updates == 1)
    #expect(outcome.workers.map(\.updates) == [0, 1] && outcome.virtualTime == 6.5)
  }

  @Test(arguments: ["barrier", "bounded:0", "bounded:2", "sequential"], Decomposition.allCases)
  func `a crash in any phase is what the others wait for`(
    policy: String, decomposition: Decomposition
  ) throws {
    for time in [1.0, 2.5, 3.5, 4.5] {
      let outcome = try run(
        ["worker=0,at=\(time),kind=crash"], policy: policy, updates: 40,
        decomposition: decomposition)
      #expect(outcome.status == .stalled && outcome.stall?.worker == 0, "\(time)")
      #expect(outcome.stall?.crashedAt == time && outcome.stall?.waiting == 1)
    }
  }

  @Test(arguments: PhaseSettings.policies, Decomposition.allCases)
  func `equal a slow and simple simulation bit for bit`(
    policy: String, decomposition: Decomposition
  ) throws {
    let model = try EventModels.quadratic("dimension=7,coupling=0.3,noise=0.5")
    var hit = 0
    for seed in 0..<60 {
      var stream = RandomStream(seed: UInt64(seed), purpose: .syntheticData)
      let workers = 2 + stream.integer(below: decomposition == .blocks ? 6 : 8)
      var setup = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy),
        workers: workers, rate: 0.125, updates: 50, seed: UInt64(seed))
      (setup.readTime, setup.service, setup.applyTime) =
        PhaseSettings.laws[stream.integer(below: PhaseSettings.laws.count)]
      setup.faults = try Self.parse(
        (0..<(1 + stream.integer(below: 5))).map { _ in
          let kind = ["crash", "stall:3", "stall:0.4", "restart"][stream.integer(below: 4)]
          // Some of them at one tick, and at ticks of other events.
          let time = Double(1 + stream.integer(below: 40)) / 2
          return "worker=\(stream.integer(below: workers)),at=\(time),kind=\(kind)"
        })
      setup.recordsTrace = true
      let outcome = try setup.run(model)
      let slow = SlowEngine(setup, model)
      slow.run()
      let place = "seed \(seed), \(workers) workers, \(setup.faults.map(\.specification))"
      slow.expectEqual(outcome, place)
      #expect(outcome.status == (slow.updates == 50 ? .completed : .stalled), "\(place)")
      if let stall = outcome.stall {
        hit += 1
        #expect(slow.workers[stall.worker].isDead, "\(place)")
      }
      let trace = try #require(outcome.trace)
      #expect(TraceCheck(trace).isSound, "\(place): \(TraceCheck(trace).violations)")
      let replayed = try ReplayEngine(
        model: model, configuration: setup.configuration, trace: trace
      ).run()
      #expect(replayed == outcome.parameters, "\(place)")
    }
    #expect(hit > (policy == "hogwild" ? -1 : 0))
  }

  @Test(arguments: ["hogwild", "locked", "bounded:2", "barrier"], Decomposition.allCases)
  func `the same comes of it on any number of threads`(
    policy: String, decomposition: Decomposition
  ) throws {
    let model = try EventModels.network(width: 40)
    var results: [[Double]] = []
    for threads in [1, 2, 4] {
      var setup = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 5,
        batch: 64, updates: 120, hostThreads: threads, service: .constant(1),
        readTime: .constant(0.5), applyTime: .constant(0.5))
      setup.faults = try Self.parse([
        "worker=1,at=3.25,kind=restart", "worker=1,at=3.1,kind=stall:1",
        "worker=0,at=4.2,kind=stall:6", "worker=3,at=12.6,kind=crash",
      ])
      let outcome = try setup.run(model)
      results.append(outcome.parameters + [outcome.virtualTime ?? 0])
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }
}
