import Benchmark
import Lockstep

/// Whole runs of the engine, hogwild over samples, on 1 and 2 pinned workers.
///
/// The rate is the engine's own: examples by the time the workers ran, without preparing the run
/// and without the losses before and after it.
func addTrainingBenchmarks() {
  for workers in [1, 2] {
    for (widths, updates) in [([128], 4_096), ([512, 512], 1_024)] {
      for batch in [32, 128] {
        let name = "784-" + widths.map { "\($0)-" }.joined() + "10"
        addTraining(
          "mlp \(name), batch \(batch), \(workers) workers", SyntheticModels.images, batch: batch,
          updates: updates * 32 / batch, workers: workers
        ) { images in
          try MultilayerPerceptron(
            hiddenWidths: widths, training: images, featureCount: 784, classCount: 10)
        }
      }
    }
    for (name, loss) in [("hinge", LinearLoss.hinge), ("logistic", .logistic)] {
      addTraining(
        "sparse \(name), \(workers) workers", SyntheticModels.sparseRows, batch: 1,
        updates: 1_000_000, workers: workers
      ) { rows in
        LinearModel(loss: loss, training: rows, featureCount: SyntheticModels.featureCount)
      }
    }
    addTraining(
      "factorization rank 32, \(workers) workers", SyntheticModels.ratings, batch: 1,
      updates: 2_000_000, workers: workers
    ) { ratings in
      try Factorization(
        rank: 32, training: ratings, userCount: SyntheticModels.userCount,
        itemCount: SyntheticModels.itemCount)
    }
  }
}

private let examplesPerSecond = BenchmarkMetric.custom(
  "examples/s", polarity: .prefersLarger, useScalingFactor: false)

/// Adds one run, with its data made before the first measurement.
private func addTraining<Model: Objective>(
  _ name: String, _ data: @escaping @Sendable () -> ExampleSet<Float>, batch: Int, updates: Int,
  workers: Int, _ make: @escaping @Sendable (ExampleSet<Float>) throws -> Model
) where Model.Scalar == Float {
  // The harness runs a benchmark on one thread, and each in a process of its own.
  nonisolated(unsafe) var model: Model?
  Benchmark(
    name,
    configuration: .init(
      metrics: [examplesPerSecond], units: [examplesPerSecond: .count], maxDuration: .seconds(6),
      maxIterations: 5)
  ) { benchmark in
    guard let model else { return }
    let topology = try Topology(.live)
    let engine = try ThreadEngine(
      model: model,
      configuration: EngineConfiguration(
        decomposition: .samples, policy: Hogwild(), workers: workers, optimizer: .sgd,
        learningRate: 0.01, batch: batch, updates: updates, lossEvery: updates, seed: 1),
      topology: topology,
      placement: PlacementPlan(workers: workers, pin: PinPlan("compact"), on: topology))
    let outcome = try engine.run()
    benchmark.measurement(
      examplesPerSecond, Int(Double(outcome.samples) / outcome.wallSeconds))
  } setup: {
    model = try make(data())
  }
}
