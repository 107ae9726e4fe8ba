import LockstepCore
import LockstepModels
import Testing

@testable import LockstepThreads

@Suite(.timeLimit(.minutes(15))) struct `Trajectories` {
  private static let rounds = 500

  private static func finalParameters(
    _ trial: Trial, _ kind: String
  ) throws -> [Double] {
    switch kind {
    case "quadratic":
      try trial.run(Models.quadratic("dimension=11,condition=20,rotated=true")).parameters
    case "logistic": try trial.run(Models.logistic()).parameters
    case "sparse": try trial.run(Models.sparse()).parameters
    default: try trial.run(Models.network()).parameters
    }
  }

  @Test(arguments: ["quadratic", "logistic", "sparse", "network"])
  func `barrier in blocks is plain minibatch gradient descent for every number of workers`(
    kind: String
  ) throws {
    let plain = try Self.finalParameters(Trial(updates: Self.rounds), kind)
    for workers in 2...8 {
      let trial = Trial(workers: workers, updates: Self.rounds * workers)
      let first = try Self.finalParameters(trial, kind)
      #expect(relativeDifference(plain, first) < 1e-10, "\(kind), \(workers) workers")
      let second = try Self.finalParameters(trial, kind)
      #expect(first == second, "\(kind), \(workers) workers: two runs differ")
    }
  }

  @Test(arguments: [
    OptimizerSpecification("momentum:0.9"), "nesterov:0.9", "adagrad", "rmsprop", "adam",
    "adamw:0.1", "lion:0.1",
  ])
  func `barrier in blocks keeps every optimiser's state with its shard`(
    optimizer: OptimizerSpecification
  ) throws {
    var trial = Trial(optimizer: optimizer, rate: 0.01, updates: 100)
    let plain = try trial.run(Models.network()).parameters
    for workers in [2, 5] {
      trial.workers = workers
      trial.updates = 100 * workers
      #expect(relativeDifference(plain, try trial.run(Models.network()).parameters) < 1e-10)
    }
  }

  @Test(arguments: ["logistic", "sparse", "network"])
  func `barrier in samples is one worker with the minibatches joined`(kind: String) throws {
    for workers in [2, 3, 4] {
      let joined = try Self.finalParameters(
        Trial(decomposition: .samples, batch: 4 * workers, updates: 200), kind)
      let divided = try Self.finalParameters(
        Trial(decomposition: .samples, workers: workers, batch: 4, updates: 200), kind)
      #expect(relativeDifference(joined, divided) < 1e-10, "\(kind), \(workers) workers")
    }
  }

  @Test func `joint updates of a stateful optimiser are one worker's too`() throws {
    let joined = try Trial(
      decomposition: .samples, optimizer: "adam", rate: 0.01, batch: 12, updates: 200
    ).run(Models.network()).parameters
    let divided = try Trial(
      decomposition: .samples, workers: 3, optimizer: "adam", rate: 0.01, batch: 4, updates: 200
    ).run(Models.network()).parameters
    #expect(relativeDifference(joined, divided) < 1e-9)
  }

  // Check 6 of the references: on the 1-D Laplacian with 20 unknowns and η = ½, all at once (Jacobi)
  // contracts by cos(π/21) a sweep, one by one (Gauss–Seidel) by its square.
  @Test(arguments: [("barrier", 0.988_830_826_2), ("sequential", 0.977_786_402_9)])
  func `the Laplacian contracts as Jacobi and Gauss–Seidel do`(
    policy: String, contraction: Double
  ) throws {
    func loss(_ sweeps: Int) throws -> Double {
      try Trial(
        policy: PolicySpecification.parse(policy), workers: 20, rate: 0.5, updates: 20 * sweeps
      ).run(Models.quadratic("laplacian=20")).loss.final ?? .nan
    }
    // The slowest mode is all that is left after 300 sweeps; the loss contracts by its square.
    let ratio = (try loss(400) / loss(300)).squareRoot()
    #expect((realPower(ratio, 1.0 / 100) - contraction).magnitude < 1e-6)
  }

  @Test func `sequential is block Gauss–Seidel, written out`() throws {
    let workers = 4
    let sweeps = 50
    let rate = 0.2
    let outcome = try Trial(
      policy: Sequential(), workers: workers, rate: rate, updates: workers * sweeps
    ).run(Models.quadratic("dimension=10,coupling=0.3"))
    // H = 0.7·I + 0.3·11ᵀ; shards of 3, 3, 2 and 2.
    var x = [Double](repeating: 1, count: 10)
    for _ in 0..<sweeps {
      for block in [0..<3, 3..<6, 6..<8, 8..<10] {
        let sum = x.reduce(0, +)
        let gradient = block.map { 0.7 * x[$0] + 0.3 * sum }
        for (index, value) in zip(block, gradient) { x[index] -= rate * value }
      }
    }
    #expect(relativeDifference(x, outcome.parameters) < 1e-12)
    #expect(outcome.staleness.max == 0)
    #expect(outcome.tornViews.torn == 0)
  }

  @Test func `a pause for the loss curve does not change a deterministic trajectory`() throws {
    for (decomposition, updates) in [(Decomposition.blocks, 303), (.samples, 101)] {
      var trial = Trial(decomposition: decomposition, workers: 3, updates: updates)
      let undisturbed = try trial.run(Models.network())
      trial.lossEvery = 7
      let paused = try trial.run(Models.network())
      #expect(undisturbed.parameters == paused.parameters)
      #expect(paused.updates == updates && undisturbed.updates == updates)
      #expect(paused.loss.curve.count > 10)
    }
  }

  @Test(arguments: ["sequential", "barrier", "bounded:2", "hogwild", "locked"])
  func `every policy makes exactly the updates asked for, and the model learns`(
    policy: String
  ) throws {
    for decomposition in Decomposition.allCases {
      for workers in [1, 3] {
        let trial = Trial(
          decomposition: decomposition, policy: try PolicySpecification.parse(policy),
          workers: workers, rate: 0.05, updates: 601, lossEvery: 200)
        for outcome in [
          try trial.run(Models.network()), try trial.run(Models.network(activation: .relu)),
        ] {
          #expect(outcome.updates == 601)
          #expect(outcome.status == .completed)
          let initial = try #require(outcome.loss.initial)
          let final = try #require(outcome.loss.final)
          #expect(final < initial)
        }
        let sparse = try trial.run(Models.sparse(as: Float.self))
        #expect(sparse.updates == 601)
        #expect((sparse.loss.final ?? 9) < 0.6931)
        #expect(sparse.tornViews.reads == nil)
      }
    }
  }

  @Test(arguments: [1, 4]) func `a linear schedule takes every rate from the first to the last`(
    workers: Int
  ) throws {
    // x ← x·(1 − η·(1 − c/C)) on unit curvature, at every clock c of C.
    var trial = Trial(workers: workers, rate: 0.3, updates: 50 * workers)
    trial.schedule = .linear
    let outcome = try trial.run(Models.quadratic("dimension=4"))
    var expected = 1.0
    for clock in 0..<50 { expected *= 1 - 0.3 * (1 - Double(clock) / 50) }
    #expect(outcome.parameters.allSatisfy { ($0 - expected).magnitude < 1e-14 })
  }

  @Test func `a target stops the run and divergence is reported as such`() throws {
    let target = try Trial(workers: 2, updates: 10_000, lossEvery: 20, target: 0.01)
      .run(Models.quadratic("dimension=4"))
    #expect(target.status == .targetReached)
    #expect(target.updates < 10_000 && (target.loss.final ?? 1) <= 0.01)
    let diverged = try Trial(workers: 2, rate: 1e3, updates: 10_000, lossEvery: 20)
      .run(Models.quadratic("dimension=4"))
    #expect(diverged.status == .diverged)
    #expect(diverged.updates < 10_000)
  }
}

/// `base` to a real power, for a contraction per sweep.
private func realPower(_ base: Double, _ exponent: Double) -> Double {
  PortableMath.exp(exponent * PortableMath.log(base))
}
