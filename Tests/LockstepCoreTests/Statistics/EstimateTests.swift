import Foundation
import LockstepCore
import Testing

@Suite struct EstimateTests {
  @Test func `a sample's median has an interval around it`() {
    let sample = Sample([4, 1, 3, 2, 10])
    #expect(sample.mean == 4 && sample.meanEstimate.value == 4)
    let median = sample.medianEstimate
    #expect(median == Estimate(value: 3, low: 1, high: 10, count: 5, kind: .range))
    #expect(Sample([7]).medianEstimate == .exact(7, count: 1))
  }

  @Test(arguments: [(1, 12.7062), (2, 4.3027), (3, 3.1824), (10, 2.2281), (30, 2.0423)])
  func `Student's factors are those of the tables`(degrees: Int, factor: Double) {
    #expect(abs(StudentT.factor95(degrees: degrees) - factor) < 5e-5)
  }

  @Test func `an exact power law gives its exponent`() throws {
    for exponent in [-1.5, 0, 0.25, 2] {
      for seeds in [1, 3, 8] {
        let points = (0..<seeds).flatMap { seed in
          [1.0, 4, 16, 64].map {
            PowerLaw.Point(x: $0, y: 3 * Foundation.pow($0, exponent), seed: seed)
          }
        }
        let law = try #require(PowerLaw(points))
        #expect(abs(law.exponent.value - exponent) < 1e-12)
        #expect(abs(law.exponent.low - exponent) < 1e-6)
        #expect(abs(law.exponent.high - exponent) < 1e-6)
        #expect(abs(law.value(at: 1) - 3) < 1e-9)
        #expect(law.interval == (seeds > 1 ? .seeds(seeds) : .residuals(degreesOfFreedom: 2)))
      }
    }
  }

  @Test func `a fit's interval is the textbook's`() throws {
    // log y = 0, 1, 1 at log x = 0, 1, 2: slope 1/2, residual sum 1/6, spread 2, one degree.
    let points = zip([0.0, 1, 2], [0.0, 1, 1]).map {
      PowerLaw.Point(x: exp($0), y: exp($1), seed: 0)
    }
    let law = try #require(PowerLaw(points))
    #expect(abs(law.exponent.value - 0.5) < 1e-12)
    let reach = 12.7062047 * (1.0 / 12).squareRoot()
    #expect(abs(law.exponent.high - 0.5 - reach) < 1e-6)
    #expect(abs(law.exponent.low - 0.5 + reach) < 1e-6)
  }

  @Test func `the seeds' interval covers the exponent about as often as it says`() throws {
    var covered = 0
    for trial in 0..<100 {
      var stream = RandomStream(seed: UInt64(trial), purpose: .disturbance)
      let points = (0..<20).flatMap { seed in
        let slope = 0.5 + 0.1 * stream.normal()
        return [1.0, 10, 100].map {
          PowerLaw.Point(
            x: $0, y: Foundation.pow($0, slope) * exp(0.1 * stream.normal()), seed: seed)
        }
      }
      let law = try #require(PowerLaw(points))
      if law.exponent.low <= 0.5, law.exponent.high >= 0.5 { covered += 1 }
    }
    #expect((87...100).contains(covered), "\(covered) of 100")
  }

  @Test func `points without a logarithm are counted, and one place has no slope`() throws {
    func point(_ x: Double, _ y: Double) -> PowerLaw.Point { .init(x: x, y: y, seed: 0) }
    let law = try #require(PowerLaw([point(1, 1), point(2, 2), point(3, -1), point(0, 4)]))
    #expect(law.omitted == 2)
    #expect(
      law.exponent
        == Estimate(value: law.exponent.value, low: -.infinity, high: .infinity, count: 2))
    #expect(PowerLaw([point(2, 1), point(2, 3), point(2, 5)]) == nil)
    #expect(PowerLaw([]) == nil)
  }
}
