import Foundation
import LockstepCore
import Testing

@testable import LockstepStudies

struct ClaimSummaryTests {
  private func items(_ values: [(seed: Int, x: Double?, value: Double)]) -> [ClaimItem] {
    values.map { ClaimItem(seed: $0.seed, place: [:], value: $0.value, x: $0.x) }
  }

  @Test func `one seed has no interval`() throws {
    let estimate = try #require(ClaimSummary.mean.estimate(of: items([(1, nil, 2), (1, nil, 4)])))
    #expect(estimate == .exact(3, count: 2))
  }

  @Test func `three seeds have Student's interval, with the factor of the tables`() throws {
    let estimate = try #require(
      ClaimSummary.mean.estimate(of: items([(1, nil, 1), (2, nil, 2), (3, nil, 3)])))
    #expect(estimate.value == 2)
    #expect(abs(estimate.high - 2 - 4.302652730 / 3.0.squareRoot()) < 1e-6)
    #expect(abs(estimate.low - 2 + 4.302652730 / 3.0.squareRoot()) < 1e-6)
  }

  @Test func `the interval of normal means covers as often as it says`()
    throws
  {
    var stream = RandomStream(seed: 3, purpose: .disturbance)
    var covered = 0
    for _ in 0..<1000 {
      let values = (0..<5).map { (seed: $0, x: Double?.none, value: stream.normal()) }
      let estimate = try #require(ClaimSummary.mean.estimate(of: items(values)))
      if estimate.low <= 0, estimate.high >= 0 { covered += 1 }
    }
    // The standard error is 0.7 %; a percentile bootstrap of five covers 82 %.
    #expect((930...970).contains(covered))
  }

  @Test func `an exact power law has its exponent, and an exact exponential its factor`() throws {
    let points = (1...4).flatMap { x in (1...5).map { ($0, Double(x), 3 * pow(Double(x), 1.5)) } }
    let exponent = try #require(ClaimSummary.exponent.estimate(of: items(points)))
    #expect(abs(exponent.value - 1.5) < 1e-9 && abs(exponent.low - 1.5) < 1e-9)
    let layers = (1...4).flatMap { x in (1...5).map { ($0, Double(x), 3 * pow(1.7, Double(x))) } }
    let factor = try #require(ClaimSummary.factor.estimate(of: items(layers)))
    #expect(abs(factor.value - 1.7) < 1e-9 && abs(factor.high - 1.7) < 1e-9)
  }

  @Test func `a power law through part of the numbers is none`() {
    #expect(ClaimSummary.exponent.estimate(of: items([(1, 1, 1), (1, 2, 2), (1, 3, -3)])) == nil)
    #expect(ClaimSummary.exponent.estimate(of: items([(1, 1, 1), (1, nil, 2), (1, 3, 3)])) == nil)
  }

  @Test func `nothing has no summary`() {
    for summary in ClaimSummary.allCases { #expect(summary.estimate(of: []) == nil) }
  }

  @Test func `a median of few seeds has their range, of more an interval`() throws {
    func estimate(_ count: Int) throws -> Estimate {
      try #require(
        ClaimSummary.median.estimate(of: items((1...count).map { ($0, nil, Double($0)) })))
    }
    #expect(try estimate(5) == Estimate(value: 3, low: 1, high: 5, count: 5, kind: .range))
    #expect(try estimate(10).low == 2 && estimate(10).high == 9)
    #expect(try estimate(10).kind.name == "97.8 %")
  }

  @Test func `a share counts what isn't 0`() throws {
    let estimate = try #require(
      ClaimSummary.share.estimate(of: items([(1, nil, 0), (1, nil, 1), (1, nil, 2), (1, nil, 1)])))
    #expect(estimate.value == 0.75)
  }

  @Test(arguments: [
    (ClaimExpectation.above(1), 1.1, 2.0, ClaimVerdict.reproduced),
    (.above(1), 0.9, 2, .inconclusive),
    (.above(1), 0.5, 1, .notReproduced), (.below(1), 0.5, 0.9, .reproduced),
    (.below(1), 1, 2, .notReproduced), (.below(1), 0.5, 1.5, .inconclusive),
    (.between(1, 2), 1, 2, .reproduced), (.between(1, 2), 0.5, 1.5, .inconclusive),
    (.between(1, 2), 2.1, 3, .notReproduced), (.equal(1), 1, 1, .reproduced),
    (.equal(1), 0.9, 0.95, .notReproduced), (.equal(1), 0.9, 1.1, .inconclusive),
  ])
  func `the whole interval decides`(
    expectation: ClaimExpectation, low: Double, high: Double, verdict: ClaimVerdict
  ) {
    #expect(expectation.verdict(low: low, high: high) == verdict)
  }
}
