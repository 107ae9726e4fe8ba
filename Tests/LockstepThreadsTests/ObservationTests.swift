import LockstepCore
import LockstepModels
import LockstepTopology
import Testing

@testable import LockstepThreads

/// Keeps what it is shown.
private final class Observations: @unchecked Sendable {
  // Invariant behind @unchecked: an engine shows updates on the test's own thread.
  private(set) var all: [StepObservation] = []

  func observer(every: Int) -> StepObserver {
    StepObserver(every: every) { [self] in all.append($0) }
  }
}

@Suite(.timeLimit(.minutes(15))) struct `Real threads with an observer` {
  private static func observe<Model: Objective>(
    _ trial: Trial, _ model: Model, every: Int
  ) throws -> (ThreadEngine<Model.Scalar>.Outcome, [StepObservation]) {
    let observations = Observations()
    var configuration = trial.configuration
    configuration.observer = observations.observer(every: every)
    let topology = try Topology(.live)
    let plan = try PlacementPlan(workers: trial.workers, pin: PinPlan(trial.pin), on: topology)
    let outcome = try ThreadEngine(
      model: model, configuration: configuration, topology: topology, placement: plan,
      probe: trial.probe
    ).run()
    return (outcome, observations.all)
  }

  private static func expectSameBits<Model: Objective>(
    _ model: Model, _ trial: Trial, every: Int, recordsTrace: Bool = false
  ) throws {
    var configuration = trial.configuration
    configuration.recordsTrace = recordsTrace
    let topology = try Topology(.live)
    let plan = try PlacementPlan(workers: trial.workers, pin: PinPlan(trial.pin), on: topology)
    let plain = try ThreadEngine(
      model: model, configuration: configuration, topology: topology, placement: plan
    ).run()
    let (watched, shown) = try observe(trial, model, every: every)
    let areEqual = watched.parameters == plain.parameters
    #expect(areEqual, "\(trial.policy.specification) \(trial.decomposition)")
    #expect(watched.updates == plain.updates && watched.samples == plain.samples)
    #expect(watched.loss.curve.map(\.update) == plain.loss.curve.map(\.update))
    #expect(watched.loss.curve.map(\.loss) == plain.loss.curve.map(\.loss))
    #expect(shown.first?.update == 0 && shown.count > 3)
  }

  @Test(arguments: [Barrier() as any SynchronizationPolicy, Sequential()], Decomposition.allCases)
  func `run the same trajectory, bit for bit, where the schedule leaves no choice`(
    policy: any SynchronizationPolicy, decomposition: Decomposition
  ) throws {
    for optimizer in [OptimizerSpecification.sgd, "adam"] {
      let trial = Trial(
        decomposition: decomposition, policy: policy, workers: 3, optimizer: optimizer,
        updates: 50, lossEvery: 11)
      try Self.expectSameBits(Models.network(as: Float.self), trial, every: 6)
      try Self.expectSameBits(Models.network(as: Double.self), trial, every: 1)
      // Without an observer or a trace this one is updated in place, which rounds differently.
      try Self.expectSameBits(Models.sparse(as: Float.self), trial, every: 6, recordsTrace: true)
    }
  }

  @Test func `alone, a worker sees at every update what the ones before have left`() throws {
    let model = Models.logistic()
    for policy in [Hogwild(), Locked()] as [any SynchronizationPolicy] {
      let trial = Trial(policy: policy, optimizer: "momentum:0.9", updates: 20, lossEvery: 6)
      let (_, shown) = try Self.observe(trial, model, every: 1)
      #expect(shown.map(\.update) == Array(0..<20))
      for observation in shown.dropFirst() {
        var short = trial
        short.updates = observation.update
        #expect(try short.run(model).parameters == observation.parameters)
        #expect(observation.view == nil && observation.step == observation.update + 1)
      }
    }
  }

  @Test func `single precision is widened, number by number`() throws {
    let trial = Trial(policy: Sequential(), workers: 2, updates: 9)
    let model = Models.logistic(as: Float.self)
    let (_, shown) = try Self.observe(trial, model, every: 8)
    var short = trial
    short.updates = 8
    #expect(try short.run(model).parameters.map { Double($0) } == shown.last?.parameters)
  }

  @Test(arguments: ["hogwild", "bounded:2", "locked"], Decomposition.allCases)
  func `show about one update in so many, in turn, and none that isn't made`(
    policy: String, decomposition: Decomposition
  ) throws {
    let trial = Trial(
      decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 3,
      optimizer: "adam", updates: 600, lossEvery: 200)
    let (outcome, shown) = try Self.observe(trial, Models.network(), every: 10)
    #expect((40...90).contains(shown.count), "\(shown.count)")
    // The observer gets them in order, pause by pause.
    #expect(shown.allSatisfy { $0.update >= 0 && $0.update < outcome.updates })
    for observation in shown {
      #expect(observation.examples.count == 8 && observation.state.count == 2)
      #expect(observation.parameters.allSatisfy { $0.isFinite })
      guard decomposition == .blocks, let view = observation.view else { continue }
      // Nobody else updates a worker's own shard.
      #expect(Array(view[observation.range]) == Array(observation.parameters[observation.range]))
    }
    // No worker observes right after a pause: the first one would see nothing stale.
    #expect(shown.allSatisfy { $0.clock >= 8 })
  }

  @Test func `where slots are few, stretches end when they are used up`() throws {
    // 64 slots at most: with every update shown, there are more observations than slots.
    let trial = Trial(policy: Sequential(), workers: 2, updates: 300)
    let (outcome, shown) = try Self.observe(trial, Models.logistic(), every: 1)
    #expect(shown.map(\.update) == Array(0..<300))
    #expect(outcome.loss.curve.map(\.update) == [0, 300])
    let joined = Trial(decomposition: .samples, policy: Barrier(), workers: 3, updates: 200)
    #expect(try Self.observe(joined, Models.logistic(), every: 1).1.map(\.update) == Array(0..<200))
  }

  // At one of two clocks it is the turn of the worker that waits.
  @Test(arguments: [200, 201])
  func `an interrupted run shows no update that wasn't made`(last: Int) throws {
    let observations = Observations()
    var configuration = Trial(policy: Barrier(), workers: 2, updates: 1_000_000).configuration
    configuration.observer = observations.observer(every: 1)
    let topology = try Topology(.live)
    let plan = try PlacementPlan(workers: 2, pin: PinPlan("compact"), on: topology)
    let stop = Guarded<(() -> Void)?>(nil)
    var probe = EngineProbe()
    probe.beforeIteration = { worker, clock in
      if worker == 1, clock == last { stop.withLock { $0?() } }
    }
    let engine = try ThreadEngine(
      model: Models.logistic(), configuration: configuration, topology: topology, placement: plan,
      probe: probe)
    stop.withLock { $0 = { engine.interrupt() } }
    let outcome = try engine.run()
    stop.withLock { $0 = nil }
    #expect(outcome.status == .interrupted)
    #expect(observations.all.count >= 64)
    #expect(observations.all.allSatisfy { $0.update < outcome.updates })
  }

  @Test(arguments: Decomposition.allCases)
  func `show the view that was read, and not what it has become`(
    decomposition: Decomposition
  ) throws {
    // Worker 0 reads at clock 8, where it observes, and then waits until worker 1 has made 5 iterations.
    let others = Staleness.Counter()
    let reader = Staleness.Counter()
    let views = Guarded<[Int]>([])
    var probe = EngineProbe()
    probe.afterRead = { worker, clock, versions in
      guard worker == 0 && clock == 8 else { return }
      views.withLock { $0 = Array(versions) }
      reader.increment()
      while others.value < 5 {}
    }
    probe.afterIteration = { worker, _ in
      if worker == 1, reader.value > 0 { others.increment() }
    }
    let observations = Observations()
    var configuration = Trial(
      decomposition: decomposition, policy: Hogwild(), workers: 2, rate: 0.01, updates: 2000
    ).configuration
    configuration.observer = observations.observer(every: 4)
    // Whoever is free makes the next update: worker 1 has 5 left whatever happens before.
    probe.beforeIteration = { worker, clock in
      if worker == 1, clock == 50 { while reader.value == 0 {} }
    }
    _ = try Trial.run(Models.quadratic("dimension=16,coupling=0.3"), configuration, probe: probe)
    let shown = try #require(observations.all.first { $0.worker == 0 && $0.clock == 8 })
    let view = try #require(shown.view)
    #expect(view != shown.parameters)
    if decomposition == .blocks {
      #expect(Array(view[shown.range]) == Array(shown.parameters[shown.range]))
    }
  }
}
