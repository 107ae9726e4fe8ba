import LockstepCore
import LockstepModels
import Testing

@testable import LockstepSimulator

/// Facts about delayed gradient descent on quadratics that are known from outside.
struct DelayStabilityTests {
  /// Whether `x_{t+1} = x_t − a·x_{t−τ}` has grown over 2,000 steps.
  private func grows(_ rate: Double, delay: Int, _ model: Quadratic<Double>) throws -> Bool {
    var trial = DelayTrial()
    trial.rate = rate
    trial.updates = 2000
    let points = try trial.run(model, "constant:\(delay)").ensemble.mean
    func peak(_ range: Range<Int>) -> Double {
      range.map { (points[$0].value ?? .infinity).magnitude }.max() ?? 0
    }
    // It oscillates: compare the peaks of two windows, each longer than a period. There are 1,000
    // points, one for every other update.
    return peak(900..<1000) > peak(200..<300)
  }

  // Kuruklis, The asymptotic stability of x(n+1) − a·x(n) + b·x(n−k) = 0, 1994.
  @Test(arguments: [(1, 1.0), (2, 0.618034), (4, 0.347296), (8, 0.184537), (16, 0.095164)])
  func `A delay of τ updates is stable up to 2 sin(π ÷ (2(2τ+1)))`(
    delay: Int, threshold: Double
  ) throws {
    let model = try DelayTrial.quadratic("dimension=1")
    var (low, high) = (0.5 * threshold, 1.5 * threshold)
    #expect(try !grows(low, delay: delay, model))
    #expect(try grows(high, delay: delay, model))
    for _ in 0..<12 {
      let middle = (low + high) / 2
      if try grows(middle, delay: delay, model) { high = middle } else { low = middle }
    }
    #expect((low / threshold - 1).magnitude < 0.005)
  }

  @Test func `The delayed recursion is followed to the last bit`() throws {
    var trial = DelayTrial()
    trial.rate = 0.3
    trial.updates = 200
    trial.workers = 3
    let outcome = try trial.run(DelayTrial.quadratic("dimension=1"), "constant:4")
    var x = [1.0]
    for step in 0..<200 { x.append(x[step] - 0.3 * x[max(0, step - 4)]) }
    #expect(outcome.parameters == [x[200]])
    #expect(outcome.ensemble.mean.map(\.value) == x)
    #expect(outcome.ensemble.mean.map(\.update) == Array(0...200))
    // Every delay but the first four is 4.
    #expect(outcome.staleness.histogram == [[0, 1], [1, 1], [2, 1], [3, 1], [4, 196]])
    #expect(outcome.updates == 200 && outcome.virtualTime == nil)
    #expect(outcome.workers.map(\.updates) == [67, 67, 66])
  }

  @Test func `A worker's own shard is never stale, so one worker in blocks ignores the delay`()
    throws
  {
    var trial = DelayTrial()
    trial.decomposition = .blocks
    trial.rate = 1.9
    let model = try DelayTrial.quadratic("dimension=3,condition=10")
    let stale = try trial.run(model, "constant:16")
    #expect(stale.parameters == (try trial.run(model, "constant:0")).parameters)
    #expect((stale.loss.final ?? 1) < 1e-6)
    #expect(stale.staleness.mean == nil)
  }

  // Varga, Matrix Iterative Analysis, 2000: Jacobi on the 1-D Laplacian.
  @Test func `All at once on the Laplacian contracts by cos(π÷21) a round`() throws {
    var trial = DelayTrial()
    trial.decomposition = .blocks
    trial.workers = 20
    trial.rate = 0.5
    let model = try DelayTrial.quadratic("laplacian=20")
    func norm(rounds: Int) throws -> Double {
      var trial = trial
      trial.updates = 20 * rounds
      let outcome = try trial.run(model, "constant:0")
      #expect(outcome.staleness.histogram == [[0, 20 * 19 * rounds]])
      return outcome.parameters.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    let contraction = try norm(rounds: 801) / norm(rounds: 800)
    #expect((contraction - 0.988831).magnitude < 1e-6)
  }

  // Chazan and Miranker, Chaotic Relaxation, 1969: x ← Mx converges for every schedule of bounded
  // delays iff ρ(|M|) < 1. Here M = I − η((1−R)I + R·11ᵀ) has 1 − η on and −ηR off the diagonal.
  @Test(arguments: ["constant:5", "uniform:0..6", "exchange:5", "exchange:50", "geometric:3"])
  func `Every schedule converges where the spectral radius of the absolute matrix is below 1`(
    delay: String
  ) throws {
    var trial = DelayTrial()
    trial.decomposition = .blocks
    trial.workers = 5
    trial.rate = 0.5
    trial.updates = 5 * 4000
    // ρ(|M|) = 0.5 + 4·0.5·0.2 = 0.9.
    for sign in ["", "-"] {
      let outcome = try trial.run(DelayTrial.quadratic("dimension=5,coupling=\(sign)0.2"), delay)
      #expect((outcome.loss.final ?? 1) < 1e-6)
    }
  }

  @Test func `Some schedule diverges where only the fresh iteration's spectral radius is below 1`()
    throws
  {
    var trial = DelayTrial()
    trial.decomposition = .blocks
    trial.workers = 8
    trial.rate = 0.28
    trial.updates = 8 * 1000
    // Eigenvalues of H: 0.3 and 5.9, so ρ(M) = max(0.916, 0.652); ρ(|M|) = 0.72 + 7·0.196 = 2.09.
    let model = try DelayTrial.quadratic("dimension=8,coupling=0.7")
    #expect((try trial.run(model, "constant:0").loss.final ?? 1) < 1e-6)
    #expect((try trial.run(model, "exchange:20").loss.final ?? .infinity) > 1e6)
    #expect((try trial.run(model, "constant:4").loss.final ?? .infinity) > 1e6)
  }
}
