import LockstepCore
import LockstepModels
import Testing

@testable import LockstepSimulator

@Suite(.timeLimit(.minutes(15))) struct `The event engine with an observer` {
  private static let policies: [any SynchronizationPolicy] = [
    Hogwild(), Barrier(), Sequential(), Locked(),
  ]

  @Test(arguments: Decomposition.allCases)
  func `runs the same trajectory, bit for bit`(decomposition: Decomposition) throws {
    let network = try EventModels.network()
    for policy in try Self.policies + [BoundedStaleness(argument: "2")] {
      for optimizer in [OptimizerSpecification.sgd, "adam"] {
        var trial = Simulation(
          decomposition: decomposition, policy: policy, workers: 3, optimizer: optimizer,
          updates: 40, lossEvery: 7)
        trial.hostThreads = 2
        let plain = try trial.run(network)
        let (watched, shown) = try trial.observe(network, every: 3)
        #expect(watched.parameters == plain.parameters)
        #expect(watched.loss == plain.loss)
        #expect(watched.staleness == plain.staleness)
        #expect(watched.virtualTime == plain.virtualTime)
        #expect(shown.first?.update == 0 && shown.count > 8, "\(policy.specification)")
      }
    }
  }

  @Test(
    arguments: [OptimizerSpecification.sgd, "momentum:0.9", "adam", "adamw:0.1"],
    Decomposition.allCases)
  func `shows all that it takes to make the update`(
    optimizer: OptimizerSpecification, decomposition: Decomposition
  ) throws {
    // Each update, made again from what was shown of it, leads to the parameters of the next one.
    let network = try EventModels.network()
    let bounded = try BoundedStaleness(argument: "2")
    for policy in [Hogwild(), Sequential(), bounded] as [any SynchronizationPolicy] {
      let trial = Simulation(
        decomposition: decomposition, policy: policy, workers: 3, optimizer: optimizer,
        rate: 0.02, updates: 30)
      let (outcome, shown) = try trial.observe(network, every: 1)
      #expect(shown.map(\.update) == Array(0..<30))
      for (index, observation) in shown.enumerated() {
        let after = replayed(
          observation, of: network, optimizer: optimizer, seed: trial.seed, worker: 0)
        let expected = index + 1 < shown.count ? shown[index + 1].parameters : outcome.parameters
        #expect(after == expected, "\(policy.specification), update \(index)")
      }
      let areStale = shown.contains { $0.view != nil }
      #expect(areStale == (policy is Sequential ? false : true))
    }
  }

  @Test func `shows the view that was read, at the version that the trace has`() throws {
    let quadratic = try EventModels.quadratic("dimension=6,condition=9,rotated=true,noise=0.1")
    var trial = Simulation(workers: 4, updates: 60)
    trial.recordsTrace = true
    let (outcome, shown) = try trial.observe(quadratic, every: 1)
    let events = try #require(outcome.trace).events.filter { !$0.applied.isEmpty }
    let versions = shown.map(\.parameters)
    for event in events {
      let update = try #require(event.applied.first) - 1
      let read = try #require(event.read.first)
      #expect(shown[update].view ?? shown[update].parameters == versions[read])
      #expect(shown[update].worker == event.worker && shown[update].clock == event.clock)
    }
    #expect(events.count == 60)
  }

  @Test func `in blocks a worker's own shard is never stale in its view`() throws {
    let quadratic = try EventModels.quadratic("dimension=7,condition=9,rotated=true")
    let trial = Simulation(decomposition: .blocks, workers: 3, updates: 60)
    let (_, shown) = try trial.observe(quadratic, every: 1)
    var stale = 0
    for observation in shown {
      guard let view = observation.view else { continue }
      stale += 1
      #expect(Array(view[observation.range]) == Array(observation.parameters[observation.range]))
    }
    #expect(stale > 20)
    #expect(Set(shown.map(\.range)) == [0..<3, 3..<5, 5..<7])
  }

  @Test func `shows a round of barrier once, with nothing of it applied`() throws {
    let network = try EventModels.network()
    let trial = Simulation(decomposition: .blocks, policy: Barrier(), workers: 3, updates: 31)
    let (outcome, shown) = try trial.observe(network, every: 7)
    #expect(shown.map(\.update) == [0, 9, 15, 21, 30])
    #expect(shown.allSatisfy { $0.view == nil && $0.worker == 0 && $0.clock == $0.update / 3 })
    // The reference goes to the same updates and no further.
    for observation in shown.dropFirst() {
      var short = trial
      short.updates = observation.update
      #expect(try short.run(network).parameters == observation.parameters)
    }
    #expect(outcome.updates == 31)
  }

  @Test func `shows a joint update with the minibatches of all workers`() throws {
    let network = try EventModels.network()
    let trial = Simulation(policy: Barrier(), workers: 3, batch: 5, updates: 12)
    let (_, shown) = try trial.observe(network, every: 4)
    #expect(shown.map(\.update) == [0, 4, 8])
    for observation in shown {
      var expected: [Int32] = []
      for worker in 0..<3 {
        var sampler = MinibatchSampler(
          exampleCount: 90, batch: 5, method: .shuffled, seed: 7, worker: worker, workers: 3)
        var examples = [Int32](repeating: 0, count: 5)
        sampler.draw(clock: observation.update, into: &examples)
        expected += examples
      }
      #expect(observation.examples == expected)
      #expect(observation.view == nil && observation.range == 0..<network.parameterCount)
    }
  }

  @Test func `shows the first replica only`() throws {
    let quadratic = try EventModels.quadratic("dimension=4,condition=3,noise=0.2")
    let observations = Observations()
    var configuration = Simulation(workers: 2, updates: 20).configuration
    configuration.replicas = 5
    configuration.observer = observations.observer(every: 5)
    _ = try EventEngine(
      model: quadratic, configuration: configuration, service: .exponential(mean: 1)
    ).run()
    #expect(observations.all.map(\.update) == [0, 5, 10, 15])
  }
}
