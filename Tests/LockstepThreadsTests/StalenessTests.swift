import LockstepCore
import LockstepModels
import Synchronization
import Testing

@testable import LockstepThreads

/// Spins for a random while that depends on the worker and the clock alone.
private func disturb(_ worker: Int, _ clock: Int) {
  var stream = RandomStream(seed: 99, purpose: .disturbance, worker: worker, clock: clock)
  // Now and then a long pause, so that the others run into their bound.
  let turns = stream.uniform() < 0.05 ? 20_000 : stream.integer(below: 200)
  var sink = 0
  for turn in 0..<turns { sink &+= turn ^ sink }
  blackHole.store(sink, ordering: .relaxed)
}

private let blackHole = Atomic<Int>(0)

@Suite(.timeLimit(.minutes(15))) struct `Staleness` {
  @Test(arguments: [2, 5, 16])
  func `a bound holds under stress, by the versions in every view`(workers: Int) throws {
    for bound in [0, 1, 4] {
      for decomposition in Decomposition.allCases {
        let violations = Counter()
        let reads = Counter()
        let leads = Counter()
        var probe = EngineProbe()
        probe.beforeIteration = { worker, clock in disturb(worker, clock) }
        probe.afterRead = { worker, clock, versions in
          reads.increment()
          for (shard, version) in versions.enumerated() {
            // Everybody's updates of clocks up to c − S − 1, and all of one's own.
            let needed =
              decomposition == .blocks
              ? (shard == worker ? clock : max(0, clock - bound))
              : max(0, clock - bound) * (workers - 1) + clock
            if version < needed { violations.increment() }
          }
        }
        probe.afterIteration = { worker, clocks in
          // Clocks are read one by one while they grow: only the reader's own lead is exact.
          let lead = clocks[worker] - (clocks.min() ?? 0)
          if lead > bound + 1 { leads.increment() }
        }
        let outcome = try Trial(
          decomposition: decomposition, policy: try BoundedStaleness(bound: bound),
          workers: workers, rate: 0.01, updates: 40 * workers, probe: probe
        ).run(Models.quadratic("dimension=64,coupling=0.01"))
        #expect(reads.value == 40 * workers)
        #expect(violations.value == 0)
        #expect(leads.value == 0)
        if decomposition == .blocks {
          #expect((outcome.staleness.max ?? 0) <= Double(2 * bound + 1))
        }
      }
    }
  }

  @Test func `under a barrier every view is exactly the last round, and none is torn`() throws {
    let wrong = Counter()
    for decomposition in Decomposition.allCases {
      var probe = EngineProbe()
      probe.beforeIteration = { worker, clock in disturb(worker, clock) }
      probe.afterRead = { _, clock, versions in
        for version in versions where version != clock { wrong.increment() }
      }
      let outcome = try Trial(
        decomposition: decomposition, workers: 6, rate: 0.01,
        updates: decomposition == .blocks ? 300 : 50, probe: probe
      ).run(Models.quadratic("dimension=48"))
      #expect(wrong.value == 0)
      #expect(outcome.staleness.max == 0)
      #expect(outcome.tornViews.torn == 0)
    }
  }

  @Test func `a forced interleaving has the staleness it was forced to`() throws {
    // worker 0                     worker 1
    // reads at clock 0
    // waits …                      makes 5 iterations
    // applies: 5 updates stale
    let others = Counter()
    for decomposition in Decomposition.allCases {
      others.reset()
      var probe = EngineProbe()
      probe.afterIteration = { worker, _ in
        if worker == 1 { others.increment() } else { others.release() }
      }
      let reader = Counter()
      probe.afterRead = { worker, clock, _ in
        if worker == 0 && clock == 0 {
          reader.increment()
          while others.value < 5 {}
        }
      }
      probe.beforeIteration = { worker, _ in
        guard worker == 1 else { return }
        while reader.value == 0 {}
        while others.value == 5 && !others.isReleased {}
      }
      let outcome = try Trial(
        decomposition: decomposition, policy: Hogwild(), workers: 2, rate: 0.01, updates: 40,
        probe: probe
      ).run(Models.quadratic("dimension=16"))
      #expect(outcome.staleness.histogram.contains { $0[0] == 5 })
    }
  }

  @Test func `under a lock no view is torn`() throws {
    for decomposition in Decomposition.allCases {
      let outcome = try Trial(
        decomposition: decomposition, policy: Locked(), workers: 4, rate: 0.001, updates: 2000
      ).run(Models.quadratic("dimension=512"))
      #expect(outcome.tornViews.torn == 0)
    }
  }

  /// A counter and a latch that closures on several threads share.
  final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    private let released = Atomic<Bool>(false)
    var value: Int { count.load(ordering: .acquiring) }
    var isReleased: Bool { released.load(ordering: .acquiring) }
    func increment() { count.wrappingAdd(1, ordering: .acquiringAndReleasing) }
    func release() { released.store(true, ordering: .releasing) }
    func reset() {
      count.store(0, ordering: .releasing)
      released.store(false, ordering: .releasing)
    }
  }
}
