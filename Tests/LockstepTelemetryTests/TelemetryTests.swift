import Foundation
import LockstepTelemetry
import Testing

@Suite struct `Staleness histograms` {
  @Test func `count exactly and add up`() {
    var first = StalenessHistogram()
    var second = StalenessHistogram()
    for value in [0, 0, 1, 3] { first.record(value) }
    for value in [3, 7, 2000] { second.record(value) }
    first.add(second)
    let record = first.record(sampledEvery: 4)
    #expect(record.histogram == [[0, 2], [1, 1], [3, 2], [7, 1], [2000, 1]])
    #expect(record.mean == 2014.0 / 7)
    #expect(record.max == 2000)
    #expect(record.p50 == 3)
    #expect(record.sampledEvery == 4)
  }

  @Test func `know how many are at most how stale`() {
    var histogram = StalenessHistogram()
    for value in (1...100).reversed() { histogram.record(value) }
    let record = histogram.record(sampledEvery: 1)
    #expect(record.p50 == 50 && record.p90 == 90 && record.p99 == 99)
  }

  @Test func `of nothing have nothing to say`() {
    let record = StalenessHistogram().record(sampledEvery: 1)
    #expect(record.mean == nil && record.max == nil && record.histogram.isEmpty)
  }
}

@Suite struct `A worker's telemetry` {
  private func telemetry(iterationNanoseconds: UInt64, iterations: Int) -> WorkerTelemetry {
    var telemetry = WorkerTelemetry()
    for _ in 0..<iterations {
      guard telemetry.shouldTime() else { continue }
      var phases = WorkerTelemetry.Phases()
      phases.compute = iterationNanoseconds * 3 / 4
      phases.wait = iterationNanoseconds / 4
      telemetry.add(phases)
    }
    return telemetry
  }

  @Test func `times every iteration that is long beside the cost of timing`() {
    let long = telemetry(iterationNanoseconds: 100_000, iterations: 1000)
    #expect(long.interval == 1)
    let record = long.record(worker: 3)
    #expect(record.worker == 3 && record.updates == 1000)
    #expect((record.computeSeconds - 0.075).magnitude < 1e-9)
    #expect((record.waitSeconds - 0.025).magnitude < 1e-9)
  }

  @Test func `samples short ones, and scales the sums up`() {
    let short = telemetry(iterationNanoseconds: 500, iterations: 1_000_000)
    #expect(short.interval == 50)
    let record = short.record(worker: 0)
    #expect((record.computeSeconds / 0.375 - 1).magnitude < 0.01)
    #expect((record.waitSeconds / 0.125 - 1).magnitude < 0.01)
  }

  @Test func `follows the speed whenever twice as many have been timed`() {
    var telemetry = WorkerTelemetry()
    func time(_ count: Int, nanoseconds: UInt64) {
      var left = count
      while left > 0 {
        guard telemetry.shouldTime() else { continue }
        var phases = WorkerTelemetry.Phases()
        phases.compute = nanoseconds
        telemetry.add(phases)
        left -= 1
      }
    }
    time(16, nanoseconds: 500)
    #expect(telemetry.interval == 50)
    time(15, nanoseconds: 5_000)
    #expect(telemetry.interval == 50)
    time(1, nanoseconds: 5_000)
    #expect(telemetry.interval == 5)
    time(31, nanoseconds: 50_000)
    #expect(telemetry.interval == 5)
    time(1, nanoseconds: 50_000)
    #expect(telemetry.interval == 1)
    #expect(telemetry.record(worker: 0).waitSeconds == 0)
  }

  @Test func `shares the time that a worker ran among its phases`() {
    var telemetry = WorkerTelemetry()
    for _ in 0..<10 where telemetry.shouldTime() {
      var phases = WorkerTelemetry.Phases()
      (phases.wait, phases.read) = (100_000, 200_000)
      (phases.compute, phases.apply) = (300_000, 400_000)
      telemetry.add(phases)
    }
    telemetry.add(wait: 1_000_000, parks: 1)
    // 10 ms were timed of a worker that ran for 6 ms, 1 of which it waited.
    telemetry.add(running: 6_000_000)
    let record = telemetry.record(worker: 0)
    #expect((record.readSeconds - 0.001).magnitude < 1e-12)
    #expect((record.computeSeconds - 0.0015).magnitude < 1e-12)
    #expect((record.applySeconds - 0.002).magnitude < 1e-12)
    #expect((record.waitSeconds - 0.0015).magnitude < 1e-12)
  }
}

@Suite struct `Numbers that cannot be had` {
  private struct Box: Codable {
    @ExplicitNull var value: Double?
  }

  @Test(arguments: [nil, Double.nan, .infinity]) func `are null`(value: Double?) throws {
    let data = try JSONEncoder().encode(Box(value: value))
    #expect(String(decoding: data, as: UTF8.self) == #"{"value":null}"#)
    #expect(try JSONDecoder().decode(Box.self, from: data).value == nil)
  }

  @Test func `and those that can survive the round trip`() throws {
    let data = try JSONEncoder().encode(Box(value: 0.1))
    #expect(try JSONDecoder().decode(Box.self, from: data).value == 0.1)
  }

  @Test func `a rate over no time is null`() {
    let rate = ThroughputRecord(updates: 3, samples: 5, seconds: 0)
    #expect(rate.updatesPerSecond == nil && rate.samplesPerSecond == nil)
    let short = ThroughputRecord(updates: 3, samples: 5, seconds: 0.5)
    #expect(short.updatesPerSecond == 6 && short.samplesPerSecond == 10)
  }
}
