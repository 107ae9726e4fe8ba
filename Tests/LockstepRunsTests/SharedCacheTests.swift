import Dispatch
import Synchronization
import Testing

@testable import LockstepRuns

@Suite struct SharedCacheTests {
  private struct Refusal: Error {}

  private final class Counted: Sendable {
    let number: Int
    init(_ number: Int) { self.number = number }
  }

  // The thread sanitizer reads this one, too: every thread uses an object that one of them made.
  @Test(.timeLimit(.minutes(15)))
  func `makes a value once, however many threads ask for it at a time`() {
    let steps = Atomic(0)
    let wrong = Atomic(0)
    for round in 0..<200 {
      let cache = SharedCache<Counted>(capacity: 1)
      let group = DispatchGroup()
      for lane in 0..<4 {
        DispatchQueue(label: "lockstep.tests.cache.\(lane)").async(group: group) {
          let value = cache.value(of: "a") { () -> Counted in
            // Takes a while, so that others wait for it.
            for _ in 0..<2_000 { steps.add(1, ordering: .relaxed) }
            return Counted(round)
          }
          if value.number != round { wrong.add(1, ordering: .relaxed) }
        }
      }
      group.wait()
    }
    #expect(steps.load(ordering: .relaxed) == 200 * 2_000)
    #expect(wrong.load(ordering: .relaxed) == 0)
  }

  @Test func `keeps the values that were asked for last`() {
    let cache = SharedCache<String>(capacity: 2)
    var made: [String] = []
    for key in ["a", "b", "a", "c", "a", "b"] {
      let value = cache.value(of: key) {
        made.append(key)
        return key
      }
      #expect(value == key)
    }
    #expect(made == ["a", "b", "c", "b"])
  }

  @Test func `tries again after a value that could not be made`() throws {
    let cache = SharedCache<Int>(capacity: 1)
    #expect(throws: Refusal.self) {
      try cache.value(of: "a") { () throws(Refusal) in throw Refusal() }
    }
    #expect(cache.value(of: "a") { 3 } == 3)
  }
}
