import LockstepCore
import LockstepModels
import Testing

@testable import LockstepSimulator

@Suite(.timeLimit(.minutes(15))) struct `Schedules in virtual time` {
  // Check 2 of the references: Στ = (n−1)K − Σ_j (K − v_j) over the views v_j still in flight. Version
  // 0 is read n times, and every later version at most once.
  @Test(arguments: everyLaw, [1, 2, 7, 64])
  func `the sum of all delays follows from the views in flight`(
    law: ServiceSpecification, workers: Int
  ) throws {
    let count = 5_000
    let outcome = try Simulation(
      workers: workers, rate: 1e-3, updates: count, recordsTrace: true, service: law
    ).run(EventModels.quadratic("dimension=1"))
    var sum = 0
    var seen = 0
    for pair in outcome.staleness.histogram {
      sum += pair[0] * pair[1]
      seen += pair[1]
    }
    #expect(seen == count && outcome.updates == count)
    let flying = (outcome.trace?.events ?? []).filter { $0.end == nil }.map { $0.read[0] }
    #expect(flying.count == workers && Set(flying.filter { $0 > 0 }).isSubset(of: 1...count))
    #expect(Set(flying.filter { $0 > 0 }).count == flying.count { $0 > 0 })
    #expect(sum == (workers - 1) * count - flying.reduce(0) { $0 + count - $1 })
    #expect(outcome.staleness.sampledEvery == 1 && outcome.tornViews.torn == 0)
  }

  // Check 3: arXiv 1605.09774.
  @Test(arguments: [2, 8]) func `memoryless workers make geometric delays`(workers: Int) throws {
    let count = 150_000
    let outcome = try Simulation(workers: workers, rate: 1e-6, updates: count)
      .run(EventModels.quadratic("dimension=1"))
    var seen = [Double](repeating: 0, count: 12)
    for pair in outcome.staleness.histogram where pair[0] < seen.count {
      seen[pair[0]] = Double(pair[1])
    }
    var expected = 1 / Double(workers)
    for k in 0..<seen.count {
      let error = (expected * (1 - expected) / Double(count)).squareRoot()
      #expect((seen[k] / Double(count) - expected).magnitude < 4 * error + 1e-4, "τ = \(k)")
      expected *= 1 - 1 / Double(workers)
    }
  }

  // Check 5.
  @Test(arguments: [0, 1, 3, 10])
  func `two memoryless workers under a bound make (2S+2)/(2S+3) updates in a unit of time`(
    bound: Int
  ) throws {
    let outcome = try Simulation(
      policy: BoundedStaleness(bound: bound), workers: 2, rate: 1e-6, updates: 150_000
    ).run(EventModels.quadratic("dimension=1"))
    let time = try #require(outcome.virtualTime)
    let throughput = Double(outcome.updates) / 2 / time
    let expected = Double(2 * bound + 2) / Double(2 * bound + 3)
    #expect((throughput / expected - 1).magnitude < 0.012)
    let waited = outcome.workers.map(\.waitSeconds).reduce(0, +) / 2 / time
    #expect((waited - (1 - expected)).magnitude < 0.015)
  }

  @Test(arguments: [1, 4, 16], Decomposition.allCases)
  func `a barrier's round takes the harmonic number`(
    workers: Int, decomposition: Decomposition
  ) throws {
    let rounds = 8_000
    let outcome = try Simulation(
      decomposition: decomposition, policy: Barrier(), workers: workers, rate: 1e-6,
      updates: decomposition == .samples ? rounds : rounds * workers
    ).run(EventModels.quadratic("dimension=16"))
    let harmonic = (1...workers).map { 1 / Double($0) }.reduce(0, +)
    let time = try #require(outcome.virtualTime)
    #expect((time / Double(rounds) / harmonic - 1).magnitude < 0.04)
    #expect((outcome.staleness.max ?? 0) == 0)
  }

  @Test(arguments: ["bounded:0", "bounded:1", "bounded:5", "barrier"])
  func `a constant slow worker sets the pace of a fast one`(policy: String) throws {
    let outcome = try Simulation(
      decomposition: .blocks, policy: PolicySpecification.parse(policy), workers: 2, rate: 1e-6,
      updates: 2_000, service: .perWorker([1, 3])
    ).run(EventModels.quadratic("dimension=2"))
    #expect(outcome.virtualTime == 3_000)
    #expect(outcome.workers.map(\.updates) == [1_000, 1_000])
    #expect(outcome.workers.map(\.computeSeconds) == [1_000, 3_000])
  }

  @Test(arguments: everyLaw, ["bounded:0", "bounded:2", "barrier", "sequential"])
  func `a policy that keeps pace deals the updates out and bounds the delays`(
    law: ServiceSpecification, policy: String
  ) throws {
    let parsed = try PolicySpecification.parse(policy)
    for updates in [3, 5, 1_003] {
      let outcome = try Simulation(
        decomposition: .blocks, policy: parsed, workers: 5, rate: 0.01, updates: updates,
        service: law
      ).run(EventModels.quadratic("dimension=9"))
      #expect(outcome.updates == updates)
      let numbers = outcome.workers.map(\.updates)
      #expect((numbers.max() ?? 0) - (numbers.min() ?? 0) <= 1)
      // Clocks differ by at most S + 1, so between a read and an apply nobody passes more than
      // 2(S + 1) clocks.
      let most = policy == "bounded:2" ? 6.0 : policy == "bounded:0" ? 2 : 0
      #expect((outcome.staleness.max ?? 0) <= most)
    }
  }

  @Test func `one slow worker lets the others through an endless bound`() throws {
    let outcome = try Simulation(
      policy: BoundedStaleness(bound: BoundedStaleness.largestBound), workers: 3, rate: 1e-6,
      updates: 3_000, service: .perWorker([1, 1, 500])
    ).run(EventModels.quadratic("dimension=1"))
    #expect(outcome.updates == 3_000 && outcome.virtualTime == 500_000)
    #expect(outcome.workers.map(\.waitSeconds) == [0, 0, 0])
  }

  @Test(arguments: ["hogwild", "locked", "bounded:3", "sequential", "barrier"])
  func `every policy makes exactly the updates asked for`(policy: String) throws {
    for decomposition in Decomposition.allCases {
      for workers in [1, 3] {
        let outcome = try Simulation(
          decomposition: decomposition, policy: PolicySpecification.parse(policy),
          workers: workers, rate: 0.1, updates: 601, lossEvery: 200
        ).run(EventModels.network())
        #expect(outcome.updates == 601 && outcome.status == .completed)
        #expect((outcome.loss.final ?? 9) < (outcome.loss.initial ?? 0))
        #expect(outcome.loss.curve.last?.update == 601)
      }
    }
  }
}
