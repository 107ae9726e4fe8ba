import LockstepCore
import LockstepModels

@testable import LockstepSimulator

/// A delay-driven run as tests want it.
struct DelayTrial {
  var decomposition = Decomposition.samples
  var workers = 1
  var optimizer = OptimizerSpecification.sgd
  var rate = 0.1
  var batch = 8
  var updates = 100
  var lossEvery = 1_000_000
  var target: Double?
  var seed: UInt64 = 7
  var initial: [Double]?
  var minibatches: MinibatchFile?
  var replicas = 1
  var warmup = 0
  var hostThreads = 2
  var scope = DelayScope.read

  var configuration: EngineConfiguration {
    EngineConfiguration(
      decomposition: decomposition, policy: Hogwild(), workers: workers, optimizer: optimizer,
      learningRate: rate, batch: batch, minibatches: minibatches, updates: updates,
      targetLoss: target, lossEvery: lossEvery, seed: seed, initialParameters: initial,
      replicas: replicas, warmup: warmup, hostThreads: hostThreads)
  }

  func run<Model: Objective>(
    _ model: Model, _ delay: String
  ) throws -> SimulationOutcome<Model.Scalar> {
    try DelayEngine(
      model: model, configuration: configuration, delay: DelaySpecification(delay), scope: scope
    ).run()
  }

  static func quadratic(_ keys: String) throws -> Quadratic<Double> {
    guard case .quadratic(let specification) = try ModelSpecification("quadratic:" + keys).kind
    else { throw Unexpected() }
    return try Quadratic(specification, seed: 5)
  }

  /// 120 examples of 9 dense features with labels ±1.
  static func logistic() -> LinearModel<Double> {
    var stream = RandomStream(seed: 11, purpose: .syntheticData)
    let features = (0..<(120 * 9)).map { _ in stream.normal() }
    let targets = (0..<120).map { features[$0 * 9] + features[$0 * 9 + 1] > 0 ? 1.0 : -1.0 }
    return LinearModel(
      loss: .logistic,
      training: ExampleSet(dense: features, featureCount: 9, targets: targets, classes: nil),
      featureCount: 9, intercept: true, l2: 0.01)
  }

  struct Unexpected: Error {}
}
