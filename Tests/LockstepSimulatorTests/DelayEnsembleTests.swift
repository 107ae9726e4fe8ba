import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepSimulator

/// Facts about means and variances over replicas that are known from outside.
struct DelayEnsembleTests {
  // Mitliagkas, Zhang, Hadjis, Ré, Asynchrony begets Momentum, 2016.
  @Test func `Geometric delays of mean n − 1 give the mean an implicit momentum of 1 − 1÷n`()
    throws
  {
    let workers = 8.0
    let momentum = 1 - 1 / workers
    var trial = DelayTrial()
    trial.workers = 8
    trial.rate = 0.1
    trial.updates = 200
    trial.replicas = 2000
    let model = try DelayTrial.quadratic("dimension=1")
    let outcome = try trial.run(model, "geometric:7")
    #expect(outcome.ensemble.replicas == 2000)
    // E x_{t+1} = E x_t − a·Σ_k P(τ = k)·E x_{max(0, t−k)}: what is older than the run is x_0.
    var expected = [1.0]
    for step in 0..<200 {
      var seen = 0.0
      var weight = 1 / workers
      for delay in 0..<step {
        seen += weight * expected[step - delay]
        weight *= momentum
      }
      seen += weight * workers * expected[0]
      expected.append(expected[step] - 0.1 * seen)
    }
    // That is E x_{t+1} = E x_t + μ(E x_t − E x_{t−1}) − (1−μ)·a·E x_t, whose first step takes all
    // of the gradient, because every read of it sees x_0.
    var recursion = [1.0, 0.9]
    for step in 1..<200 {
      let (x, before) = (recursion[step], recursion[step - 1])
      recursion.append(x + momentum * (x - before) - (1 - momentum) * 0.1 * x)
    }
    for step in 0...200 { #expect((recursion[step] - expected[step]).magnitude < 1e-12) }

    // The standard error at some moments, from 40 groups of replicas.
    var groups: [[Double]] = []
    for group in 0..<40 {
      var part = trial
      part.replicas = 50
      part.seed = UInt64(1000 + group)
      groups.append(try part.run(model, "geometric:7").ensemble.mean.map { $0.value ?? .nan })
    }
    for step in [10, 20, 40, 80, 120] {
      let values = groups.map { $0[step] }
      let mean = values.reduce(0, +) / 40
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 39
      // Of the mean over 2,000 replicas.
      let error = (variance / 40).squareRoot()
      let measured = outcome.ensemble.mean[step].value ?? .nan
      #expect((measured - expected[step]).magnitude < 3 * error, "step \(step)")
    }
  }

  // Var = a·σ²/(2 − a): the fixed point of v = (1 − a)²·v + a²σ².
  @Test(arguments: [0.1, 0.5, 1.0])
  func `Plain gradient descent with noise has the stationary variance aσ² ÷ (2 − a)`(
    rate: Double
  ) throws {
    var trial = DelayTrial()
    trial.workers = 4
    trial.rate = rate
    trial.updates = 700
    trial.warmup = 200
    trial.replicas = 300
    let outcome = try trial.run(DelayTrial.quadratic("dimension=2,noise=2"), "constant:0")
    let mean = try #require(outcome.ensemble.stationaryMeanSquare)
    let error = try #require(outcome.ensemble.stationaryMeanSquareError)
    let expected = rate * 4 / (2 - rate)
    #expect((mean - expected).magnitude < 3 * error)
    #expect(error < 0.02 * expected)
  }

  @Test func `A single replica's error comes from batches of time`() throws {
    var trial = DelayTrial()
    trial.rate = 0.5
    trial.updates = 41_000
    trial.warmup = 1000
    let outcome = try trial.run(DelayTrial.quadratic("dimension=1,noise=1"), "constant:0")
    let mean = try #require(outcome.ensemble.stationaryMeanSquare)
    let error = try #require(outcome.ensemble.stationaryMeanSquareError)
    #expect((mean - 1.0 / 3).magnitude < 3 * error)
    // σ_x²·√(2/N·(1 + ρ²)/(1 − ρ²)) for an AR(1) process with ρ = ½, squared: 0.0030.
    #expect(error > 0.0012 && error < 0.006)
    #expect(outcome.ensemble.stationaryMeanSquareErrorReason == nil)
    // 1,000 points, evenly spaced, both ends among them.
    let points = outcome.ensemble.mean.map(\.update)
    #expect(points.count == 1000 && points.first == 0 && points.last == 41_000)
    #expect(zip(points, points.dropFirst()).allSatisfy { (41...42).contains($1 - $0) })
  }

  // σ²-noise on a unit curvature is an AR(1) process of ρ = 1 − a; its squares are alike over
  // (1 + ρ²)/(1 − ρ²) updates. Twenty stretches of 2,000 updates covered 79.5 % at a = .01.
  @Test(arguments: [(0.01, 2000), (0.2, 4000)])
  func `A single replica's error covers the truth, or is not given`(rate: Double, updates: Int)
    throws
  {
    let model = try DelayTrial.quadratic("dimension=1,noise=1,start=normal")
    let exact = rate / (2 - rate)
    var (given, covered) = (0, 0)
    for seed in 1...150 {
      var trial = DelayTrial()
      trial.rate = rate
      trial.warmup = 500
      trial.updates = updates + 500
      trial.seed = UInt64(seed)
      let ensemble = try trial.run(model, "constant:0").ensemble
      let mean = try #require(ensemble.stationaryMeanSquare)
      guard let error = ensemble.stationaryMeanSquareError else {
        #expect(ensemble.stationaryMeanSquareErrorReason?.contains("updates") == true)
        continue
      }
      given += 1
      if abs(mean - exact) < 1.96 * error { covered += 1 }
    }
    if rate == 0.01 {
      #expect(given == 0, "20 independent values have no error")
    } else {
      #expect(given > 140 && Double(covered) > 0.88 * Double(given), "\(covered) of \(given)")
    }
  }

  // A product of random factors: the logarithm of a path is a random walk, and its growth's error that of
  // a mean of replicas. Nine replicas used to be cut into groups of one and of eight.
  @Test func `The growth of paths has an error that covers`() throws {
    let model = try DelayTrial.quadratic("dimension=1")
    func rates(_ seed: Int, replicas: Int) throws -> EnsembleRecord {
      var trial = DelayTrial()
      trial.workers = 1
      trial.rate = 0.9
      trial.updates = 150
      trial.warmup = 50
      trial.replicas = replicas
      trial.seed = UInt64(seed)
      return try trial.run(model, "uniform:0..2").ensemble
    }
    let truth = try #require(try rates(1000, replicas: 4000).pathGrowthRate)
    var covered = 0
    for seed in 1...120 {
      let ensemble = try rates(seed, replicas: 9)
      let (rate, error) = (ensemble.pathGrowthRate ?? .nan, ensemble.pathGrowthRateError ?? .nan)
      if abs(rate - truth) < StudentT.factor95(degrees: 8) * error { covered += 1 }
    }
    #expect(covered > 104, "\(covered) of 120")
  }

  @Test(arguments: [DelayScope.read, .message])
  func `Any number of host threads gives the same bits`(scope: DelayScope) throws {
    var trial = DelayTrial()
    trial.workers = 3
    trial.updates = 60
    trial.replicas = 70
    trial.scope = scope
    trial.warmup = 10
    let model = try DelayTrial.quadratic("dimension=4,condition=3,noise=1,start=normal")
    trial.hostThreads = 1
    let one = try trial.run(model, "uniform:0..5")
    for threads in [2, 4] {
      trial.hostThreads = threads
      let other = try trial.run(model, "uniform:0..5")
      #expect(other.ensemble == one.ensemble)
      #expect(other.parameters == one.parameters && other.staleness == one.staleness)
    }
    trial.seed = 8
    #expect(try trial.run(model, "uniform:0..5").ensemble != one.ensemble)
  }

  @Test func `a mailbox that was emptied before hands out every parcel once`() {
    var mailbox = DelayMailbox<Double>(count: 1, longest: 3)
    let lost = mailbox.take()
    mailbox.send(lost, to: 0, arriving: 2)
    mailbox.reset()
    mailbox.reset()
    let (first, second) = (mailbox.take(), mailbox.take())
    #expect(first != second)
  }

  @Test func `points lie between rounds of updates that nobody sees a part of`() throws {
    func points(_ decomposition: Decomposition, _ scope: DelayScope) throws -> [Int] {
      var trial = DelayTrial(decomposition: decomposition, workers: 3, updates: 10, scope: scope)
      trial.hostThreads = 1
      let model = try DelayTrial.quadratic("dimension=4")
      let outcome = try trial.run(model, "constant:1")
      // The last round is cut short.
      #expect(outcome.updates == 10 && outcome.workers.map(\.updates) == [4, 3, 3])
      return outcome.ensemble.mean.map(\.update)
    }
    #expect(try points(.blocks, .read) == [0, 3, 6, 9, 10])
    #expect(try points(.samples, .message) == [0, 3, 6, 9, 10])
    #expect(try points(.samples, .read) == Array(0...10))
  }

  @Test func `replica 0 is the run that a single replica makes, and the others differ from it`()
    throws
  {
    // Drawn are the gradients' noise, or the minibatches.
    try checkReplicas(DelayTrial.quadratic("dimension=1,noise=1"), "uniform:0..3")
    try checkReplicas(DelayTrial.logistic(), "constant:2")
  }

  private func checkReplicas<Model: Objective>(_ model: Model, _ delay: String) throws
  where Model.Scalar == Double {
    var trial = DelayTrial()
    trial.updates = 20
    let single = try trial.run(model, delay)
    trial.replicas = 2
    let pair = try trial.run(model, delay)
    #expect(pair.parameters == single.parameters)
    trial.replicas = 1
    trial.seed = EnsembleReplicas.seed(of: 1, ofRun: 7)
    let second = try trial.run(model, delay)
    let mean = (single.parameters[0] + second.parameters[0]) / 2
    #expect(pair.ensemble.mean.last?.value == mean)
    #expect(second.parameters != single.parameters)
  }
}
