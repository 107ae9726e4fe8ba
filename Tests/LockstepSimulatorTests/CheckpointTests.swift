import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepSimulator

/// Runs that are saved along the way, and go on from there in another engine.
///
/// What came of a run is compared as text, which has every number exactly.
@Suite(.timeLimit(.minutes(15))) struct `A saved run in virtual time` {
  /// What a run saved, and how many observations had been shown by then.
  struct Saved {
    var file: CheckpointFile
    var shown: Int
  }

  /// Runs a configuration to its end, saving its state after every so many events or updates, and once more
  /// from some of the checkpoints.
  ///
  /// - Parameters:
  ///   - every: the number of events or updates between two checkpoints.
  ///   - threads: the number of host threads of the runs that go on.
  ///   - run: makes an engine and runs it.
  static func check(
    _ name: String, _ configuration: EngineConfiguration, every: Int = 3, observing: Int? = nil,
    threads: Int? = nil, _ run: (EngineConfiguration) throws -> String
  ) throws {
    func observed(_ configuration: inout EngineConfiguration) -> Observations {
      let observations = Observations()
      configuration.observer = observing.map { observations.observer(every: $0) }
      return observations
    }
    var plain = configuration
    let all = observed(&plain)
    let expected = try run(plain)
    var saved: [Saved] = []
    var saving = configuration
    let shown = observed(&saving)
    let keeper = CheckpointKeeper(
      due: { true },
      write: { updates, arrays in
        let bytes = CheckpointFile.encode(["updates": "\(updates)"], arrays) { pieces in
          pieces.flatMap { [UInt8]($0) }
        }
        guard let file = try? CheckpointFile(bytes, path: "test") else {
          Issue.record("\(name): a checkpoint is not read")
          return
        }
        saved.append(Saved(file: file, shown: shown.all.count))
      })
    keeper.longestBurst = every
    saving.checkpoints = keeper
    #expect(try run(saving) == expected, "\(name): saving changes nothing")
    try #require(saved.count >= 3, "\(name)")
    // The first or the last, and one in between that differs from case to case.
    var stream = RandomStream(seed: UInt64(name.utf8.count), purpose: .syntheticData)
    let some = [stream.uniform() < 0.5 ? 0 : saved.count - 1, stream.integer(below: saved.count)]
    for index in Set(some).sorted() {
      var resuming = configuration
      resuming.hostThreads = threads ?? configuration.hostThreads
      resuming.checkpoints = CheckpointKeeper(
        resuming: saved[index].file, due: { false }, write: { _, _ in })
      let rest = observed(&resuming)
      #expect(try run(resuming) == expected, "\(name), checkpoint \(index) of \(saved.count)")
      #expect(rest.all == Array(all.all[saved[index].shown...]), "\(name), checkpoint \(index)")
    }
  }

  static func events<Model: Objective>(
    _ simulation: Simulation, _ model: Model
  ) -> (EngineConfiguration) throws -> String {
    { configuration in
      "\(try EventEngine(model: model, configuration: configuration, service: simulation.service).run())"
    }
  }

  static let policies = [
    "sequential", "barrier", "bounded:0", "bounded:2", "hogwild", "locked",
  ]

  /// 90 examples of 6 features in 3 classes, through a hidden layer, in single precision.
  private static func singleNetwork() throws -> MultilayerPerceptron<Float> {
    var stream = RandomStream(seed: 13, purpose: .syntheticData)
    let features = (0..<(90 * 6)).map { _ in Float(stream.normal()) }
    let classes = (0..<90).map { Int32($0 % 3) }
    return try MultilayerPerceptron(
      hiddenWidths: [5], activation: .tanh,
      training: ExampleSet(
        dense: features, featureCount: 6, targets: classes.map { Float($0) }, classes: classes),
      featureCount: 6, classCount: 3)
  }

  @Test(arguments: policies, Decomposition.allCases)
  func `goes on with the same bits, whatever the rule, the precision and the time of phases`(
    policy: String, decomposition: Decomposition
  ) throws {
    let double = try EventModels.network(width: 5)
    let single = try Self.singleNetwork()
    for optimizer in ["sgd", "momentum:0.9", "adam"] {
      for phases in [false, true] {
        var simulation = Simulation(
          decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 4,
          optimizer: try OptimizerSpecification(optimizer), rate: 0.05, updates: 40, lossEvery: 12)
        if phases {
          simulation.readTime = .exponential(mean: 0.4)
          simulation.applyTime = .constant(0.3)
        }
        let name = "\(policy) \(decomposition) \(optimizer) \(phases)"
        try Self.check(
          name, simulation.configuration, every: 7, threads: 3, Self.events(simulation, double))
        try Self.check(
          name + " single", simulation.configuration, every: 8, Self.events(simulation, single))
      }
    }
  }

  @Test(arguments: policies, Decomposition.allCases)
  func `goes on with the same bits after faults, and under an adversary`(
    policy: String, decomposition: Decomposition
  ) throws {
    let model = try EventModels.quadratic("dimension=9,noise=0.1,condition=20")
    let faults = [
      "worker=1,at=2,kind=stall:3", "worker=0,at=4.5,kind=restart", "worker=2,at=6,kind=restart",
      "worker=3,at=11,kind=crash",
    ]
    for phases in [false, true] {
      var simulation = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 4,
        optimizer: "momentum:0.5", rate: 0.05,
        schedule: .linear, updates: 80, lossEvery: 20)
      simulation.faults = try faults.map { text throws(ConfigurationError) in
        try FaultSpecification(text)
      }
      if phases { simulation.readTime = .constant(0.5) }
      try Self.check(
        "\(policy) \(decomposition) faults \(phases)", simulation.configuration,
        Self.events(simulation, model))
    }
    let adversary = Simulation(
      decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 4,
      updates: 60, lossEvery: 20, service: .adversarial(seed: 5))
    try Self.check(
      "\(policy) \(decomposition) adversary", adversary.configuration,
      Self.events(adversary, model))
  }

  @Test(arguments: policies, Decomposition.allCases)
  func `shows the rest of the observations`(
    policy: String, decomposition: Decomposition
  ) throws {
    let model = try EventModels.network(width: 4)
    for phases in [false, true] {
      var simulation = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 3,
        optimizer: "adam", rate: 0.01, updates: 60, lossEvery: 25)
      if phases { simulation.applyTime = .exponential(mean: 1) }
      try Self.check(
        "\(policy) \(decomposition) observed \(phases)", simulation.configuration, every: 5,
        observing: 4, Self.events(simulation, model))
    }
  }

  @Test(arguments: [
    "constant:0", "constant:3", "uniform:0..5", "geometric:2", "exchange:3",
  ])
  func `goes on with the same bits where delays are set directly`(law: String) throws {
    let model = DelayTrial.logistic()
    let delay = try DelaySpecification(law)
    for optimizer in ["sgd", "momentum:0.9", "adam"] {
      for (decomposition, scope) in [
        (Decomposition.blocks, DelayScope.read), (.samples, .read), (.samples, .message),
      ] where decomposition == .blocks || delay.specification != "exchange:3" {
        let trial = DelayTrial(
          decomposition: decomposition, workers: 3,
          optimizer: try OptimizerSpecification(optimizer), rate: 0.05, updates: 50, lossEvery: 20,
          scope: scope)
        try Self.check(
          "\(law) \(decomposition) \(scope) \(optimizer)", trial.configuration, every: 4,
          observing: 6
        ) { configuration in
          "\(try DelayEngine(model: model, configuration: configuration, delay: delay, scope: scope).run())"
        }
      }
    }
  }

  @Test func `goes on where many workers own a parameter each`() throws {
    let model = try EventModels.quadratic("dimension=300,condition=10")
    let simulation = Simulation(
      decomposition: .blocks, policy: try PolicySpecification.parse("bounded:3"), workers: 300,
      updates: 1500, lossEvery: 700, service: .pareto(mean: 1, tailIndex: 1.5))
    try Self.check(
      "many", simulation.configuration, every: 250, Self.events(simulation, model))
  }

  @Test(arguments: ["sequential", "barrier", "bounded:1", "hogwild"])
  func `takes a look at the loss once more that an interruption cut short`(policy: String) throws {
    let model = try EventModels.network(width: 5)
    for decomposition in Decomposition.allCases {
      let simulation = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 4,
        optimizer: "adam", rate: 0.05, updates: 60, lossEvery: 16)
      let run = Self.events(simulation, model)
      let expected = try run(simulation.configuration)
      var files: [CheckpointFile] = []
      var configuration = simulation.configuration
      let cancellation = Cancellation()
      configuration.cancellation = cancellation
      var asked = 0
      let keeper = CheckpointKeeper(
        due: {
          asked += 1
          guard asked == 3 else { return false }
          // Nobody stops the run, but its next look is given up.
          cancellation.request()
          while !cancellation.isOverdue {}
          return false
        },
        write: { _, arrays in
          let bytes = CheckpointFile.encode([:], arrays) { pieces in pieces.flatMap { [UInt8]($0) }
          }
          if let file = try? CheckpointFile(bytes, path: "a.ckpt") { files.append(file) }
        })
      keeper.longestBurst = 2
      configuration.checkpoints = keeper
      let stopped = try EventEngine(
        model: model, configuration: configuration, service: simulation.service
      ).run()
      #expect(stopped.status == .interrupted)
      #expect(files.count == 1)
      var resuming = simulation.configuration
      let file = try #require(files.last)
      resuming.checkpoints = CheckpointKeeper(
        resuming: file, due: { false }, write: { _, _ in })
      #expect(try run(resuming) == expected, "\(policy) \(decomposition)")
    }
  }

  @Test func `refuses the state of another run in a sentence`() throws {
    let model = try EventModels.quadratic("dimension=9,condition=20")
    var files: [CheckpointFile] = []
    var simulation = Simulation(workers: 3, updates: 30)
    var configuration = simulation.configuration
    let keeper = CheckpointKeeper(
      due: { true },
      write: { _, arrays in
        let bytes = CheckpointFile.encode([:], arrays) { pieces in pieces.flatMap { [UInt8]($0) } }
        if let file = try? CheckpointFile(bytes, path: "a.ckpt") { files.append(file) }
      })
    keeper.longestBurst = 5
    configuration.checkpoints = keeper
    _ = try EventEngine(
      model: model, configuration: configuration, service: simulation.service
    ).run()
    let file = try #require(files.first)
    for change in 0..<3 {
      simulation = Simulation(workers: change == 0 ? 4 : 3, updates: 30)
      if change == 1 { simulation.optimizer = "adam" }
      if change == 2 { simulation.decomposition = .blocks }
      var other = simulation.configuration
      other.checkpoints = CheckpointKeeper(
        resuming: file, due: { false }, write: { _, _ in })
      #expect(throws: CheckpointError.self) {
        try EventEngine(model: model, configuration: other, service: simulation.service).run()
      }
    }
  }
}
