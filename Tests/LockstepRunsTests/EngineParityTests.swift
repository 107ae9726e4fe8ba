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
      configuration: EngineConfiguration(
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
      for optimizer in [
        OptimizerSpecification.sgd, "momentum:0.9", "adam", "adamw:0.1", "lion:0.1",
      ] {
        try Self.expectEqual(
          Self.network(), policy: policy, decomposition: decomposition, workers: workers,
          optimizer: optimizer)
        try Self.expectEqual(
          Self.quadratic(), policy: policy, decomposition: decomposition, workers: workers,
          optimizer: optimizer)
      }
    }
  }

  // MARK: Models that threads update in place

  /// 200 sparse examples of 40 features, about 12 in a row, with labels ±1.
  private static func rows<Scalar: ModelScalar>(
    as type: Scalar.Type, features: Int
  ) -> LinearModel<Scalar> {
    var stream = RandomStream(seed: 12, purpose: .syntheticData)
    var offsets = [0]
    var columns: [Int32] = []
    for _ in 0..<200 {
      var row = Set<Int>()
      while row.count < 12 { row.insert(stream.integer(below: features)) }
      columns += row.sorted().map { Int32($0) }
      offsets.append(columns.count)
    }
    return LinearModel(
      loss: .logistic,
      training: ExampleSet(
        offsets: offsets, columns: columns,
        values: columns.map { _ in Scalar(stream.normal() / 3) }, featureCount: features,
        targets: (0..<200).map { _ in stream.uniform() < 0.5 ? 1 : -1 }, classes: nil),
      featureCount: features, intercept: true)
  }

  private static func ratings() throws -> Factorization<Double> {
    var stream = RandomStream(seed: 14, purpose: .syntheticData)
    return try Factorization(
      rank: 4,
      training: ExampleSet(
        users: (0..<500).map { _ in Int32(stream.integer(below: 30)) },
        items: (0..<500).map { _ in Int32(stream.integer(below: 21)) },
        ratings: (0..<500).map { _ in 1 + 4 * stream.uniform() }),
      userCount: 30, itemCount: 21)
  }

  private static func expectEqualInPlace<Model: Objective>(
    _ model: Model, _ policy: String, _ decomposition: Decomposition, batch: Int,
    schedule: RateSchedule, rate: Double
  ) throws {
    let policy = try PolicySpecification.parse(policy)
    let topology = try Topology(.live)
    let configuration = EngineConfiguration(
      decomposition: decomposition, policy: policy, workers: 3, optimizer: .sgd,
      learningRate: rate, schedule: schedule, batch: batch, updates: 200, lossEvery: 1000, seed: 7)
    #expect(ThreadEngine.updatesInPlace(model, configuration: configuration))
    let threads = try ThreadEngine(
      model: model, configuration: configuration, topology: topology,
      placement: PlacementPlan(workers: 3, pin: PinPlan("none"), on: topology)
    ).run()
    let virtual = try EventEngine(
      model: model,
      configuration: EngineConfiguration(
        decomposition: decomposition, policy: policy, workers: 3, optimizer: .sgd,
        learningRate: rate, schedule: schedule, batch: batch, updates: 200, lossEvery: 1000,
        seed: 7),
      service: .exponential(mean: 1)
    ).run()
    #expect(threads.parameters == virtual.parameters, "batch \(batch), \(schedule)")
    #expect(threads.loss.final == virtual.loss.final)
  }

  // 41 parameters, 3 workers: the borders of cache lines are not those of an even cut.
  @Test(arguments: ["barrier", "sequential"], Decomposition.allCases)
  func `agree in every bit also where threads update in place`(
    policy: String, decomposition: Decomposition
  ) throws {
    for (batch, schedule) in [(1, RateSchedule.linear), (8, .constant), (8, .linear)] {
      try Self.expectEqualInPlace(
        Self.rows(as: Double.self, features: 40), policy, decomposition, batch: batch,
        schedule: schedule, rate: 0.3)
      try Self.expectEqualInPlace(
        Self.rows(as: Float.self, features: 400), policy, decomposition, batch: batch,
        schedule: schedule, rate: 0.3)
      try Self.expectEqualInPlace(
        Self.ratings(), policy, decomposition, batch: batch, schedule: schedule, rate: 0.02)
    }
  }
}
