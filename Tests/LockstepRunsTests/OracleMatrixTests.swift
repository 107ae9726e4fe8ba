import Foundation
import LockstepCore
import LockstepModels
import LockstepSimulator
import LockstepTelemetry
import LockstepThreads
import LockstepTopology
import Testing

/// Tiny runs of every model × decomposition × policy × workers × precision, in both engines: what has
/// to hold between the numbers of a record, and between records.
@Suite(.timeLimit(.minutes(15))) struct `Every kind of tiny run` {
  static let policies = ["sequential", "barrier", "bounded:0", "bounded:2", "hogwild", "locked"]
  static let optimizers: [OptimizerSpecification] = [
    .sgd, "momentum:0.9", "nesterov:0.5", "adagrad", "rmsprop", "adam", "adamw:0.1", "lion:0.1",
  ]
  static let models = [
    TinyModel("quadratic:dimension=8,condition=5,noise=0.1,l2=0.05"),
    TinyModel("least-squares:l2=0.1", "task=regression,examples=30,features=6"),
    TinyModel("logistic:intercept=true,l2=0.2", "examples=30,features=5"),
    TinyModel("svm", "examples=40,features=70,density=0.2"),
    TinyModel("mlp:3,activation=tanh,l2=0.1", "examples=30,features=4,classes=3"),
    TinyModel("factorization:2", "task=ratings,examples=40,users=7,items=6"),
  ]

  /// One run's settings.
  struct Setting {
    var policy: String
    var decomposition: Decomposition
    var workers: Int
    var optimizer: OptimizerSpecification
    var batch = 4
    var updates = 13
    var recordsTrace = false

    var isJoint: Bool { policy == "barrier" && decomposition == .samples }
    var isOrdered: Bool { policy == "barrier" || policy == "sequential" }
    var place: String {
      "\(policy) \(decomposition) workers \(workers) \(optimizer.specification) trace \(recordsTrace)"
    }
  }

  /// What both engines tell of a run.
  struct Result<Scalar> {
    var parameters: [Scalar]
    var updates: Int
    var samples: Int
    var loss: LossRecord
    var staleness: StalenessRecord
    var torn: Double?
    var workers: [WorkerRecord]
  }

  @Test(arguments: 0..<6, ["single", "double"])
  func `keeps what its record promises`(model: Int, precision: String) throws {
    if precision == "single" {
      try Self.check(Self.models[model], as: Float.self)
    } else {
      try Self.check(Self.models[model], as: Double.self)
    }
  }

  private static func check<Scalar: ModelScalar>(
    _ tiny: TinyModel, as type: Scalar.Type
  ) throws {
    let dataset = try tiny.data.map {
      try DataLoader.load(
        DataSpecification("synthetic:" + $0), heldOut: .fraction(0.2), seed: 3, as: Scalar.self)
    }
    let model = try ModelBuilder.make(
      ModelSpecification(tiny.model), dataset: dataset, kernels: .portable, seed: 5)
    let topology = try Topology(.live)
    var turn = 0
    for policy in policies {
      for decomposition in Decomposition.allCases {
        for workers in 1...4 {
          // The rules take turns, and the one that is updated in place comes every other time.
          turn += 1
          let optimizer = turn % 2 == 0 ? .sgd : optimizers[turn / 2 % optimizers.count]
          let setting = Setting(
            policy: policy, decomposition: decomposition, workers: workers, optimizer: optimizer)
          try check(setting, model, tiny, dataset, topology)
        }
      }
    }
  }

  private static func check<Model: Objective>(
    _ setting: Setting, _ model: Model, _ tiny: TinyModel, _ dataset: Dataset<Model.Scalar>?,
    _ topology: Topology
  ) throws {
    let place = "\(tiny.model) \(Model.Scalar.self) \(setting.place)"
    let simulated = try simulate(setting, model, place)
    let (threaded, isInPlace) = try thread(setting, model, topology)
    for result in [simulated, threaded] {
      try checkRecord(result, setting, model, place)
      let fresh = tiny.loss(at: result.parameters.map { Double($0) }, on: dataset?.training)
      #expect(isClose(result.loss.final, fresh), "\(result.loss.final ?? .nan) \(fresh): \(place)")
      if let heldOut = dataset?.heldOut {
        let fresh = tiny.loss(at: result.parameters.map { Double($0) }, on: heldOut)
        #expect(isClose(result.loss.heldout, fresh), "held out: \(place)")
      }
    }
    #expect(simulated.loss.initial == threaded.loss.initial, "\(place)")
    let counted = simulated.staleness.histogram.map { $0[1] }.reduce(0, +)
    let each =
      setting.decomposition == .blocks ? setting.workers - 1 : setting.isJoint ? setting.workers : 1
    #expect(counted == simulated.updates * each, "\(counted): \(place)")
    guard setting.isOrdered || setting.workers == 1 else { return }
    // Where the order leaves no choice both engines make the same numbers. In place examples are
    // applied one after the other, so the last digits differ.
    if !isInPlace { #expect(simulated.parameters == threaded.parameters, "\(place)") }
    #expect(isClose(threaded.loss.final, simulated.loss.final ?? .nan, 1e-6), "\(place)")
    let counts = threaded.staleness.histogram.map { $0[1] }.reduce(0, +)
    if !isInPlace { #expect(counts == counted, "threads \(counts): \(place)") }
    guard isInPlace else { return }
    var views = setting
    views.recordsTrace = true
    let (snapshots, _) = try thread(views, model, topology)
    #expect(snapshots.parameters == simulated.parameters, "\(place)")
  }

  private static func checkRecord<Model: Objective>(
    _ result: Result<Model.Scalar>, _ setting: Setting, _ model: Model, _ place: String
  ) throws {
    let iterations = result.workers.map(\.updates).reduce(0, +)
    #expect(result.updates == setting.updates, "\(place)")
    #expect(iterations == setting.updates * (setting.isJoint ? setting.workers : 1), "\(place)")
    let examples = iterations * min(setting.batch, model.trainingCount)
    // In `blocks` each of the workers has a part of a gradient.
    let parts = setting.decomposition == .blocks ? setting.workers : 1
    #expect(
      result.samples == (examples + parts - 1) / parts, "\(result.samples) examples: \(place)")
    let bound = Int(setting.policy.dropFirst("bounded:".count))
    let skew = setting.isOrdered ? 0 : bound.map { 2 * $0 + 1 }
    if let skew {
      let most = setting.decomposition == .blocks ? skew : skew * (setting.workers - 1)
      #expect((result.staleness.max ?? 0) <= Double(most), "\(place)")
    }
    if setting.isOrdered || setting.workers == 1 { #expect((result.torn ?? 0) == 0, "\(place)") }
    if setting.isOrdered || bound != nil {
      let updates = result.workers.map(\.updates)
      #expect((updates.max() ?? 0) - (updates.min() ?? 0) <= 1, "\(place)")
    }
    let histogram = result.staleness.histogram
    #expect(result.staleness.max == histogram.last.map { Double($0[0]) }, "\(place)")
    let count = histogram.map { $0[1] }.reduce(0, +)
    let sum = histogram.map { $0[0] * $0[1] }.reduce(0, +)
    if count > 0 {
      #expect(isClose(result.staleness.mean, Double(sum) / Double(count)), "\(place)")
    }
    let curve = result.loss.curve
    #expect(curve.first?.update == 0 && curve.last?.update == setting.updates, "\(place)")
    #expect(curve.last?.loss == result.loss.final, "\(place)")
    #expect(curve.first?.loss == result.loss.initial, "\(place)")
  }

  private static func isClose(_ one: Double?, _ other: Double, _ error: Double = 1e-10) -> Bool {
    guard let one else { return false }
    return (one - other).magnitude <= error * max(1e-3, other.magnitude)
  }

  private static func simulate<Model: Objective>(
    _ setting: Setting, _ model: Model, _ place: String
  ) throws -> Result<Model.Scalar> {
    let outcome = try EventEngine(
      model: model,
      configuration: EngineConfiguration(
        decomposition: setting.decomposition, policy: PolicySpecification.parse(setting.policy),
        workers: setting.workers, optimizer: setting.optimizer, learningRate: 0.02,
        batch: setting.batch, updates: setting.updates, lossEvery: 5, seed: 7),
      service: .exponential(mean: 1)
    ).run()
    let time = try #require(outcome.virtualTime)
    for worker in outcome.workers {
      #expect(worker.computeSeconds + worker.waitSeconds <= time * (1 + 1e-12), "\(place)")
    }
    return Result(
      parameters: outcome.parameters, updates: outcome.updates, samples: outcome.samples,
      loss: outcome.loss, staleness: outcome.staleness,
      torn: outcome.tornViews.torn.map { Double($0) },
      workers: outcome.workers)
  }

  private static func thread<Model: Objective>(
    _ setting: Setting, _ model: Model, _ topology: Topology
  ) throws -> (Result<Model.Scalar>, isInPlace: Bool) {
    let configuration = EngineConfiguration(
      decomposition: setting.decomposition, policy: try PolicySpecification.parse(setting.policy),
      workers: setting.workers, optimizer: setting.optimizer, learningRate: 0.02,
      batch: setting.batch, updates: setting.updates, lossEvery: 5, seed: 7,
      recordsTrace: setting.recordsTrace)
    let outcome = try ThreadEngine(
      model: model, configuration: configuration, topology: topology,
      placement: PlacementPlan(workers: setting.workers, pin: PinPlan("none"), on: topology)
    ).run()
    let isInPlace =
      !setting.recordsTrace && ThreadEngine.updatesInPlace(model, configuration: configuration)
    let result = Result(
      parameters: outcome.parameters, updates: outcome.updates, samples: outcome.samples,
      loss: outcome.loss, staleness: outcome.staleness,
      torn: outcome.tornViews.torn.map { Double($0) },
      workers: outcome.workers)
    return (result, isInPlace)
  }
}
