import LockstepCore
import LockstepModels
import Testing

@testable import LockstepSimulator

@Suite(.timeLimit(.minutes(15))) struct `Trajectories in virtual time` {
  // Check 6 of the references: 20 unknowns, η = ½.
  @Test(arguments: [("barrier", 0.988_830_826_2), ("sequential", 0.977_786_402_9)])
  func `the Laplacian contracts as Jacobi and Gauss–Seidel do`(
    policy: String, contraction: Double
  ) throws {
    func loss(_ sweeps: Int) throws -> Double {
      try Simulation(
        decomposition: .blocks, policy: PolicySpecification.parse(policy), workers: 20, rate: 0.5,
        updates: 20 * sweeps
      ).run(EventModels.quadratic("laplacian=20")).loss.final ?? .nan
    }
    let ratio = (try loss(400) / loss(300)).squareRoot()
    let perSweep = PortableMath.exp(PortableMath.log(ratio) / 100)
    #expect((perSweep - contraction).magnitude < 1e-6)
  }

  // Check 4: Var = aσ²/(2 − a).
  @Test func `one worker's stationary variance is that of plain stochastic descent`() throws {
    let rate = 0.2
    let dimension = 64
    let model = try EventModels.quadratic("dimension=\(dimension),noise=1")
    let outcome = try Simulation(rate: rate, updates: 40_000, lossEvery: 20).run(model)
    let curve = outcome.loss.curve.dropFirst(10).compactMap(\.loss)
    let variance = 2 * curve.reduce(0, +) / Double(curve.count) / Double(dimension)
    #expect((variance / (rate / (2 - rate)) - 1).magnitude < 0.02)
  }

  // Check 3: E x obeys a recursion with the implicit momentum 1 − 1/n.
  @Test func `the mean over seeds has the implicit momentum of the number of workers`() throws {
    // No step goes further than a, so x stays positive and is the root of twice its loss.
    let (workers, steps, seeds, a) = (4, 19, 2_000, 0.05)
    let model = try EventModels.quadratic("dimension=1")
    var mean = [Double](repeating: 0, count: steps + 1)
    var square = mean
    for seed in 0..<seeds {
      let outcome = try Simulation(
        workers: workers, rate: a, updates: steps + workers, lossEvery: 1, seed: UInt64(seed)
      ).run(model)
      for point in outcome.loss.curve where point.update <= steps {
        let value = (2 * (point.loss ?? 0)).squareRoot()
        mean[point.update] += value / Double(seeds)
        square[point.update] += value * value / Double(seeds)
      }
    }
    // Everybody starts at version 0, as if x had come down by a before.
    let mu = 1 - 1 / Double(workers)
    var (before, x) = (1 + a, 1.0)
    for step in 1...steps {
      (before, x) = (x, x + mu * (x - before) - (1 - mu) * a * x)
      let spread = max(0, square[step] - mean[step] * mean[step])
      let error = (spread / Double(seeds)).squareRoot()
      #expect((mean[step] - x).magnitude < 4 * error + 1e-9, "step \(step)")
    }
  }

  @Test(arguments: ["hogwild", "bounded:2", "barrier", "sequential", "locked"])
  func `the number of host threads does not change a bit`(policy: String) throws {
    let model = try EventModels.network(width: 300)
    for decomposition in Decomposition.allCases {
      var simulation = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 6,
        rate: 0.05, updates: 120, lossEvery: 30, service: .gamma(mean: 1, variation: 0.8))
      let one = try simulation.run(model)
      for threads in [1, 2, 4] {
        simulation.hostThreads = threads
        let again = try simulation.run(model)
        #expect(again.parameters == one.parameters, "\(threads) threads")
        #expect(again.loss == one.loss && again.virtualTime == one.virtualTime)
        #expect(again.samples == one.samples && again.staleness == one.staleness)
      }
    }
  }

  @Test func `the number of host threads does not change a bit of an ensemble`() throws {
    let model = try EventModels.network()
    for decomposition in Decomposition.allCases {
      // Runs of eight replicas, and one of fewer.
      var simulation = Simulation(
        decomposition: decomposition, workers: 3, updates: 40, replicas: 30)
      let one = try simulation.run(model)
      #expect(one.ensemble.replicas == 30)
      for threads in [2, 4] {
        simulation.hostThreads = threads
        let again = try simulation.run(model)
        #expect(again.ensemble == one.ensemble && again.parameters == one.parameters)
      }
    }
  }

  @Test(arguments: ["hogwild", "bounded:2", "barrier", "sequential", "locked"])
  func `points of the loss curve disturb nothing`(policy: String) throws {
    for decomposition in Decomposition.allCases {
      var simulation = Simulation(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 4,
        updates: 403)
      let model = try EventModels.network()
      let undisturbed = try simulation.run(model)
      simulation.lossEvery = 3
      let paused = try simulation.run(model)
      #expect(paused.parameters == undisturbed.parameters)
      #expect(paused.workers == undisturbed.workers)
      #expect(paused.loss.curve.count > 100)
    }
  }

  @Test func `there are never more vectors than distinct views and one`() throws {
    let model = try EventModels.quadratic("dimension=40")
    for decomposition in Decomposition.allCases {
      let engine = try Simulation(
        decomposition: decomposition, workers: 40, rate: 1e-3, updates: 20_000
      ).engine(model)
      _ = try engine.run()
      // In `blocks`, a shard has as many versions as there are views between its updates.
      #expect(engine.peakBuffers <= (decomposition == .samples ? 41 : 40 * 41))
      if decomposition == .blocks { #expect(engine.peakBuffers < 40 * 8) }
    }
    let barrier = try Simulation(
      decomposition: .blocks, policy: Barrier(), workers: 40, updates: 4_000
    ).engine(model)
    _ = try barrier.run()
    #expect(barrier.peakBuffers <= 80)
  }

  @Test func `a target, divergence and an interruption end a run as they should`() throws {
    let model = try EventModels.quadratic("dimension=4")
    let target = try Simulation(workers: 2, updates: 10_000, lossEvery: 20, target: 0.01).run(model)
    #expect(target.status == .targetReached && target.updates < 10_000)
    let diverged = try Simulation(workers: 2, rate: 1e3, updates: 10_000, lossEvery: 20).run(model)
    #expect(diverged.status == .diverged)
    let stopped = try Simulation(workers: 2, updates: 100_000_000).engine(model)
      .run(isStopped: { true })
    #expect(stopped.status == .interrupted && stopped.updates > 0)
    #expect(stopped.loss.curve.last?.update == stopped.updates)
  }

  @Test func `given delays of nobody make plain descent`() throws {
    let outcome = try Simulation(rate: 0.5, updates: 10, initial: [1, 2])
      .run(EventModels.quadratic("dimension=2"))
    #expect(outcome.parameters == [0x1p-10, 0x1p-9])
    #expect(outcome.staleness.max == 0)
  }
}
