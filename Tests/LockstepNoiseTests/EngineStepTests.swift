import LockstepCore
import LockstepModels
import LockstepSimulator
import Testing

@testable import LockstepNoise

@Suite(.timeLimit(.minutes(15))) struct `Steps of the engine` {
  /// The parameters after some updates of the engine, with all examples in every batch.
  private func parameters<Model: Objective>(
    of model: Model, after updates: Int, optimizer: OptimizerSpecification = .sgd,
    decomposition: Decomposition = .blocks, policy: any SynchronizationPolicy = Barrier(),
    workers: Int, from initial: [Double], rate: Double
  ) throws -> [Double] where Model.Scalar == Double {
    try EventEngine(
      model: model,
      configuration: EngineConfiguration(
        decomposition: decomposition, policy: policy, workers: workers, optimizer: optimizer,
        learningRate: rate, batch: 1000, updates: updates, lossEvery: 1_000_000, seed: 7,
        initialParameters: initial, hostThreads: 1),
      service: .constant(1)
    ).run().parameters
  }

  static let optimizers = [
    "sgd", "momentum:0.8", "nesterov:0.8", "adagrad", "rmsprop", "adam", "adamw:0.3", "lion:0.3",
  ]

  @Test(arguments: optimizers)
  func `a probe makes the step that a round of the engine makes`(name: String) throws {
    let optimizer = try OptimizerSpecification(name)
    let model = try NoiseModels.network([4], .tanh)
    let examples = (0..<40).map { Int32($0) }
    let workers = 3
    let rate = 0.05
    let start = normals(model.parameterCount, seed: 381, scale: 0.5)
    var state = [[Double]](
      repeating: [Double](repeating: 0, count: model.parameterCount),
      count: optimizer.statePerParameter)
    let estimator = try model.estimator(
      splits: [.workers], optimizer: optimizer, workers: workers, seed: 7)
    var point = start
    for round in 1...4 {
      let observation = model.observation(
        at: point, examples: examples, rate: rate, state: state, step: round)
      _ = estimator.estimate(observation)
      let after = try parameters(
        of: model, after: round * workers, optimizer: optimizer, workers: workers, from: start,
        rate: rate)
      for index in point.indices {
        let moved = point[index] + estimator.step[index]
        #expect((moved - after[index]).magnitude <= 1e-13 * max(1, after[index].magnitude))
      }
      // The state is carried on by the textbook: the engine keeps its own to itself.
      let gradient = SlowProbe(model: model, optimizer: optimizer, observation: observation)
        .gradient(at: point)
      state =
        TextbookRule(optimizer)
        .step(gradient, at: point, state: state, rate: rate, number: round).state
      point = after
    }
  }

  @Test func `gradient noise is that of the update's worker and clock`() throws {
    let model = try NoiseModels.quadratic("dimension=12,noise=1")
    let start = normals(12, seed: 382)
    func check(
      _ decomposition: Decomposition, _ policy: any SynchronizationPolicy, workers: Int,
      updates: Range<Int>, isJoint: Bool = false,
      _ change: (inout StepObservation) -> Void
    ) throws {
      func parameters(_ updates: Int) throws -> [Double] {
        updates == 0
          ? start
          : try self.parameters(
            of: model, after: updates, decomposition: decomposition, policy: policy,
            workers: workers, from: start, rate: 0.1)
      }
      let before = try parameters(updates.lowerBound)
      let after = try parameters(updates.upperBound)
      var observation = model.observation(at: before)
      change(&observation)
      let estimator = try model.estimator(
        splits: [.workers], workers: workers, seed: 7, isJoint: isJoint)
      _ = estimator.estimate(observation)
      for index in 0..<12 {
        #expect((before[index] + estimator.step[index] - after[index]).magnitude < 1e-13)
      }
    }
    // The second round of blocks, seen from its second worker: the draw is everybody's.
    try check(.blocks, Barrier(), workers: 3, updates: 3..<6) {
      $0.worker = 1
      $0.clock = 1
      $0.range = 4..<8
    }
    // Update 3 of two workers in turn is the second one of worker 1.
    try check(.samples, Sequential(), workers: 2, updates: 3..<4) {
      $0.worker = 1
      $0.clock = 1
    }
    // A joint update averages three draws.
    try check(.samples, Barrier(), workers: 3, updates: 1..<2, isJoint: true) { $0.clock = 1 }
  }
}
