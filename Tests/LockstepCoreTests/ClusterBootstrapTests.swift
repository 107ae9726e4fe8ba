import LockstepCore
import Testing

@Suite struct `The bootstrap over runs and along them` {
  @Test func `equal measurements have an interval without width`() throws {
    let estimate = try #require(ClusterBootstrap.mean(of: [[2, 2, 2], [2], [2, 2]]))
    #expect(estimate == IntervalEstimate(value: 2, low: 2, high: 2))
    let ratio = try #require(ClusterBootstrap.ratio(of: [[1, 3], [2]], to: [[2, 6], [4]]))
    #expect(ratio == IntervalEstimate(value: 0.5, low: 0.5, high: 0.5))
  }

  @Test func `the mean is that of all measurements, whichever run they are from`() throws {
    let estimate = try #require(ClusterBootstrap.mean(of: [[1, 2, 3, 4], [], [10]]))
    #expect(estimate.value == 4)
    #expect(estimate.low < 4 && estimate.high > 4)
    #expect(estimate.low >= 1 && estimate.high <= 10)
    #expect(ClusterBootstrap.mean(of: [[1, 2, 3, 4], [10]]) == estimate)
  }

  @Test func `nothing, and nothing to compare with, have no estimate`() {
    #expect(ClusterBootstrap.mean(of: []) == nil)
    #expect(ClusterBootstrap.mean(of: [[], []]) == nil)
    #expect(ClusterBootstrap.ratio(of: [[1, 2]], to: [[1, -1]]) == nil)
  }

  @Test func `a ratio to something that may be nothing is not bounded`() throws {
    let ratio = try #require(ClusterBootstrap.ratio(of: [[1], [1]], to: [[3], [-1]]))
    #expect(ratio == IntervalEstimate(value: 1, low: -.infinity, high: .infinity))
  }

  /// How often the interval of the mean holds the true one, 0, in 150 trials.
  private func coverage(
    runs: Int, length: Int, between: Double, correlation: Double
  ) throws -> Double {
    var held = 0
    let trials = 150
    for trial in 0..<trials {
      var stream = RandomStream(seed: 99, purpose: .syntheticData, worker: 0, clock: trial)
      let series = (0..<runs).map { _ -> [Double] in
        let shift = between * stream.normal()
        var noise = stream.normal()
        return (0..<length).map { _ in
          let fresh = (1 - correlation * correlation).squareRoot() * stream.normal()
          noise = correlation * noise + fresh
          return shift + noise
        }
      }
      let interval = try #require(
        ClusterBootstrap.mean(of: series, resamples: 200, seed: UInt64(trial)))
      held += interval.low <= 0 && 0 <= interval.high ? 1 : 0
    }
    return Double(held) / Double(trials)
  }

  @Test func `the interval holds the mean of independent measurements about as often as it says`()
    throws
  {
    // The standard error of the share is 0.018 at 95 %; a single run has blocks
    // only, whose few numbers make it a little short.
    #expect(try (0.88...0.99).contains(coverage(runs: 1, length: 100, between: 0, correlation: 0)))
  }

  @Test func `runs that differ more than their measurements are what counts`() throws {
    #expect(try (0.88...0.99).contains(coverage(runs: 20, length: 8, between: 3, correlation: 0)))
  }

  @Test func `neighbours that resemble each other make the interval wider`() throws {
    // With single measurements instead of blocks it would hold the mean three times in four.
    #expect(
      try (0.85...0.99).contains(coverage(runs: 1, length: 300, between: 0, correlation: 0.5)))
  }

  @Test func `where measurements are all alike the two levels are on the safe side`() throws {
    #expect(try coverage(runs: 6, length: 30, between: 0, correlation: 0.3) > 0.92)
  }
}
