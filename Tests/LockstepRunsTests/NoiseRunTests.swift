import LockstepCore
import LockstepModels
import LockstepSimulator
import LockstepTelemetry
import LockstepTopology
import Testing

@testable import LockstepRuns

@Suite(.timeLimit(.minutes(15))) struct `Runs with noise probes` {
  private static func record(
    _ configuration: RunConfiguration
  ) throws -> RunRecord {
    try TrainingRun().execute(
      configuration, PreparedModel(configuration), on: Topology(.live))
  }

  private static func configuration(
    _ model: String, data: String? = nil, every: Int
  ) throws -> RunConfiguration {
    var result = RunConfiguration(model: try ModelSpecification(model))
    result.data = try data.map { try DataSpecification($0) }
    result.noise = NoiseSpecification(every: every)
    result.workers = 3
    result.updates = 31
    result.learningRate = 0.05
    result.batch = .examples(8)
    result.pin = "none"
    return result
  }

  private static let data = "synthetic:task=classification,examples=90,features=6,classes=3"

  @Test(arguments: ["barrier", "sequential"], Decomposition.allCases)
  func `have the same records in both engines where the schedule leaves no choice`(
    policy: String, decomposition: Decomposition
  ) throws {
    for (model, data) in [
      ("quadratic:dimension=7,condition=9,rotated=true,noise=0.1", nil), ("mlp:4", Self.data),
    ] {
      for optimizer in [OptimizerSpecification.sgd, "adam"] {
        var threads = try Self.configuration(model, data: data, every: 4)
        threads.policy = try PolicySpecification.parse(policy)
        threads.decomposition = decomposition
        threads.optimizer = optimizer
        threads.noise?.splits = [.workers, .count(2)]
        var virtual = threads
        virtual.engine = .virtual
        virtual.pin = nil
        virtual.virtual.service = .exponential(mean: 1)
        let (first, second) = (try Self.record(threads), try Self.record(virtual))
        #expect(first.noise == second.noise)
        #expect(first.noise.count >= 12)
        #expect(first.noise.allSatisfy { $0.staleness == 0 && $0.gradientError == 0 })
        #expect(first.noise.allSatisfy { $0.gradientCosine == 1 })
        #expect((first.noiseSeconds ?? 0) > 0)
      }
    }
  }

  @Test func `in blocks under barrier, agree with the closed form of a quadratic`() throws {
    // H = (1 − ρ)·I + ρ·11ᵀ from 1: w_t = (1 − ηλ)ᵗ·1 with λ = 1 + (n − 1)ρ, and Δ = −ηλ·w_t, so the
    // interaction is ½·ρ·Σ over pairs of parameters in different shards of Δ_i·Δ_j.
    let (n, rho, rate) = (6, 0.5, 0.05)
    let lambda = 1 + Double(n - 1) * rho
    var configuration = try Self.configuration(
      "quadratic:dimension=\(n),coupling=\(rho)", every: 3)
    configuration.engine = .virtual
    configuration.pin = nil
    configuration.noise?.splits = [.workers, .parameters]
    let noise = try Self.record(configuration).noise
    #expect(noise.count == 22)
    for probe in noise {
      #expect(probe.interaction == probe.interactionSecondOrder)
      let step = rate * lambda * pow(1 - rate * lambda, probe.update / 3)
      let size = n / probe.shards
      let pairs = Double(n * n - probe.shards * size * size)
      let expected = 0.5 * rho * pairs * step * step
      let found = try #require(probe.interaction)
      #expect(abs(found - expected) < 1e-12 * expected, "\(probe.update), \(probe.shards) shards")
      let promised = try #require(probe.promisedDecrease)
      #expect(abs(promised - Double(n) * step * step / rate) < 1e-12 * promised)
    }
  }

  @Test func `with a delay, agree with the closed form of the gradient at w of k − τ`() throws {
    // One parameter of curvature h: w_{k+1} = w_k − η·h·w_{k−τ}, so the relative gradient error is
    // |w_{k−τ} − w_k|/|w_k|, and L = ½·h·w².
    let (h, rate, delay) = (2.0, 0.05, 3)
    var configuration = try Self.configuration("quadratic:eigenvalues=\(h)", every: 1)
    configuration.workers = 1
    configuration.engine = .virtual
    configuration.pin = nil
    configuration.decomposition = .samples
    configuration.policy = Hogwild()
    configuration.virtual.delay = try DelaySpecification("constant:\(delay)")
    let record = try Self.record(configuration)
    var w = [1.0]
    for update in 0..<31 { w.append(w[update] - rate * h * w[max(0, update - delay)]) }
    let scale = try #require(record.noise.first?.loss).squareRoot() / (0.5 * h).squareRoot()
    for probe in record.noise {
      let (fresh, stale) = (w[probe.update], w[max(0, probe.update - delay)])
      let error = try #require(probe.gradientError)
      #expect(abs(error - abs(stale - fresh) / abs(fresh)) < 1e-9)
      let after = (fresh - rate * h * stale, fresh - rate * h * fresh)
      let penalty = 0.5 * h * (after.0 * after.0 - after.1 * after.1) * scale * scale
      #expect(abs(try #require(probe.staleness) - penalty) < 1e-12)
    }
    #expect(record.noise.count == 31)
  }

  @Test func `in single precision probe the same data in double precision`() throws {
    var configuration = try Self.configuration("mlp:4", data: Self.data, every: 10)
    #expect(configuration.resolvedPrecision == .double)
    configuration.precision = .single
    let single = try Self.record(configuration)
    configuration.precision = .double
    let double = try Self.record(configuration)
    #expect(single.noise.count == double.noise.count && !single.noise.isEmpty)
    for (first, second) in zip(single.noise, double.noise) {
      let (a, b) = (try #require(first.loss), try #require(second.loss))
      #expect(abs(a - b) < 1e-4 * b && a != b)
    }
    var plain = configuration
    plain.noise = nil
    plain.precision = .single
    #expect(try PreparedModel(plain).curvature == nil)
    #expect(try Self.record(plain).noiseSeconds == nil)
  }

  @Test func `of several seeds are the runs of those seeds`() throws {
    var configuration = try Self.configuration("mlp:4", data: Self.data, every: 5)
    configuration.engine = .virtual
    configuration.pin = nil
    let topology = try Topology(.live)
    let (found, _) = try NoiseMeasurement().execute(
      configuration, seeds: [4, 5], isEverySet: true, on: topology)
    let document = try #require(found)
    #expect(document.seeds == [4, 5])
    for run in document.runs {
      configuration.seed = run.seed
      let record = try Self.record(configuration)
      #expect(run.noise == record.noise && run.loss == record.loss)
    }
    let first = try #require(document.summary.first)
    let all = document.runs.flatMap(\.noise).filter { $0.set == "current" }
    let mean = all.compactMap(\.interaction).reduce(0, +) / Double(all.count)
    let promise = all.compactMap(\.promisedDecrease).reduce(0, +) / Double(all.count)
    #expect(first.set == "current" && first.measure == "interaction" && first.probes == all.count)
    #expect(abs(try #require(first.mean) - mean) < 1e-12 * abs(mean))
    #expect(abs(try #require(first.relative) - mean / promise) < 1e-9 * abs(mean / promise))
    let (low, high) = (try #require(first.low), try #require(first.high))
    #expect(low < mean && mean < high)
  }

  @Test func `probe about fifty times where nothing is said`() throws {
    var configuration = try Self.configuration("quadratic:dimension=6,coupling=0.5", every: 1)
    configuration.engine = .virtual
    configuration.pin = nil
    configuration.updates = 600
    let (document, _) = try NoiseMeasurement().execute(
      configuration, seeds: [1], isEverySet: false, on: Topology(.live))
    #expect(document?.runs.first?.noise.count == 50)
  }

  @Test func `leave the probes' time out of the simulation's`() throws {
    var configuration = try Self.configuration("mlp:48", data: Self.data, every: 1)
    configuration.engine = .virtual
    configuration.pin = nil
    configuration.updates = 40
    let prepared = try PreparedModel(configuration)
    let topology = try Topology(.live)
    let watch = ContinuousClock.now
    let record = try TrainingRun().execute(configuration, prepared, on: topology)
    let whole = (ContinuousClock.now - watch) / .seconds(1)
    let probes = try #require(record.noiseSeconds)
    // Both are parts of the whole, and don't overlap.
    #expect(probes > 0 && record.wallSeconds + probes <= whole)
  }

  @Test func `need memory for their vectors`() throws {
    var configuration = try Self.configuration("svm", every: 5)
    func bytes() -> Double {
      MemoryNeed(
        parameters: 1_000_000, scalarBytes: 8, configuration: configuration, updatesInPlace: false
      ).bytes
    }
    let threads = bytes()
    configuration.engine = .virtual
    let virtual = bytes()
    configuration.noise = nil
    #expect(virtual - bytes() == 8e6 * 20)
    configuration.engine = .threads
    // Four slots of two vectors fill 64 MiB.
    #expect(threads - bytes() == 8e6 * 20 + 4 * 16e6)
  }
}

private func pow(_ base: Double, _ exponent: Int) -> Double {
  (0..<exponent).reduce(1) { product, _ in product * base }
}
