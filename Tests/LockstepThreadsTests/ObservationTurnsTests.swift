import LockstepCore
import LockstepModels
import Testing

@testable import LockstepThreads

@Suite struct `Whose turn it is to observe` {
  private func clocks(
    _ kind: ObservationTurns.Kind, every: Int, worker: Int, workers: Int, isJoint: Bool = false,
    within limit: Int
  ) -> [Int] {
    var turns = ObservationTurns(
      every: every, worker: worker, workers: workers,
      budget: UpdateBudget(workers: workers, isJoint: isJoint, isDealt: true), kind: kind)
    var clocks: [Int] = []
    while turns.clock < limit {
      clocks.append(turns.clock)
      turns.advance()
    }
    return clocks
  }

  @Test func `one in turn takes exactly the updates that are due`() {
    for workers in 1...5 {
      for every in 1...12 {
        var found: [Int] = []
        for worker in 0..<workers {
          found += clocks(.inTurn, every: every, worker: worker, workers: workers, within: 40)
            .map { $0 * workers + worker }
        }
        #expect(
          found.sorted() == Array(stride(from: 0, to: 40 * workers, by: every)),
          "\(workers) workers, every \(every)")
      }
    }
  }

  @Test func `rounds that are joined are worker 0's`() {
    #expect(clocks(.joined, every: 7, worker: 0, workers: 3, within: 11) == [0, 3, 5, 7, 10])
    #expect(
      clocks(.joined, every: 7, worker: 0, workers: 3, isJoint: true, within: 30)
        == [0, 7, 14, 21, 28])
    #expect(clocks(.joined, every: 7, worker: 1, workers: 3, within: 1000).isEmpty)
  }

  @Test func `without turns the observations go round, also where every is a multiple`() {
    let found = (0..<4).map { clocks(.spread, every: 8, worker: $0, workers: 4, within: 20) }
    #expect(found == [[0, 8, 16], [2, 10, 18], [4, 12], [6, 14]])
  }

  @Test func `the kinds follow from the rules`() throws {
    func kind(_ policy: String, _ workers: Int) throws -> ObservationTurns.Kind {
      ObservationTurns.kind(try PolicySpecification.parse(policy).rules(of: workers))
    }
    #expect(try kind("barrier", 3) == .joined && kind("sequential", 3) == .inTurn)
    #expect(try kind("hogwild", 3) == .spread && kind("bounded:2", 3) == .spread)
    #expect(try kind("locked", 2) == .spread && kind("hogwild", 1) == .inTurn)
  }

  @Test func `slots are bounded in number and in memory, and never none`() {
    #expect(
      ObservationMemory(parameters: 10, stateVectors: 2, scalarBytes: 8).slots(wanted: 7) == 7)
    #expect(ObservationMemory(parameters: 10, stateVectors: 2, scalarBytes: 8).slots() == 64)
    let large = ObservationMemory(parameters: 1 << 20, stateVectors: 2, scalarBytes: 4)
    #expect(large.slots() == 4 && large.bytes == Double(64 << 20))
    #expect(ObservationMemory(parameters: 1 << 30, stateVectors: 0, scalarBytes: 8).slots() == 1)
  }
}
