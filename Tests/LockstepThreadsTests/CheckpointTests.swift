import LockstepCore
import LockstepModels
import Testing

@testable import LockstepThreads

/// Runs of real threads that are saved along the way, and go on from there in another engine.
@Suite(.timeLimit(.minutes(15))) struct `A saved run of threads` {
  /// What a run is compared by: everything but times, as text, which has every number exactly.
  private static func facts<Scalar: ModelScalar>(
    _ outcome: ThreadEngine<Scalar>.Outcome
  ) -> String {
    let curve = outcome.loss.curve.map { "\($0.update) \(String(describing: $0.loss))" }
    let workers = outcome.workers.map(\.updates)
    return """
      \(outcome.parameters) \(outcome.status) \(outcome.updates) \(outcome.samples) \(curve) \
      \(String(describing: outcome.loss.final)) \(outcome.tornViews) \(workers)
      """
  }

  /// Has all workers rest whenever so many iterations have been made, wherever the others are.
  private final class Disturbance: Sendable {
    private let state = Guarded((count: 0, rest: { @Sendable () in }))

    func begin(_ rest: @escaping @Sendable () -> Void) { state.withLock { $0.rest = rest } }

    func probe(every: Int) -> EngineProbe {
      var probe = EngineProbe()
      probe.afterIteration = { [self] _, _ in
        let rest = state.withLock { state in
          state.count += 1
          return state.count % every == 0 ? state.rest : nil
        }
        rest?()
      }
      return probe
    }
  }

  /// Runs with the workers resting every so many iterations, and gives every checkpoint.
  private static func save<Model: Objective>(
    _ trial: Trial, _ model: Model, every: Int
  ) throws -> (ThreadEngine<Model.Scalar>.Outcome, [CheckpointFile]) {
    var files: [CheckpointFile] = []
    let keeper = CheckpointKeeper(
      due: { true },
      write: { updates, arrays in
        let bytes = CheckpointFile.encode(["updates": "\(updates)"], arrays) { pieces in
          pieces.flatMap { [UInt8]($0) }
        }
        if let file = try? CheckpointFile(bytes, path: "test") { files.append(file) }
      })
    let disturbance = Disturbance()
    var trial = trial
    trial.checkpoints = keeper
    trial.probe = disturbance.probe(every: every)
    let engine = try trial.engine(model)
    disturbance.begin { engine.rest() }
    return (try engine.run(), files)
  }

  private static func resume<Model: Objective>(
    _ trial: Trial, _ model: Model, _ file: CheckpointFile
  ) throws -> ThreadEngine<Model.Scalar>.Outcome {
    var trial = trial
    trial.checkpoints = CheckpointKeeper(
      resuming: file, due: { false }, write: { _, _ in })
    return try trial.run(model)
  }

  private static func check<Model: Objective>(
    _ name: String, _ trial: Trial, _ model: Model
  ) throws {
    let expected = facts(try trial.run(model))
    for every in [5, 17] {
      let (outcome, files) = try save(trial, model, every: every)
      #expect(facts(outcome) == expected, "\(name): saving changes nothing")
      try #require(!files.isEmpty, "\(name)")
      for index in Set([0, files.count / 2, files.count - 1]) {
        let resumed = facts(try resume(trial, model, files[index]))
        #expect(resumed == expected, "\(name), checkpoint \(index) of \(files.count)")
      }
    }
  }

  @Test(arguments: ["sequential", "barrier"], Decomposition.allCases)
  func `goes on with the same bits`(policy: String, decomposition: Decomposition) throws {
    for optimizer in ["sgd", "momentum:0.9", "adam"] {
      let trial = Trial(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 3,
        optimizer: try OptimizerSpecification(optimizer), rate: 0.05, schedule: .linear,
        updates: 70, lossEvery: 21)
      let name = "\(policy) \(decomposition) \(optimizer)"
      try Self.check(name, trial, try Models.network(as: Double.self))
      try Self.check(name + " single", trial, try Models.network(as: Float.self))
    }
  }

  @Test(arguments: ["sequential", "barrier"], Decomposition.allCases)
  func `goes on with the same bits in place`(
    policy: String, decomposition: Decomposition
  ) throws {
    let model = Models.sparse(as: Float.self)
    for batch in [1, 4] {
      let trial = Trial(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 2,
        rate: 0.05, batch: batch, updates: 150, lossEvery: 40)
      #expect(ThreadEngine.updatesInPlace(model, configuration: trial.configuration))
      try Self.check("\(policy) \(decomposition) \(batch)", trial, model)
    }
  }

  @Test(arguments: ["bounded:0", "bounded:3", "hogwild", "locked"], Decomposition.allCases)
  func `goes on from where its workers stood`(
    policy: String, decomposition: Decomposition
  ) throws {
    let model = try Models.network(as: Float.self)
    let trial = Trial(
      decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 3,
      optimizer: "adam", rate: 0.01, updates: 200, lossEvery: 50)
    let (_, files) = try Self.save(trial, model, every: 13)
    for index in Set([0, files.count / 2, files.count - 1]) {
      let outcome = try Self.resume(trial, model, files[index])
      #expect(outcome.status == .completed)
      #expect(outcome.updates == 200)
      #expect(outcome.workers.map(\.updates).reduce(0, +) == 200)
      #expect(outcome.loss.curve.last?.update == 200)
      #expect(outcome.samples == (decomposition == .blocks ? (200 * 8 + 2) / 3 : 200 * 8))
    }
  }

  @Test(arguments: ["sequential", "barrier"], Decomposition.allCases)
  func `shows every observation once`(policy: String, decomposition: Decomposition) throws {
    let model = try Models.network(as: Double.self)
    var trial = Trial(
      decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 3,
      optimizer: "momentum:0.5", rate: 0.05, updates: 70,
      lossEvery: 21)
    func observed() -> Guarded<[StepObservation]> {
      let shown = Guarded<[StepObservation]>([])
      trial.observer = StepObserver(every: 4) { observation in
        shown.withLock { $0.append(observation) }
      }
      return shown
    }
    let expected = observed()
    _ = try trial.run(model)
    for every in [5, 6, 7] {
      let shown = observed()
      _ = try Self.save(trial, model, every: every)
      #expect(
        shown.withLock { $0 } == expected.withLock { $0 }, "\(policy) \(decomposition) \(every)")
    }
  }
}
