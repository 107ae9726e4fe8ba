import LockstepCore
import Testing

@testable import LockstepSimulator

@Suite struct `The recorded points of an ensemble` {
  private func points(_ updates: Int, round: Int = 1) -> [Int] {
    EnsemblePlan(updates: updates, round: round, warmup: 0, collectsSquares: false).points
  }

  @Test func `are all where they are few, and 1,000 where they are many`() {
    #expect(points(10) == Array(0...10))
    #expect(points(10, round: 4) == [0, 4, 8, 10])
    #expect(points(1000) == Array(0...1000))
    #expect(points(999_000) == (0...999).map { 1000 * $0 })
    #expect(points(2001) == (0...999).map { 2001 * $0 / 999 })
  }
}

@Suite struct `The averages over time of an ensemble` {
  @Test func `have the standard error of the means of 640 stretches`() throws {
    // One and a half updates a stretch: they hold one and two in turn.
    let updates = 960
    var stream = RandomStream(seed: 3, purpose: .disturbance)
    let values = (0...updates).map { _ in stream.normal() }
    var sum = EnsembleAccumulator(
      plan: EnsemblePlan(updates: updates, round: 1, warmup: 0, collectsSquares: true))
    sum.begin()
    for (update, value) in values.enumerated() {
      withUnsafePointer(to: value) { sum.record(update: update, parameters: $0, count: 1) }
    }
    sum.end()
    let squares = values.dropFirst().map { $0 * $0 }
    let stretches = (0..<640).map { stretch in
      let members = squares[(stretch * 3 / 2)..<((stretch + 1) * 3 / 2)]
      return members.reduce(0, +) / Double(members.count)
    }
    let record = sum.record()
    let error = try #require(record.stationaryMeanSquareError)
    let expected = try #require(CorrelatedMean(stretches).error)
    #expect(abs(error / expected - 1) < 1e-9)
    let mean = try #require(record.stationaryMeanSquare)
    #expect(abs(mean * Double(updates) / squares.reduce(0, +) - 1) < 1e-12)
  }
}
