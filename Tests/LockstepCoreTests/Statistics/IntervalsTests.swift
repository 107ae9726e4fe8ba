import Foundation
import Testing

@testable import LockstepCore

@Suite(.timeLimit(.minutes(15))) struct `Intervals hold what they promise` {
  /// 2,000 samples scatter by 0.5 % at 95 %; four of that are allowed.
  @Test(arguments: [Coverage.Method.mean, .ratio, .exponent], [3, 5, 10, 20])
  func `on normal data 93 to 97 % of them hold the truth`(_ method: Coverage.Method, _ seeds: Int) {
    let coverage = Coverage(of: method, .normal, seeds: seeds, trials: 2000)
    #expect((0.93...0.97).contains(coverage.held), "\(coverage.held)")
    #expect(coverage.name == "95 %")
    // Two standard deviations of skewness are passed by one normal sample in twenty.
    #expect(coverage.noted < 0.08)
  }

  @Test(arguments: Coverage.Law.allCases, [6, 10, 20])
  func `of medians as many as is said, whatever the law`(_ law: Coverage.Law, _ seeds: Int) {
    let coverage = Coverage(of: .median, law, seeds: seeds, trials: 2000)
    let exact = Intervals.medianRank(seeds).coverage
    #expect(exact >= 0.95)
    #expect(abs(coverage.held - exact) < 4 * (exact * (1 - exact) / 2000).squareRoot())
  }

  @Test(arguments: [4, 5, 10]) func `of factors between two samples at least 95 %`(_ seeds: Int) {
    for law in Coverage.Law.allCases {
      let coverage = Coverage(of: .factor, law, seeds: seeds, trials: 1000)
      #expect(coverage.held > 0.93, "\(law): \(coverage.held)")
      #expect(coverage.name != "range")
    }
  }

  @Test func `skewed and heavy-tailed samples are noted where they can be`() {
    #expect(Coverage(of: .mean, .lognormal, seeds: 20, trials: 300).noted > 0.6)
    #expect(Coverage(of: .mean, .pareto, seeds: 10, trials: 300).noted > 0.6)
    #expect(!Skewness.isNotable([0, 0, 0, 9]), "four values can't tell")
    #expect(Skewness.isNotable([1, 1.1, 0.9, 1, 1.05, 9]))
    #expect(abs((Skewness.coefficient([0, 0, 3]) ?? 0) - 0.5.squareRoot()) < 1e-12)
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["LOCKSTEP_COVERAGE"] != nil))
  func `the table of Statistics.md`() { print(Coverage.table(trials: 20_000)) }

  @Test func `few measurements have a range, and one has nothing`() {
    let three = Intervals.median([25, 100, 50])
    #expect(three == Estimate(value: 50, low: 25, high: 100, count: 3, kind: .range))
    #expect(three.kind.name == "range")
    #expect(Intervals.median([7]) == .exact(7, count: 1))
    #expect(Intervals.mean([7]) == .exact(7, count: 1))
    #expect(Intervals.median([1, 2, 3, 4, 5]).kind == .range)
    let six = Intervals.median([1, 2, 3, 4, 5, 6])
    #expect(six.low == 1 && six.high == 6 && six.kind.name == "96.8 %")
  }

  // Hollander, Wolfe and Chicken, table of the sign test: the ranks and their exact coverage.
  @Test(arguments: [
    (6, 1, 0.96875), (9, 2, 0.9609375), (10, 2, 0.978515625), (20, 6, 0.958610534667969),
    (100, 40, 0.9647997997822952),
  ])
  func `order statistics have the ranks of the tables`(
    _ count: Int, _ rank: Int, _ coverage: Double
  ) {
    let found = Intervals.medianRank(count)
    #expect(found.rank == rank && abs(found.coverage - coverage) < 1e-10)
  }

  // The two-sided 5 % points of U: Mann and Whitney, 1947; for 3 and 3 there is none.
  @Test(arguments: [(3, 3, 0), (4, 4, 1), (5, 5, 3), (8, 7, 11), (10, 10, 24), (20, 20, 128)])
  func `ranks of pairs are those of the tables`(_ one: Int, _ other: Int, _ rank: Int) {
    #expect(MannWhitney.rank(one, other).rank == rank)
    #expect(MannWhitney.rank(other, one) == MannWhitney.rank(one, other))
  }

  @Test func `measurements that share a seed count as one`() throws {
    // Ten of each seed say no more than the seeds' means.
    let clusters = [[1.0, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]]
    let estimate = try #require(Intervals.mean(ofClusters: clusters))
    let means = Intervals.mean([1, 2, 3])
    #expect(estimate.value == 2 && estimate.count == 12)
    #expect(abs(estimate.low - means.low) < 1e-12 && abs(estimate.high - means.high) < 1e-12)
    #expect(abs(means.high - 2 - 4.302652730 / 3.0.squareRoot()) < 1e-8)
    // Seeds of different length: the mean is that of all measurements.
    #expect(Intervals.mean(ofClusters: [[1, 2, 3, 4], [], [10]])?.value == 4)
    #expect(Intervals.mean(ofClusters: [[0.1, 0.1, 0.1], [0.1]])?.low == 0.1)
    #expect(Intervals.mean(ofClusters: [[], []]) == nil)
  }

  @Test func `a ratio to something that may be nothing is not bounded`() throws {
    let ratio = try #require(Intervals.ratio(of: [1, 1], to: [3, -1]))
    #expect(ratio.value == 1 && ratio.low == -.infinity && ratio.high == .infinity)
    #expect(Intervals.ratio(of: [1, 2], to: [1, -1]) == nil)
    let exact = try #require(Intervals.ratio(of: [4, 5, 6], to: [8, 10, 12]))
    #expect(exact.low == 0.5 && exact.high == 0.5)
  }

  // Clopper and Pearson, 1934: 2 of 10 lie between .0252 and .5561.
  @Test func `shares have the interval of the binomial`() {
    let shares = [1.0, 1] + Array(repeating: 0.0, count: 8)
    let estimate = Intervals.share(shares, value: 0.2, count: 10)
    #expect(abs(estimate.low - 0.02521) < 1e-5 && abs(estimate.high - 0.55610) < 1e-5)
    let always = Intervals.share([1, 1, 1], value: 1, count: 3)
    #expect(always.low == 1 && always.high == 1)
  }

  @Test func `a censored time may be any longer one`() throws {
    func sample(_ times: [Double], censored: [Double] = []) -> CensoredSample {
      CensoredSample(
        times.map { .init(time: $0, isCensored: false) }
          + censored.map { .init(time: $0, isCensored: true) })
    }
    let median = sample([1, 2, 3, 4, 5], censored: [6, 6]).medianEstimate
    #expect(median.value == 4 && median.low == 1 && median.high == nil)
    #expect(median.kind.name == "98.4 %")
    #expect(sample([1, 2], censored: [3]).medianEstimate.kind == .range)
    let ratio = try #require(
      sample([2, 2, 2, 2], censored: [9]).medianRatio(to: sample([1, 1, 1, 1])))
    #expect(ratio.value == 2 && ratio.low == 2 && ratio.high == .infinity)
  }

  /// The variance of the mean of `n` numbers of `y ← ρy + ε` is `σ²/n·(1 + ρ)/(1 − ρ)`, nearly.
  @Test func `the mean of a series has the error that its correlation makes`() {
    var (given, covered) = (0, 0)
    let trials = 200
    for trial in 0..<trials {
      var stream = RandomStream(seed: 4, purpose: .disturbance, clock: trial)
      var value = stream.normal()
      let series = (0..<640).map { _ -> Double in
        value = 0.3 * value + (1 - 0.09).squareRoot() * stream.normal()
        return value
      }
      let found = CorrelatedMean(series)
      guard let error = found.error else { continue }
      given += 1
      if abs(series.reduce(0, +) / 640) < 1.96 * error { covered += 1 }
    }
    #expect(given > 180 && Double(covered) > 0.89 * Double(given), "\(covered) of \(given)")
    // Nearly a random walk: it is as long as a few of its memories only.
    var stream = RandomStream(seed: 4, purpose: .disturbance)
    var sum = 0.0
    let walk = (0..<640).map { _ -> Double in
      sum = 0.98 * sum + stream.normal()
      return sum
    }
    #expect(CorrelatedMean(walk).error == nil && (CorrelatedMean(walk).time ?? 0) > 10)
    #expect(CorrelatedMean([1, 1, 1]).error == 0)
    #expect(CorrelatedMean([1]).error == nil)
  }
}
