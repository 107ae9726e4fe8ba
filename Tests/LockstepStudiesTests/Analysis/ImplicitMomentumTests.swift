import LockstepTelemetry
import Testing

@testable import LockstepStudies

struct ImplicitMomentumTests {
  private func points(_ values: [Double?]) -> [EnsembleRecord.Point] {
    values.enumerated().map { EnsembleRecord.Point(update: $0, value: $1) }
  }

  @Test(arguments: [0.2, 0.5, 0.9375])
  func `the momentum of a heavy ball is found exactly`(momentum: Double) throws {
    var values = [1.0, 0.99]
    for index in 1..<60 {
      values.append(
        values[index] + momentum * (values[index] - values[index - 1]) - 0.01 * values[index])
    }
    let found = try #require(ImplicitMomentum.fit(points(values)))
    #expect(abs(found - momentum) < 1e-9)
  }

  @Test func `gaps, missing values, short and constant runs have none`() {
    #expect(ImplicitMomentum.fit(points([1, 0.9, nil, 0.7, 0.6])) == nil)
    #expect(ImplicitMomentum.fit(points([1, 0.9, 0.8])) == nil)
    #expect(ImplicitMomentum.fit(points([1, 1, 1, 1, 1])) == nil)
    var gap = points([1, 0.9, 0.8, 0.75, 0.6])
    gap[4].update = 9
    #expect(ImplicitMomentum.fit(gap) == nil)
  }
}
