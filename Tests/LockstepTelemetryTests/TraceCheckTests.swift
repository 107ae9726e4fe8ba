import LockstepTelemetry
import Testing

@Suite struct `The rules of a trace` {
  /// What is broken where worker 0 makes three iterations while worker 1 makes one.
  ///
  /// - Parameters:
  ///   - policy: the policy they are checked against.
  ///   - start: when worker 0 begins its second iteration; its first takes the time from 0 to 1.
  ///   - end: when worker 1's iteration ends; worker 0's third begins at 2.
  private func broken(_ policy: String, start: Double = 1, end: Double) -> Set<String> {
    func event(_ worker: Int, _ clock: Int, _ start: Double, _ end: Double, _ number: Int)
      -> TraceEvent
    {
      TraceEvent(
        worker: worker, clock: clock, shard: nil, start: start, compute: start, ready: end,
        apply: end, end: end, read: [0], applied: [number + 1])
    }
    let header = Trace.Header(
      engine: "threads", policy: policy, decomposition: "samples", workers: 2, shards: 1,
      isJoint: false, isDealt: false, updates: 4, timeUnit: "ns", torn: 0)
    let events = [
      event(0, 0, 0, 1, 0), event(0, 1, start, 2, 1), event(0, 2, 2, 3, 3), event(1, 0, 0, end, 2),
    ]
    let check = TraceCheck(Trace(header: header, events: events))
    return Set(check.violations.map(\.rule)).intersection(["policy", "times"])
  }

  @Test func `a bound is kept exactly`() {
    #expect(broken("bounded:1", end: 2) == [])
    #expect(broken("bounded:1", end: 2.5) == ["policy"])
    #expect(broken("bounded:2", end: 2.5) == [])
  }

  @Test func `a shard has every version up to its newest`() {
    func event(_ worker: Int, _ clock: Int, _ version: Int) -> TraceEvent {
      let time = Double(clock)
      return TraceEvent(
        worker: worker, clock: clock, shard: worker, start: time, compute: time, ready: time + 1,
        apply: time + 1, end: time + 1, read: [0, 0], applied: [version])
    }
    let header = Trace.Header(
      engine: "threads", policy: "hogwild", decomposition: "blocks", workers: 2, shards: 2,
      isJoint: false, isDealt: true, updates: 4, timeUnit: "ns", torn: 0)
    let events = [event(0, 0, 1), event(0, 1, 3), event(1, 0, 1), event(1, 1, 2)]
    let versions = TraceCheck(Trace(header: header, events: events)).violations.filter {
      $0.rule == "versions"
    }
    #expect(versions.map(\.reason) == ["version 2 of shard 0 is missing"])
    #expect(versions.map(\.clock) == [1])
  }

  @Test func `a worker's iterations don't overlap`() {
    #expect(broken("hogwild", start: 1, end: 2) == [])
    #expect(broken("hogwild", start: 0.5, end: 2) == ["times"])
  }
}
