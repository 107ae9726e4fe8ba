import Benchmark
import Lockstep

/// The virtual-time engine on one thread of the host: its events per second with a trivial model, and
/// what it costs beside the gradients themselves for a network.
func addSimulatorBenchmarks() {
  for workers in [64, 1_024, 65_536] {
    for (name, service) in [
      ("constant", ServiceSpecification.constant(1)), ("exponential", .exponential(mean: 1)),
    ] {
      addEvents("events, \(name), \(workers) workers", service: service, workers: workers)
    }
  }
  for (widths, updates) in [([128], 1_024), ([512, 512], 512)] {
    for workers in [8, 64] {
      addOverhead(
        "simulated mlp 784-\(widths.map { "\($0)-" }.joined())10, batch 32, \(workers) workers",
        widths: widths, updates: updates, workers: workers)
    }
  }
}

private let eventsPerSecond = BenchmarkMetric.custom(
  "events/s", polarity: .prefersLarger, useScalingFactor: false)
private let overhead = BenchmarkMetric.custom(
  "time above the bare gradients (‰)", polarity: .prefersSmaller, useScalingFactor: false)

private func addEvents(_ name: String, service: ServiceSpecification, workers: Int) {
  Benchmark(
    name,
    configuration: .init(
      metrics: [eventsPerSecond], units: [eventsPerSecond: .count], maxDuration: .seconds(6),
      maxIterations: 5)
  ) { benchmark in
    let updates = 3_000_000
    guard case .quadratic(let one) = try ModelSpecification("quadratic:eigenvalues=1").kind else {
      return
    }
    let model = try Quadratic<Double>(one)
    let engine = try EventEngine(
      model: model,
      configuration: EngineConfiguration(
        decomposition: .samples, policy: Hogwild(), workers: workers, optimizer: .sgd,
        learningRate: 1e-6, batch: 1, updates: updates, lossEvery: updates, seed: 1),
      service: service)
    let clock = ContinuousClock()
    let time = try clock.measure { _ = try engine.run() }
    benchmark.measurement(eventsPerSecond, Int(Double(updates) / (time / .seconds(1))))
  }
}

/// Adds a run of simulated workers beside a plain loop over the same gradients and updates: the
/// two take turns, and what is measured is by how much the first takes longer.
private func addOverhead(_ name: String, widths: [Int], updates: Int, workers: Int) {
  // The harness runs a benchmark on one thread, and each in a process of its own.
  nonisolated(unsafe) var model: MultilayerPerceptron<Float>?
  Benchmark(
    name,
    configuration: .init(
      metrics: [overhead], units: [overhead: .count], maxDuration: .seconds(20), maxIterations: 9)
  ) { benchmark in
    guard let model else { return }
    let configuration = EngineConfiguration(
      decomposition: .samples, policy: Hogwild(), workers: workers, optimizer: .sgd,
      learningRate: 0.01, batch: 32, updates: updates, lossEvery: updates, seed: 1)
    let engine = try EventEngine(
      model: model, configuration: configuration, service: .exponential(mean: 1))
    let bare = BareLoop(model, configuration)
    let clock = ContinuousClock()
    let evaluation = clock.measure { bare.evaluate() }
    let alone = clock.measure { bare.run(updates: updates) }
    let simulated = try clock.measure { _ = try engine.run() }
    // A run evaluates the training loss before its first and after its last update.
    let extra = (simulated - evaluation * 2) / alone - 1
    benchmark.measurement(overhead, Int((extra * 1000).rounded()))
  } setup: {
    model = try MultilayerPerceptron(
      hiddenWidths: widths, training: SyntheticModels.images(), featureCount: 784, classCount: 10)
  }
}

/// Gradients and updates one after the other on one vector, with nothing around them.
private final class BareLoop<Model: Objective> where Model.Scalar == Float {
  private let model: Model
  private let configuration: EngineConfiguration
  private let computer: GradientComputer<Model.Scalar>
  private let parameters: UnsafeMutablePointer<Float>
  private let evaluator: LossEvaluator<Model.Scalar>

  init(_ model: Model, _ configuration: EngineConfiguration) {
    self.model = model
    self.configuration = configuration
    computer = GradientComputer(
      model: model, range: 0..<model.parameterCount, batch: configuration.batch, seed: 1,
      worker: 0)
    parameters = .allocate(capacity: model.parameterCount)
    model.initialize(parameters, seed: 1)
    evaluator = LossEvaluator(model, lanes: 1)
  }

  deinit { parameters.deallocate() }

  func evaluate() { _ = evaluator.evaluate(at: parameters, on: .training) }

  func run(updates: Int) {
    let optimizer = Optimizer<Float>(configuration.optimizer, rate: configuration.learningRate)
    var feed = MinibatchFeed(
      decomposition: .samples, budget: configuration.budget, batch: configuration.batch,
      sampling: .shuffled, minibatches: nil, seed: 1, exampleCount: model.trainingCount, worker: 0)
    for clock in 0..<updates {
      feed.advance(to: clock)
      computer.compute(at: parameters, examples: feed.examples, clock: clock)
      optimizer.apply(
        computer.gradient, to: parameters, state: OptimizerState(first: nil, second: nil),
        offset: 0, count: model.parameterCount, step: clock + 1, clock: clock)
    }
  }
}
