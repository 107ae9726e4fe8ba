import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepSimulator

/// The learning rate in virtual time, which follows the run's updates.
@Suite(.timeLimit(.minutes(15))) struct `A simulated schedule of rates` {
  private static func run<Model: Objective>(
    _ trial: Simulation, _ model: Model, every: Int = 1
  ) throws -> (SimulationOutcome<Model.Scalar>, [StepObservation]) {
    let observations = Observations()
    var configuration = trial.configuration
    configuration.schedule = .linear
    configuration.observer = observations.observer(every: every)
    let outcome = try EventEngine(
      model: model, configuration: configuration, service: trial.service
    ).run()
    return (outcome, observations.all)
  }

  @Test func `falls update by update where one worker makes three times as many`() throws {
    let trial = Simulation(workers: 2, updates: 12, service: .perWorker([1, 3]))
    let (outcome, shown) = try Self.run(trial, EventModels.quadratic("eigenvalues=1"))
    // By hand: worker 0 ends at 1, 2, 3, …; worker 1 at 3, 6, 9 with what it read at 0, 3, 6, after the
    // update that worker 0 makes at the same time.
    var x = 1.0
    var views = [x, x]
    var number = 0
    for time in 1...9 {
      for worker in 0..<2 where time % [1, 3][worker] == 0 {
        x -= 0.1 * (1 - Double(number) / 12) * views[worker]
        views[worker] = x
        number += 1
      }
    }
    #expect(number == 12)
    #expect((outcome.parameters[0] - x).magnitude < 1e-15)
    #expect(outcome.workers.map(\.updates) == [9, 3])
    #expect(shown.map(\.update) == Array(0..<12))
    for observation in shown {
      #expect(observation.rate == 0.1 * (1 - Double(observation.update) / 12))
    }
  }

  @Test(
    arguments: ["hogwild", "locked", "bounded:2", "sequential", "barrier"], Decomposition.allCases)
  func `is the run's under every policy`(policy: String, decomposition: Decomposition) throws {
    let quadratic = try EventModels.quadratic("dimension=7,condition=9,rotated=true")
    for takesTime in [false, true] {
      var trial = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 3,
        updates: 60, service: .gamma(mean: 1, variation: 2))
      if takesTime {
        trial.readTime = .exponential(mean: 0.3)
        trial.applyTime = .exponential(mean: 0.3)
      }
      let (outcome, shown) = try Self.run(trial, quadratic)
      #expect(outcome.updates == 60 && shown.count >= 20)
      for observation in shown {
        // A round of a barrier is one step, of which the first update is shown.
        #expect(
          observation.rate == 0.1 * (1 - Double(observation.update) / 60), "\(observation.update)")
      }
    }
  }

  // A round that all workers apply together is one step of plain descent, with one rate.
  @Test func `gives a round of a barrier one rate, joint or in blocks`() throws {
    for decomposition in Decomposition.allCases {
      let workers = 3
      let rounds = 20
      let trial = Simulation(
        decomposition: decomposition, policy: Barrier(), workers: workers,
        updates: decomposition == .blocks ? rounds * workers : rounds)
      let (outcome, _) = try Self.run(trial, EventModels.quadratic("dimension=6"))
      var expected = 1.0
      for round in 0..<rounds { expected *= 1 - 0.1 * (1 - Double(round) / Double(rounds)) }
      #expect(outcome.parameters.allSatisfy { ($0 - expected).magnitude < 1e-14 })
    }
  }

  @Test(arguments: Decomposition.allCases, [DelayScope.read, .message])
  func `is the run's where delays are set directly`(
    decomposition: Decomposition, scope: DelayScope
  ) throws {
    if decomposition == .blocks, scope == .message { return }
    let observations = Observations()
    var configuration = Simulation(decomposition: decomposition, workers: 3, updates: 24)
      .configuration
    configuration.schedule = .linear
    configuration.observer = observations.observer(every: 1)
    let outcome = try DelayEngine(
      model: EventModels.quadratic("dimension=6"), configuration: configuration,
      delay: .constant(0), scope: scope
    ).run()
    for observation in observations.all {
      // A round of `blocks` is applied together.
      let number = decomposition == .blocks ? observation.update / 3 * 3 : observation.update
      #expect(observation.rate == 0.1 * (1 - Double(number) / 24))
    }
    guard scope == .read else { return }
    var expected = 1.0
    for step in 0..<(decomposition == .blocks ? 8 : 24) {
      let share = Double(step) / (decomposition == .blocks ? 8 : 24)
      expected *= 1 - 0.1 * (1 - share)
    }
    #expect(outcome.parameters.allSatisfy { ($0 - expected).magnitude < 1e-14 })
  }
}
