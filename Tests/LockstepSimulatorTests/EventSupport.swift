import LockstepCore
import LockstepModels
import LockstepTelemetry

@testable import LockstepSimulator

/// A run of the event engine, as tests want it.
struct Simulation {
  var decomposition = Decomposition.samples
  var policy: any SynchronizationPolicy = Hogwild()
  var workers = 1
  var optimizer = OptimizerSpecification.sgd
  var rate = 0.1
  var schedule = RateSchedule.constant
  var clip: Double?
  var batch = 8
  var sampling = SamplingMethod.shuffled
  var minibatches: MinibatchFile?
  var updates = 100
  var lossEvery = 1_000_000_000
  var target: Double?
  var seed: UInt64 = 7
  var initial: [Double]?
  var hostThreads = 1
  var replicas = 1
  var recordsTrace = false
  var faults: [FaultSpecification] = []
  var service = ServiceSpecification.exponential(mean: 1)
  var readTime: ServiceSpecification?
  var applyTime: ServiceSpecification?

  var configuration: EngineConfiguration {
    var configuration = EngineConfiguration(
      decomposition: decomposition, policy: policy, workers: workers, optimizer: optimizer,
      learningRate: rate, schedule: schedule, batch: batch, sampling: sampling,
      minibatches: minibatches,
      updates: updates, targetLoss: target,
      lossEvery: lossEvery, seed: seed, initialParameters: initial, faults: faults,
      readTime: readTime, applyTime: applyTime, recordsTrace: recordsTrace,
      replicas: replicas, hostThreads: hostThreads)
    configuration.clip = clip
    return configuration
  }

  /// The most examples of a minibatch.
  var largestBatch: Int { max(batch, minibatches?.longest ?? 0) }

  func engine<Model: Objective>(_ model: Model) throws -> EventEngine<Model.Scalar> {
    try EventEngine(model: model, configuration: configuration, service: service)
  }

  func run<Model: Objective>(_ model: Model) throws -> SimulationOutcome<Model.Scalar> {
    try engine(model).run()
  }
}

/// Small models that tests train.
enum EventModels {
  static func quadratic(_ keys: String) throws -> Quadratic<Double> {
    guard case .quadratic(let specification) = try ModelSpecification("quadratic:" + keys).kind
    else { throw Unexpected() }
    return try Quadratic(specification, seed: 5)
  }

  /// 90 examples of 6 features in 3 classes, through a hidden layer.
  static func network(width: Int = 7) throws -> MultilayerPerceptron<Double> {
    var stream = RandomStream(seed: 13, purpose: .syntheticData)
    let features = (0..<(90 * 6)).map { _ in stream.normal() }
    let classes = (0..<90).map { Int32($0 % 3) }
    let training = ExampleSet(
      dense: features, featureCount: 6, targets: classes.map { Double($0) }, classes: classes)
    return try MultilayerPerceptron(
      hiddenWidths: [width], activation: .tanh, training: training, featureCount: 6,
      classCount: 3)
  }

  struct Unexpected: Error {}
}

/// A law of each kind, with mean 1.
let everyLaw: [ServiceSpecification] = [
  .constant(1), .exponential(mean: 1), .gamma(mean: 1, variation: 0.3),
  .gamma(mean: 1, variation: 2), .pareto(mean: 1, tailIndex: 2.5),
  .lognormal(mean: 1, variation: 0.7),
]
