import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepSimulator

/// What runs whose reads and updates take time are tried with.
enum PhaseSettings {
  static let policies = [
    "barrier", "sequential", "bounded:0", "bounded:1", "bounded:3", "hogwild", "locked",
  ]

  /// Laws of reading, computing and applying; constant ones make many events of one tick.
  static let laws: [(ServiceSpecification?, ServiceSpecification, ServiceSpecification?)] = [
    (.exponential(mean: 0.7), .exponential(mean: 1), .exponential(mean: 0.4)),
    (.constant(1), .constant(2), .constant(1)),
    (.constant(3), .gamma(mean: 1, variation: 2), nil),
    (nil, .exponential(mean: 0.2), .pareto(mean: 1, tailIndex: 1.5)),
  ]
}

@Suite(.timeLimit(.minutes(15))) struct `Reading and applying that take time` {
  @Test(arguments: PhaseSettings.policies, [Decomposition.blocks, .samples])
  func `equal a slow and simple simulation bit for bit`(
    policy: String, decomposition: Decomposition
  ) throws {
    // With noise, every worker and clock has another gradient.
    let model = try EventModels.quadratic("dimension=7,coupling=0.3,noise=0.5")
    for (index, laws) in PhaseSettings.laws.enumerated() {
      for workers in [1, 2, 5, decomposition == .blocks ? 7 : 11] {
        var setup = Simulation(
          decomposition: decomposition, policy: try PolicySpecification.parse(policy),
          workers: workers, rate: 0.03125, updates: 83, seed: UInt64(index))
        (setup.readTime, setup.service, setup.applyTime) = laws
        let outcome = try setup.run(model)
        let slow = SlowEngine(setup, model)
        slow.run()
        let place = "law \(index), \(workers) workers"
        slow.expectEqual(outcome, place)
        #expect(outcome.updates == 83)
      }
    }
  }

  // Views of different ages, worked out by hand: worker 0 updates shard 0 over 3–4 and shard 1 over
  // 4–5, again over 8–9 and 9–10; worker 1 copies shard 0 over 0–6 and shard 1 over 6–12.
  @Test func `make a view inconsistent`() throws {
    var setup = Simulation(
      workers: 2, updates: 3, recordsTrace: true, service: .constant(1),
      readTime: .perWorker([2, 12]), applyTime: .constant(2))
    setup.lossEvery = 1
    let outcome = try setup.run(EventModels.quadratic("dimension=2"))
    let late = try #require(outcome.trace?.events.first { $0.worker == 1 })
    #expect(late.start == 0 && late.compute == 12 && late.read == [0, 1])
    let early = try #require(outcome.trace?.events.first { $0.worker == 0 && $0.clock == 1 })
    #expect(early.start == 5 && early.compute == 7 && early.ready == 8)
    #expect(
      early.apply == 8 && early.end == 10 && early.read == [1, 1] && early.applied == [2, 2])
    #expect(outcome.virtualTime == 15 && outcome.tornViews.torn == 2)
    #expect(outcome.workers.map(\.readSeconds) == [6, 12])
    #expect(outcome.workers.map(\.applySeconds) == [6, 0])
  }

  // While somebody holds the lock nobody else can: with little to compute, it is never free.
  @Test func `leave the lock no rest`() throws {
    let outcome = try Simulation(
      policy: Locked(), workers: 4, rate: 1e-3, updates: 1000, service: .constant(0.5),
      readTime: .constant(1), applyTime: .constant(2)
    ).run(EventModels.quadratic("dimension=8"))
    let time = try #require(outcome.virtualTime)
    // Three units of the lock for each update, and the first one's computation.
    #expect((time / 3000 - 1).magnitude < 0.01)
    #expect(outcome.tornViews.torn == 0)
    let held = outcome.workers.reduce(0) { $0 + $1.readSeconds + $1.applySeconds }
    #expect(held <= time + 1e-6)
    #expect(outcome.workers.allSatisfy { $0.waitSeconds > 0.5 * time })
  }

  @Test(arguments: PhaseSettings.policies) func `give the same bits on any number of host threads`(
    policy: String
  ) throws {
    let model = try EventModels.network(width: 300)
    for decomposition in Decomposition.allCases {
      var setup = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 5,
        optimizer: "adam", rate: 0.01, updates: 60, lossEvery: 20,
        service: .gamma(mean: 1, variation: 0.8), readTime: .exponential(mean: 0.5),
        applyTime: .exponential(mean: 0.5))
      let one = try setup.run(model)
      for threads in [2, 4] {
        setup.hostThreads = threads
        let again = try setup.run(model)
        #expect(again.parameters == one.parameters && again.loss == one.loss, "\(threads)")
        #expect(again.virtualTime == one.virtualTime && again.tornViews == one.tornViews)
      }
    }
  }

  // Every rule from the trace alone, and the same bits from the versions in it.
  @Test(arguments: 0..<20) func `break no rule, and can be executed again`(_ part: Int) throws {
    let model = try EventModels.quadratic("dimension=7,coupling=0.4,noise=0.5")
    for seed in (part * 20)..<((part + 1) * 20) {
      var stream = RandomStream(seed: UInt64(seed), purpose: .syntheticData)
      let policy = PhaseSettings.policies[stream.integer(below: PhaseSettings.policies.count)]
      var setup = Simulation(
        decomposition: stream.integer(below: 2) == 0 ? .blocks : .samples,
        policy: try PolicySpecification.parse(policy), workers: 2 + stream.integer(below: 5),
        optimizer: stream.integer(below: 2) == 0 ? .sgd : "adam", rate: 0.01,
        updates: 20 + stream.integer(below: 60), seed: UInt64(seed))
      setup.service = .pareto(mean: 1, tailIndex: 1.2)
      setup.readTime = .gamma(mean: [0.1, 1, 5][stream.integer(below: 3)], variation: 2)
      setup.applyTime = .gamma(mean: [0.1, 1, 5][stream.integer(below: 3)], variation: 2)
      setup.recordsTrace = true
      let outcome = try setup.run(model)
      let trace = try #require(outcome.trace)
      let place = "seed \(seed), \(policy), \(setup.decomposition), \(setup.workers) workers"
      #expect(TraceCheck(trace).isSound, "\(place): \(TraceCheck(trace).violations)")
      let replayed = try ReplayEngine(
        model: model, configuration: setup.configuration, trace: trace
      ).run()
      #expect(replayed == outcome.parameters, "\(place)")
    }
  }

  // One worker: a period is the sum of its parts, and nothing is stale.
  @Test func `add up for a single worker`() throws {
    let outcome = try Simulation(
      updates: 50, service: .constant(2), readTime: .constant(0.5), applyTime: .constant(0.25)
    ).run(EventModels.quadratic("dimension=5"))
    #expect(outcome.virtualTime == 50 * 2.75 && outcome.staleness.max == 0)
    let worker = outcome.workers[0]
    #expect(worker.readSeconds == 25 && worker.computeSeconds == 100)
    #expect(worker.applySeconds == 12.5 && worker.waitSeconds == 0)
  }
}
