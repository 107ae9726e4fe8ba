import LockstepCore
import LockstepModels
import LockstepSimulator
import LockstepThreads
import LockstepTopology
import Testing

@Suite(.timeLimit(.minutes(15))) struct `The two engines` {
  /// 90 examples of 6 features in 3 classes, through a hidden layer.
  private static func network() throws -> MultilayerPerceptron<Double> {
    var stream = RandomStream(seed: 13, purpose: .syntheticData)
    let features = (0..<(90 * 6)).map { _ in stream.normal() }
    let classes = (0..<90).map { Int32($0 % 3) }
    let training = ExampleSet(
      dense: features, featureCount: 6, targets: classes.map { Double($0) }, classes: classes)
    return try MultilayerPerceptron(
      hiddenWidths: [7], activation: .tanh, training: training, featureCount: 6, classCount: 3)
  }

  private static func quadratic() throws -> Quadratic<Double> {
    let text = "quadratic:dimension=11,condition=20,rotated=true,noise=0.1"
    guard case .quadratic(let specification) = try ModelSpecification(text).kind else {
      throw DataError.unsuitable(reason: "not a quadratic")
    }
    return try Quadratic(specification, seed: 5)
  }

  private static func expectEqual<Model: Objective>(
    _ model: Model, policy: String, decomposition: Decomposition, workers: Int,
    optimizer: OptimizerSpecification
  ) throws {
    let policy = try PolicySpecification.parse(policy)
    let topology = try Topology(.live)
    let threads = try ThreadEngine(
      model: model,
      configuration: EngineConfiguration(
        decomposition: decomposition, policy: policy, workers: workers, optimizer: optimizer,
        learningRate: 0.02, batch: 8, updates: 121, lossEvery: 30, seed: 7),
      topology: topology,
      placement: PlacementPlan(workers: workers, pin: PinPlan("none"), on: topology)
    ).run()
    let virtual = try EventEngine(
      model: model,
      configuration: SimulationConfiguration(
        decomposition: decomposition, policy: policy, workers: workers, optimizer: optimizer,
        learningRate: 0.02, batch: 8, updates: 121, lossEvery: 30, seed: 7, hostThreads: 2),
      service: .exponential(mean: 1)
    ).run()
    #expect(virtual.parameters == threads.parameters, "\(workers) workers, \(decomposition)")
    #expect(virtual.updates == threads.updates && virtual.samples == threads.samples)
    #expect(virtual.loss.final == threads.loss.final)
    #expect(virtual.loss.curve.map(\.update) == threads.loss.curve.map(\.update))
    #expect(virtual.loss.curve.map(\.loss) == threads.loss.curve.map(\.loss))
    #expect(virtual.tornViews.torn == threads.tornViews.torn)
    #expect(virtual.workers.map(\.updates) == threads.workers.map(\.updates))
  }

  @Test(arguments: ["barrier", "sequential"], Decomposition.allCases)
  func `agree in every bit wherever the schedule leaves no choice`(
    policy: String, decomposition: Decomposition
  ) throws {
    for workers in [1, 2, 3, 5] {
      for optimizer in [OptimizerSpecification.sgd, .momentum(0.9), .adam] {
        try Self.expectEqual(
          Self.network(), policy: policy, decomposition: decomposition, workers: workers,
          optimizer: optimizer)
        try Self.expectEqual(
          Self.quadratic(), policy: policy, decomposition: decomposition, workers: workers,
          optimizer: optimizer)
      }
    }
  }
}
