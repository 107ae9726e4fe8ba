import Foundation
import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepSimulator

/// Random configurations of everything that the event engine has, each run by the slow engine too.
@Suite(.timeLimit(.minutes(15))) struct `Random virtual runs` {
  static let policies = [
    "barrier", "sequential", "bounded:0", "bounded:1", "bounded:3", "hogwild", "locked",
  ]
  static let optimizers: [OptimizerSpecification] = [
    .sgd, "momentum:0.9", "nesterov:0.5", "adagrad", "rmsprop", "adam", "adamw:0.5", "lion:0.3",
  ]
  static let schedules: [RateSchedule] = [
    .linear, .cosine, RateSchedule(.constant, warmup: 9), RateSchedule(.cosine, warmup: 4),
    RateSchedule(.step(every: 5, factor: 0.7)), RateSchedule(.linear, warmup: 1000),
    RateSchedule(.file("factors")).with(RateTable(SlowEngine<Quadratic<Double>>.file)),
  ]
  static let laws: [ServiceSpecification] = [
    .constant(1), .constant(0.5), .exponential(mean: 1), .gamma(mean: 1, variation: 0.3),
    .gamma(mean: 1, variation: 2), .pareto(mean: 1, tailIndex: 1.5),
    .lognormal(mean: 1, variation: 0.7),
  ]
  static let models: [(model: String, data: String?)] = [
    ("quadratic:dimension=7,coupling=0.3,noise=0.5", nil),
    ("quadratic:laplacian=9,start=normal,l2=0.1", nil),
    ("least-squares:l2=0.01", "synthetic:task=regression,examples=23,features=5"),
    ("logistic:intercept=true", "synthetic:examples=31,features=12,density=0.3"),
    ("mlp:3,activation=tanh", "synthetic:examples=24,features=4,classes=3"),
    ("factorization:2", "synthetic:task=ratings,examples=40,users=5,items=4"),
  ]

  /// One minibatch a line, for 23 examples or more.
  private static func minibatches(lines: Int, size: Int) throws -> MinibatchFile {
    let path = NSTemporaryDirectory() + "minibatches-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text = (0..<lines).map { line in
      (0..<size).map { "\((line * 5 + $0 * 3) % 23)" }.joined(separator: " ")
    }
    try text.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    return try MinibatchFile(path: path, exampleCount: 23)
  }

  private static func setup(_ stream: inout RandomStream, hasData: Bool) throws -> Simulation {
    func pick<Element>(_ list: [Element]) -> Element { list[stream.integer(below: list.count)] }
    var setup = Simulation(
      decomposition: pick([.blocks, .samples]),
      policy: try PolicySpecification.parse(pick(policies)),
      workers: 1 + stream.integer(below: 5), optimizer: pick(optimizers), rate: 0.01,
      batch: pick([1, 3, 8, 100]), updates: 5 + stream.integer(below: 60),
      seed: stream.next() >> 1, hostThreads: pick([1, 2]), service: pick(laws))
    setup.sampling = pick([.shuffled, .replacement])
    setup.lossEvery = pick([1, 7, 1000])
    setup.recordsTrace = true
    if stream.integer(below: 2) == 0 { setup.schedule = pick(schedules) }
    setup.clip = pick([nil, nil, 0.05, 0.5])
    switch stream.integer(below: 5) {
    case 0: setup.service = .perWorker((0..<setup.workers).map { 1 + Double($0) })
    case 1: setup.readTime = pick(laws)
    case 2: setup.applyTime = pick(laws)
    case 3: (setup.readTime, setup.applyTime) = (pick(laws), pick(laws))
    default: break
    }
    if stream.integer(below: 3) == 0 {
      setup.faults = try (0..<(1 + stream.integer(below: 3))).map { _ in
        let kind = ["crash", "stall:3", "stall:0.4", "restart"][stream.integer(below: 4)]
        let time = Double(1 + stream.integer(below: 30)) / 2
        let worker = stream.integer(below: setup.workers)
        return try FaultSpecification("worker=\(worker),at=\(time),kind=\(kind)")
      }
    }
    if hasData, stream.integer(below: 4) == 0 {
      setup.minibatches = try minibatches(lines: setup.updates, size: setup.workers)
    }
    return setup
  }

  private static func check<Scalar: ModelScalar>(
    _ seed: Int, _ stream: inout RandomStream, as type: Scalar.Type
  ) throws {
    let (text, data) = models[stream.integer(below: models.count)]
    let dataset = try data.map {
      try DataLoader.load(
        DataSpecification($0), heldOut: .fraction(0), seed: 3, as: Scalar.self)
    }
    let model = try ModelBuilder.make(
      ModelSpecification(text), dataset: dataset, kernels: .portable, seed: 5)
    let setup = try setup(&stream, hasData: data != nil)
    try compare(setup, model, "seed \(seed), \(Scalar.self), \(text): \(describe(setup))")
  }

  private static func compare<Model: Objective>(
    _ setup: Simulation, _ model: Model, _ place: String
  ) throws {
    let outcome = try setup.run(model)
    let slow = SlowEngine(setup, model)
    slow.run()
    slow.expectEqual(outcome, place)
    let trace = try #require(outcome.trace)
    #expect(TraceCheck(trace).isSound, "\(TraceCheck(trace).violations): \(place)")
    let replayed = try ReplayEngine(
      model: model, configuration: setup.configuration, trace: trace
    ).run()
    #expect(replayed == outcome.parameters, "\(place)")
  }

  private static func describe(_ setup: Simulation) -> String {
    let law = { (law: ServiceSpecification?) in law?.specification ?? "none" }
    return "\(setup.decomposition) \(setup.policy.specification) workers \(setup.workers) "
      + "\(setup.optimizer) \(setup.schedule.specification) clip \(setup.clip ?? .infinity) updates \(setup.updates) batch \(setup.batch) "
      + "service \(law(setup.service)) read \(law(setup.readTime)) "
      + "apply \(law(setup.applyTime)) file \(setup.minibatches != nil) "
      + "faults \(setup.faults.map(\.specification))"
  }

  // A failure names its seed: make it the only one of the range to replay it.
  @Test(arguments: 0..<10) func `are the slow engine's in every number`(part: Int) throws {
    for seed in (part * 40)..<(part * 40 + 40) {
      var stream = RandomStream(seed: UInt64(seed), purpose: .syntheticData, worker: 7)
      if stream.integer(below: 3) == 0 {
        try Self.check(seed, &stream, as: Float.self)
      } else {
        try Self.check(seed, &stream, as: Double.self)
      }
    }
  }

  @Test(arguments: policies, Decomposition.allCases)
  func `show every update at the view that it was computed at`(
    policy: String, decomposition: Decomposition
  ) throws {
    let model = try EventModels.quadratic("dimension=7,coupling=0.3,noise=0.5")
    let setup = Simulation(
      decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 4,
      rate: 0.125, updates: 40)
    let (_, shown) = try setup.observe(model, every: 1)
    let slow = SlowEngine(setup, model)
    slow.run()
    let isBarrier = policy == "barrier"
    // Of a round that is applied together the first alone is shown, and a joint step at `w`.
    let expected = slow.shown.filter { !isBarrier || $0.worker == 0 }
    #expect(shown.map(\.update) == expected.map(\.update))
    for (one, other) in zip(shown, expected) {
      #expect(one.parameters == other.parameters && one.worker == other.worker)
      #expect((one.view ?? one.parameters) == (isBarrier ? one.parameters : other.view))
    }
    let stale = shown.count { $0.view != nil }
    #expect((stale > 20) == (policy != "barrier" && policy != "sequential"), "\(stale)")
  }
}
