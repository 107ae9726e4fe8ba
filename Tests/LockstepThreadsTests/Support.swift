import Foundation
import LockstepCore
import LockstepModels
import LockstepTopology

@testable import LockstepThreads

/// A run of real threads on this machine, as tests want it.
struct Trial {
  var decomposition = Decomposition.blocks
  var policy: any SynchronizationPolicy = Barrier()
  var workers = 1
  var optimizer = OptimizerSpecification.sgd
  var rate = 0.1
  var schedule = RateSchedule.constant
  var clip: Double?
  var batch = 8
  var updates = 100
  var lossEvery = 1_000_000
  var target: Double?
  var pin = "compact"
  var initial: [Double]?
  var minibatches: MinibatchFile?
  var probe: EngineProbe?
  var observer: StepObserver?
  var checkpoints: CheckpointKeeper?

  var configuration: EngineConfiguration {
    var configuration = EngineConfiguration(
      decomposition: decomposition, policy: policy, workers: workers, optimizer: optimizer,
      learningRate: rate, schedule: schedule, batch: batch, minibatches: minibatches,
      updates: updates,
      targetLoss: target, lossEvery: lossEvery, seed: 7, initialParameters: initial)
    configuration.clip = clip
    configuration.observer = observer
    configuration.checkpoints = checkpoints
    return configuration
  }

  func engine<Model: Objective>(_ model: Model) throws -> ThreadEngine<Model.Scalar> {
    let topology = try Topology(.live)
    let plan = try PlacementPlan(workers: workers, pin: PinPlan(pin), on: topology)
    return try ThreadEngine(
      model: model, configuration: configuration, topology: topology, placement: plan,
      probe: probe)
  }

  func run<Model: Objective>(_ model: Model) throws -> ThreadEngine<Model.Scalar>.Outcome {
    try engine(model).run()
  }

  /// Runs a configuration on this machine.
  static func run<Model: Objective>(
    _ model: Model, _ configuration: EngineConfiguration, probe: EngineProbe? = nil
  ) throws -> ThreadEngine<Model.Scalar>.Outcome {
    let topology = try Topology(.live)
    return try ThreadEngine(
      model: model, configuration: configuration, topology: topology,
      placement: PlacementPlan(workers: configuration.workers, pin: PinPlan("none"), on: topology),
      probe: probe
    ).run()
  }
}

/// Small models that tests train.
enum Models {
  static func quadratic(_ keys: String) throws -> Quadratic<Double> {
    guard case .quadratic(let specification) = try ModelSpecification("quadratic:" + keys).kind
    else { throw Unexpected() }
    return try Quadratic(specification, seed: 5)
  }

  /// 120 examples of 9 dense features with labels ±1.
  static func logistic<Scalar: ModelScalar>(
    as type: Scalar.Type = Double.self
  ) -> LinearModel<Scalar> {
    var stream = RandomStream(seed: 11, purpose: .syntheticData)
    let features = (0..<(120 * 9)).map { _ in Scalar(stream.normal()) }
    let targets = (0..<120).map { example in
      features[example * 9] + features[example * 9 + 1] > 0 ? Scalar(1) : Scalar(-1)
    }
    return LinearModel(
      loss: .logistic,
      training: ExampleSet(dense: features, featureCount: 9, targets: targets, classes: nil),
      featureCount: 9, intercept: true, l2: 0.01)
  }

  /// 200 sparse examples of 400 features, about 12 in a row, with labels ±1.
  static func sparse<Scalar: ModelScalar>(
    as type: Scalar.Type = Double.self, features: Int = 400, intercept: Bool = false
  ) -> LinearModel<Scalar> {
    var stream = RandomStream(seed: 12, purpose: .syntheticData)
    var offsets = [0]
    var columns: [Int32] = []
    var values: [Scalar] = []
    var targets: [Scalar] = []
    for _ in 0..<200 {
      var row = Set<Int>()
      while row.count < 12 { row.insert(stream.integer(below: features)) }
      for column in row.sorted() {
        columns.append(Int32(column))
        values.append(Scalar(stream.normal() / 3))
      }
      offsets.append(columns.count)
      targets.append(stream.uniform() < 0.5 ? 1 : -1)
    }
    return LinearModel(
      loss: .logistic,
      training: ExampleSet(
        offsets: offsets, columns: columns, values: values, featureCount: features,
        targets: targets, classes: nil),
      featureCount: features, intercept: intercept)
  }

  /// 90 examples of 6 features in 3 classes, through hidden layers of 7 and 5.
  static func network<Scalar: ModelScalar>(
    as type: Scalar.Type = Double.self, activation: Activation = .tanh
  ) throws -> MultilayerPerceptron<Scalar> {
    var stream = RandomStream(seed: 13, purpose: .syntheticData)
    let features = (0..<(90 * 6)).map { _ in Scalar(stream.normal()) }
    let classes = (0..<90).map { Int32($0 % 3) }
    let training = ExampleSet(
      dense: features, featureCount: 6, targets: classes.map { Scalar($0) }, classes: classes)
    return try MultilayerPerceptron(
      hiddenWidths: [7, 5], activation: activation, training: training, featureCount: 6,
      classCount: 3)
  }

  struct Unexpected: Error {}
}

/// The largest relative difference between two vectors, by the larger one's norm.
func relativeDifference(_ first: [Double], _ second: [Double]) -> Double {
  let difference = zip(first, second).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
  let norm = first.map { $0 * $0 }.reduce(0, +).squareRoot()
  return difference / max(norm, 1e-300)
}

/// A value behind a lock that the thread sanitizer can see, which a `Mutex` is not: where two threads
/// want it at once, it is taken in the standard library's binary.
final class Guarded<Value>: @unchecked Sendable {
  // Invariant behind @unchecked: the value is only touched while the lock is held.
  private var value: Value
  private let lock = NSLock()

  init(_ value: Value) { self.value = value }

  func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
