import LockstepCore
import LockstepModels
import Synchronization
import Testing

@testable import LockstepThreads

/// Runs that update the shared vector where it stands.
@Suite(.timeLimit(.minutes(15))) struct `In place` {
  /// Ratings of 30 users and 20 items.
  private static func ratings() throws -> Factorization<Double> {
    var stream = RandomStream(seed: 14, purpose: .syntheticData)
    let count = 500
    return try Factorization(
      rank: 4,
      training: ExampleSet(
        users: (0..<count).map { _ in Int32(stream.integer(below: 30)) },
        items: (0..<count).map { _ in Int32(stream.integer(below: 20)) },
        ratings: (0..<count).map { _ in 1 + 4 * stream.uniform() }),
      userCount: 30, itemCount: 20)
  }

  @Test func `nobody is stale in turn, and a bound of 0 lets nobody be more than one behind`()
    throws
  {
    for (policy, largest) in [("sequential", 0.0), ("bounded:0", 1.0)] {
      let outcome = try Trial(
        decomposition: .samples, policy: PolicySpecification.parse(policy), workers: 2, rate: 0.01,
        batch: 1, updates: 4000
      ).run(Self.ratings())
      #expect((outcome.staleness.max ?? 9) <= largest, "\(policy)")
    }
  }

  @Test(arguments: [1, 8], Decomposition.allCases)
  func `a forced interleaving has the staleness it was forced to`(
    batch: Int, decomposition: Decomposition
  ) throws {
    // worker 0                     worker 1
    // looks at the clocks at 0
    // waits …                      makes 5 iterations
    // looks again: 5 updates stale
    let others = Staleness.Counter()
    let reader = Staleness.Counter()
    var probe = EngineProbe()
    probe.duringLook = { worker, clock in
      guard worker == 0 && clock == 0 else { return }
      reader.increment()
      while others.value < 5 {}
    }
    probe.beforeIteration = { worker, _ in
      guard worker == 1 else { return }
      while reader.value == 0 {}
      while others.value == 5 && !others.isReleased {}
    }
    probe.afterIteration = { worker, _ in
      if worker == 1 { others.increment() } else { others.release() }
    }
    let outcome = try Trial(
      decomposition: decomposition, policy: Hogwild(), workers: 2, rate: 0.01, batch: batch,
      updates: 40, probe: probe
    ).run(Models.sparse(as: Double.self))
    #expect(outcome.staleness.histogram.contains { $0[0] == 5 })
  }

  @Test func `a worker goes on to its bound and no further, also several steps at a time`() throws {
    for bound in [1, 3, 100] {
      let ahead = Atomic(0)
      var probe = EngineProbe()
      probe.longestRun = 64
      probe.beforeIteration = { worker, clock in
        guard worker == 1 && clock == 0 else { return }
        // Worker 0 gets as far as it may.
        while ahead.load(ordering: .acquiring) < bound + 1 {}
      }
      probe.afterIteration = { worker, clocks in
        guard worker == 0, clocks[1] == 0 else { return }
        ahead.store(clocks[0], ordering: .releasing)
        #expect(clocks[0] <= bound + 1)
      }
      let outcome = try Trial(
        decomposition: .samples, policy: BoundedStaleness(bound: bound), workers: 2, rate: 0.01,
        batch: 1, updates: 900, probe: probe
      ).run(Models.sparse(as: Double.self))
      #expect(outcome.updates == 900)
    }
  }

  @Test(arguments: ["hogwild", "bounded:3", "sequential", "locked"], [1, 8])
  func `times add up to no more than the workers ran, and looks are counted`(
    policy: String, batch: Int
  ) throws {
    let outcome = try Trial(
      decomposition: .samples, policy: PolicySpecification.parse(policy), workers: 3, rate: 0.01,
      batch: batch, updates: 5000, lossEvery: 900
    ).run(Models.sparse(as: Float.self))
    let times = outcome.workers.map {
      $0.computeSeconds + $0.readSeconds + $0.applySeconds + $0.waitSeconds
    }
    #expect(times.reduce(0, +) <= outcome.wallSeconds * 3)
    #expect(outcome.workers.contains { $0.computeSeconds > 0 })
    let looks = outcome.staleness.histogram.reduce(0) { $0 + $1[1] }
    let every = outcome.staleness.sampledEvery
    #expect(looks == 5000 ? every == 1 : every >= 2)
    #expect((Double(5000) / Double(looks) - Double(every)).magnitude <= 1)
  }

  @Test func `several publications at once wake whoever they let go on`() throws {
    // The case that hung: three workers and more, small bounds, one example at a time.
    for (bound, workers) in [(1, 3), (2, 3), (100, 4)] {
      let outcome = try Trial(
        decomposition: .samples, policy: BoundedStaleness(bound: bound), workers: workers,
        rate: 0.001, batch: 1, updates: 60_000
      ).run(Self.ratings())
      #expect(outcome.updates == 60_000)
    }
  }
}
