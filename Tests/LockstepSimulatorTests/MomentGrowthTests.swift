import Foundation
import LockstepCore
import Testing

@testable import LockstepSimulator

/// The growth of moments against operators that are built out and out, and borders from elsewhere.
@Suite struct `The growth of moments is exact` {
  /// `½·ln ρ` of `S ↦ Σ p·A·S·Aᵀ`, as a matrix on all second moments.
  private func brute(_ steps: [(share: Double, matrix: [[Double]])]) -> Double {
    let size = steps[0].matrix.count
    var operation = Array(
      repeating: Array(repeating: 0.0, count: size * size), count: size * size)
    for (share, matrix) in steps {
      for i in 0..<size {
        for j in 0..<size {
          for k in 0..<size {
            for l in 0..<size {
              operation[i * size + j][k * size + l] += share * matrix[i][k] * matrix[j][l]
            }
          }
        }
      }
    }
    return SpectralRadius.logarithm(operation) / 2
  }

  private func identity(_ size: Int) -> [[Double]] {
    (0..<size).map { row in (0..<size).map { $0 == row ? 1.0 : 0 } }
  }

  /// Worker `i` applies `−a·v_i` and reads: the state is `x` and all views.
  private func memoryless(_ a: Double, workers: Int) -> [(share: Double, matrix: [[Double]])] {
    (1...workers).map { worker in
      var matrix = identity(workers + 1)
      matrix[0][worker] = -a
      matrix[worker] = matrix[0]
      return (1 / Double(workers), matrix)
    }
  }

  /// `x_{t+1} = x_t − a·x_{t−k}`: the state is the last `x`.
  private func delayed(_ a: Double, _ shares: [Double]) -> [(share: Double, matrix: [[Double]])] {
    let size = shares.count
    return shares.enumerated().map { delay, share in
      var matrix = (0..<size).map { row in (0..<size).map { $0 == row - 1 ? 1.0 : 0 } }
      matrix[0][0] = 1
      matrix[0][delay] -= a
      return (share, matrix)
    }
  }

  @Test(arguments: [1, 2, 3, 4], [0.1, 0.9, 1.345])
  func `with exponential workers`(workers: Int, a: Double) {
    let growth = MomentGrowth.memoryless(a, workers: workers)
    let exact =
      workers == 1 ? MomentGrowth.fresh(a).meanSquare : brute(memoryless(a, workers: workers))
    #expect(abs(growth.meanSquare - exact) < 1e-10)
    #expect(growth.mean <= growth.meanSquare + 1e-12, "a mean never grows faster than its square")
  }

  @Test(
    arguments: [[1.0], [0.5, 0.5], [0.2, 0, 0.8], [0.25, 0.25, 0.25, 0.25], [0, 0, 1]], [0.2, 0.7])
  func `with independent delays`(shares: [Double], a: Double) {
    let growth = MomentGrowth.independent(a, shares: shares)
    #expect(abs(growth.meanSquare - brute(delayed(a, shares))) < 1e-9)
  }

  @Test(arguments: [0.05, 0.9, 1.2]) func `with geometric delays, whose tail may be cut off`(
    a: Double
  ) {
    var shares = (0..<60).map { Foundation.pow(0.5, Double($0 + 1)) }
    shares[59] *= 2
    let cut = MomentGrowth.independent(a, shares: shares)
    let whole = MomentGrowth.geometric(a, mean: 1)
    #expect(abs(cut.meanSquare - whole.meanSquare) < 1e-9 && abs(cut.mean - whole.mean) < 1e-9)
  }

  /// The rate at which a growth passes 0.
  private func border(_ growth: (Double) -> Double) -> Double {
    var (low, high) = (0.01, 4.0)
    for _ in 0..<50 {
      let middle = (low + high) / 2
      if growth(middle) < 0 { low = middle } else { high = middle }
    }
    return low
  }

  @Test func `the mean square of two exponential workers grows at a rate of 1.345`() {
    #expect(abs(MomentGrowth.memoryless(1.345, workers: 2).meanSquare - 0.0196633) < 1e-7)
  }

  @Test func `eight exponential workers are stable in mean square up to .5664`() {
    let found = border { MomentGrowth.memoryless($0, workers: 8).meanSquare }
    #expect(abs(found - 0.566391) < 1e-6)
    // The mean is that of momentum μ = 1 − 1/n and rate (1 − μ)a: stable up to 2(1 + μ)/(1 − μ).
    let mean = border { MomentGrowth.memoryless($0 * 10, workers: 8).mean } * 10
    #expect(abs(mean - 30) < 1e-6)
  }

  // Kuruklis, 1994.
  @Test(arguments: [(1, 1.0), (2, 0.618034), (4, 0.347296), (8, 0.184537), (16, 0.095164)])
  func `a constant delay is stable up to 2 sin(π ÷ (2(2τ + 1)))`(delay: Int, threshold: Double) {
    let shares = (0...delay).map { $0 == delay ? 1.0 : 0 }
    let found = border { MomentGrowth.independent($0, shares: shares).meanSquare }
    #expect(abs(found - threshold) < 1e-6)
  }

  @Test func `delays of one run have the probabilities of their law`() throws {
    #expect(try DelayLaw(.uniform(3)).probabilities == [0.25, 0.25, 0.25, 0.25])
    #expect(try DelayLaw(.constant(2)).probabilities == [0, 0, 1])
    #expect(try DelayLaw(.geometric(mean: 3)).probabilities == nil)
    #expect(try DelayLaw(.geometric(mean: 3)).growth([0.1]) == .geometric(0.1, mean: 3))
    #expect(try DelayLaw(.exchange(3)).growth([0.1]) == nil)
    #expect(try DelayLaw(.constant(65)).growth([0.1]) == nil)
  }

  @Test func `the slope of a path doesn't depend on where it starts`() throws {
    let points = Array(stride(from: 5, through: 200, by: 5))
    let squares = points.map { exp(2 * (7 - 0.125 * Double($0))) }
    let slope = try #require(PathGrowth.slope(squares[...], points: points, warmup: 20))
    #expect(abs(slope + 0.125) < 1e-12)
  }

  @Test func `a path has an error of its slope where each of ten parts has three points`() throws {
    let points = Array(1...30)
    let squares = points.map { exp(0.25 * Double($0)) }
    let error = try #require(PathGrowth.error(squares[...], points: points, warmup: 0))
    #expect(error < 1e-12)
    #expect(PathGrowth.error(squares[..<29], points: points, warmup: 0) == nil)
  }
}
