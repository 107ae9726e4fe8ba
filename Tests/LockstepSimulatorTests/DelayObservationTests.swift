import LockstepCore
import LockstepModels
import Testing

@testable import LockstepSimulator

@Suite(.timeLimit(.minutes(15))) struct `The delay engine with an observer` {
  private static func observe<Model: Objective>(
    _ trial: DelayTrial, _ model: Model, _ delay: String, every: Int
  ) throws -> (SimulationOutcome<Model.Scalar>, [StepObservation]) {
    let observations = Observations()
    var configuration = trial.configuration
    configuration.observer = observations.observer(every: every)
    let outcome = try DelayEngine(
      model: model, configuration: configuration, delay: DelaySpecification(delay),
      scope: trial.scope
    ).run()
    return (outcome, observations.all)
  }

  @Test(arguments: [
    (Decomposition.blocks, DelayScope.read, "constant:3"), (.blocks, .read, "uniform:0..4"),
    (.blocks, .read, "exchange:3"), (.samples, .read, "constant:2"),
    (.samples, .read, "geometric:2"), (.samples, .message, "uniform:0..3"),
  ])
  func `runs the same trajectory, bit for bit`(
    decomposition: Decomposition, scope: DelayScope, delay: String
  ) throws {
    let model = DelayTrial.logistic()
    for optimizer in [OptimizerSpecification.sgd, "adam"] {
      let trial = DelayTrial(
        decomposition: decomposition, workers: 3, optimizer: optimizer, updates: 41, lossEvery: 9,
        replicas: 2, scope: scope)
      let plain = try trial.run(model, delay)
      let (watched, shown) = try Self.observe(trial, model, delay, every: 4)
      #expect(watched.parameters == plain.parameters)
      #expect(watched.loss == plain.loss)
      #expect(watched.staleness == plain.staleness)
      #expect(watched.ensemble == plain.ensemble)
      #expect(shown.map(\.update) == Array(stride(from: 0, to: 41, by: 4)))
    }
  }

  @Test(arguments: [OptimizerSpecification.sgd, "momentum:0.9", "adam", "adamw:0.1"])
  func `in samples shows version k − τ, and all it takes to make the update`(
    optimizer: OptimizerSpecification
  ) throws {
    let model = DelayTrial.logistic()
    let trial = DelayTrial(workers: 3, optimizer: optimizer, rate: 0.02, updates: 40)
    let (outcome, shown) = try Self.observe(trial, model, "constant:3", every: 1)
    for (update, observation) in shown.enumerated() {
      let view = observation.view ?? observation.parameters
      #expect(view == shown[max(0, update - 3)].parameters)
      #expect((observation.view == nil) == (update == 0))
      let after = replayed(
        observation, of: model, optimizer: optimizer, seed: trial.seed, worker: update % 3)
      #expect(after == (update < 39 ? shown[update + 1].parameters : outcome.parameters))
    }
  }

  // Its author makes an update whole at its own cache, which lags behind the sum of all updates.
  @Test(arguments: ["adamw:0.5", "lion:0.5", "adam"])
  func `of messages let a rule read the parameters of the cache`(rule: String) throws {
    let model = DelayTrial.logistic()
    let optimizer = try OptimizerSpecification(rule)
    let trial = DelayTrial(
      workers: 1, optimizer: optimizer, rate: 0.02, updates: 30, scope: .message)
    let (_, shown) = try Self.observe(trial, model, "constant:2", every: 1)
    for (observation, next) in zip(shown, shown.dropFirst()) {
      #expect(observation.readsView)
      var atView = observation
      atView.parameters = observation.view ?? observation.parameters
      let after = replayed(atView, of: model, optimizer: optimizer, seed: trial.seed, worker: 0)
      for index in after.indices {
        let difference = after[index] - atView.parameters[index]
        let made = next.parameters[index] - observation.parameters[index]
        #expect((made - difference).magnitude < 1e-14)
      }
    }
  }

  @Test func `in blocks shows the own shard fresh and the others as old as they were read`()
    throws
  {
    let model = try DelayTrial.quadratic("dimension=7,condition=5,rotated=true")
    let trial = DelayTrial(decomposition: .blocks, workers: 3, updates: 30)
    let (outcome, shown) = try Self.observe(trial, model, "constant:2", every: 1)
    #expect(shown.count == 30)
    let rounds = stride(from: 0, to: 30, by: 3).map { shown[$0].parameters }
    for (update, observation) in shown.enumerated() {
      let round = update / 3
      #expect(observation.worker == update % 3 && observation.clock == round)
      #expect(observation.parameters == rounds[round])
      var expected = rounds[max(0, round - 2)]
      expected[observation.range] = rounds[round][observation.range]
      #expect(observation.view ?? observation.parameters == expected)
      let after = replayed(observation, of: model, optimizer: .sgd, seed: trial.seed, worker: 0)
      let next = round < 9 ? rounds[round + 1] : outcome.parameters
      #expect(Array(after[observation.range]) == Array(next[observation.range]))
    }
  }

  @Test func `in blocks each foreign shard is of a round that could be drawn`() throws {
    let model = try DelayTrial.quadratic("dimension=6,condition=5,rotated=true")
    let trial = DelayTrial(decomposition: .blocks, workers: 3, updates: 60)
    let (outcome, shown) = try Self.observe(trial, model, "uniform:0..2", every: 1)
    let rounds = stride(from: 0, to: 60, by: 3).map { shown[$0].parameters }
    var ages: [Int] = []
    for (update, observation) in shown.enumerated() {
      let view = observation.view ?? observation.parameters
      for shard in 0..<3 where shard != observation.worker {
        let range = (2 * shard)..<(2 * shard + 2)
        let age = (0...min(2, update / 3)).first {
          Array(view[range]) == Array(rounds[update / 3 - $0][range])
        }
        ages.append(try #require(age))
      }
    }
    // What was seen is what the engine counted.
    for pair in outcome.staleness.histogram {
      #expect(ages.count { $0 == pair[0] } == pair[1], "delay \(pair[0])")
    }
  }

  @Test func `exchange shows the version of the latest exchange`() throws {
    let model = try DelayTrial.quadratic("dimension=4,condition=5,rotated=true")
    let trial = DelayTrial(decomposition: .blocks, workers: 2, updates: 24)
    let (_, shown) = try Self.observe(trial, model, "exchange:3", every: 1)
    let rounds = stride(from: 0, to: 24, by: 2).map { shown[$0].parameters }
    for (update, observation) in shown.enumerated() {
      let round = update / 2
      var expected = rounds[round / 3 * 3]
      expected[observation.range] = rounds[round][observation.range]
      #expect(observation.view ?? observation.parameters == expected)
    }
  }

  @Test func `per message shows every update made, and the cache of its author`() throws {
    let model = DelayTrial.logistic()
    var trial = DelayTrial(workers: 3, rate: 0.05, updates: 30)
    trial.scope = .message
    let (outcome, fresh) = try Self.observe(trial, model, "constant:0", every: 1)
    #expect(fresh.allSatisfy { $0.view == nil })
    var short = trial
    short.updates = 27
    #expect(try short.run(model, "constant:0").parameters == fresh[27].parameters)
    #expect(outcome.updates == 30)

    let (_, late) = try Self.observe(trial, model, "constant:2", every: 1)
    for (update, observation) in late.enumerated() {
      let round = update / 3
      // Everything that was made in a round arrives two rounds late, everywhere.
      let view = observation.view ?? observation.parameters
      #expect(view == late[max(0, round - 2) * 3].parameters)
      #expect(observation.worker == update % 3 && observation.range == 0..<10)
    }
  }
}
