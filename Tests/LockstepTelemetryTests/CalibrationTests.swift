import LockstepTelemetry
import Testing

@Suite struct `The calibration from a trace` {
  /// A trace of one worker whose iterations take 1, 2, 3, … µs in a mixed order, the last never ending.
  private func trace(_ count: Int) -> Trace {
    let header = Trace.Header(
      engine: "threads", policy: "hogwild", decomposition: "samples", workers: 1, shards: 1,
      isJoint: false, isDealt: false, updates: count, timeUnit: "ns", torn: 0)
    var now = 0.0
    let events = (0...count).map { clock in
      // 7 divides none of the counts, so that every duration comes once.
      let duration = Double(clock * 7 % count + 1) * 1000
      let isWhole = clock < count
      defer { now += duration }
      return TraceEvent(
        worker: 0, clock: clock, shard: nil, start: now, compute: now, ready: now,
        apply: isWhole ? now : nil, end: isWhole ? now + duration : nil, read: [clock],
        applied: isWhole ? [clock + 1] : [0])
    }
    return Trace(header: header, events: events)
  }

  @Test func `every duration is kept where they are few`() throws {
    let calibration = try #require(Calibration(trace(100)))
    #expect(calibration.iterations == 100)
    #expect(calibration.service == (1...100).map(Double.init))
    #expect(calibration.apply == calibration.service)
  }

  @Test func `of many durations 2,000 quantiles are kept`() throws {
    let calibration = try #require(Calibration(trace(4000)))
    #expect(calibration.iterations == 4000)
    // The middle of each two, rounded up.
    #expect(calibration.service == (1...2000).map { Double(2 * $0) })
    #expect(calibration.workers == [calibration.service])
  }
}
