import LockstepCore
import LockstepModels
import Testing

@testable import LockstepSimulator

@Suite(.timeLimit(.minutes(15))) struct `Updates that take time, shown to an observer` {
  @Test(arguments: PhaseSettings.policies, Decomposition.allCases)
  func `change no bit of the run`(policy: String, decomposition: Decomposition) throws {
    let model = try EventModels.network()
    for optimizer in [OptimizerSpecification.sgd, "adam"] {
      var setup = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 4,
        optimizer: optimizer, rate: 0.02, updates: 60, lossEvery: 7, hostThreads: 2)
      (setup.readTime, setup.service, setup.applyTime) = PhaseSettings.laws[0]
      let plain = try setup.run(model)
      let (watched, shown) = try setup.observe(model, every: 3)
      #expect(watched.parameters == plain.parameters && watched.loss == plain.loss)
      #expect(watched.staleness == plain.staleness && watched.tornViews == plain.tornViews)
      #expect(watched.virtualTime == plain.virtualTime)
      let isBarrier = policy == "barrier" && decomposition == .blocks
      #expect(
        shown.map(\.update).sorted() == (isBarrier ? [] : Array(stride(from: 0, to: 60, by: 3)))
          || isBarrier && shown.map(\.update) == (0..<15).map { $0 * 4 })
    }
  }

  @Test(arguments: PhaseSettings.policies, Decomposition.allCases)
  func `are what a slow and simple simulation finds`(
    policy: String, decomposition: Decomposition
  ) throws {
    let model = try EventModels.quadratic("dimension=7,coupling=0.3,noise=0.5")
    var stale = 0
    var torn = 0
    for (index, laws) in PhaseSettings.laws.enumerated() {
      // The smallest rounds are of two.
      var setup = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy),
        workers: index == 0 && policy != "hogwild" ? 2 : 5, rate: 0.125, updates: 60,
        seed: UInt64(index))
      (setup.readTime, setup.service, setup.applyTime) = laws
      if policy == "hogwild" {
        setup.faults = [try FaultSpecification("worker=3,at=9.1,kind=crash")]
      }
      let (outcome, shown) = try setup.observe(model, every: 1)
      torn += Int(outcome.tornViews.torn ?? 0)
      let slow = SlowEngine(setup, model)
      slow.run()
      var expected = slow.shown
      if policy == "barrier", decomposition == .blocks {
        // Of a round the first alone, and before anything of the round is applied.
        expected = expected.filter { $0.worker == 0 }
        for place in expected.indices { expected[place].parameters = expected[place].view }
      }
      // The end of a part of a round's update doesn't order what is shown at its beginning.
      func order(_ list: [SlowEngine<Quadratic<Double>>.Shown]) -> [SlowEngine<Quadratic<Double>>
        .Shown]
      {
        list.sorted { ($0.update, $0.worker) < ($1.update, $1.worker) }
      }
      let found = shown.map { observation in
        SlowEngine<Quadratic<Double>>.Shown(
          update: observation.update, worker: observation.worker, clock: observation.clock,
          view: outcome.status == .completed && setup.configuration.budget.isJoint
            ? [] : observation.view ?? observation.parameters,
          parameters: observation.parameters)
      }
      #expect(order(found) == order(expected), "laws \(index)")
      stale += shown.count { $0.view != nil }
    }
    #expect((stale > 0) == (policy != "barrier" && policy != "sequential"))
    if policy == "hogwild" { #expect(torn > 0) }
  }

  // An update, made again from what was shown of it alone, leads to what the next one of the same
  // version finds in each of its shards.
  @Test(
    arguments: [OptimizerSpecification.sgd, "momentum:0.9", "adam", "adamw:0.1"],
    Decomposition.allCases)
  func `hold all that it takes to make them`(
    optimizer: OptimizerSpecification, decomposition: Decomposition
  ) throws {
    let model = try EventModels.network()
    // Two workers that take turns: updates of a shard come in one order, whatever the parts.
    for policy in ["hogwild", "locked", "bounded:1"] {
      var setup = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 3,
        optimizer: optimizer, rate: 0.02, updates: 40, recordsTrace: true)
      (setup.readTime, setup.service, setup.applyTime) = PhaseSettings.laws[0]
      let (outcome, shown) = try setup.observe(model, every: 1)
      let events = try #require(outcome.trace).events
      let ranges = [0, 1, 2].map { shard in
        let (size, more) = model.parameterCount.quotientAndRemainder(dividingBy: 3)
        let start = shard * size + min(shard, more)
        return start..<(start + size + (shard < more ? 1 : 0))
      }
      /// The version that an observed update makes of a shard.
      func version(_ observation: StepObservation, _ shard: Int) throws -> Int {
        let event = try #require(
          events.first { $0.worker == observation.worker && $0.clock == observation.clock })
        return decomposition == .samples ? event.applied[shard] : event.applied[0]
      }
      var checked = 0
      for observation in shown {
        let after = replayed(
          observation, of: model, optimizer: optimizer, seed: setup.seed, worker: 0)
        for shard in decomposition == .samples ? [0, 1, 2] : [observation.worker] {
          let made = try version(observation, shard)
          // Adam's correction counts the updates of each shard by itself.
          if optimizer.statePerParameter == 2, made != observation.step { continue }
          let next = try shown.first {
            try (decomposition == .samples || $0.worker == observation.worker)
              && version($0, shard) == made + 1
          }
          let expected = next?.parameters ?? outcome.parameters
          #expect(Array(after[ranges[shard]]) == Array(expected[ranges[shard]]))
          checked += 1
        }
      }
      #expect(checked > 30, "\(policy): \(checked)")
    }
  }
}
