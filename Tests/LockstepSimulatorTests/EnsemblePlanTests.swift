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
