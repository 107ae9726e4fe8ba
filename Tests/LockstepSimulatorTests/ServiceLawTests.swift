import Foundation
import LockstepCore
import LockstepModels
import Testing

@testable import LockstepSimulator

@Suite(.timeLimit(.minutes(15))) struct `Laws of service time` {
  private static func durations(_ text: String, count: Int) throws -> [Double] {
    let law = try ServiceLaw(ServiceSpecification(text), workers: 1)
    return (0..<count).map {
      Double(law.ticks(seed: 3, worker: 0, clock: $0)) / Double(ServiceLaw.ticksPerUnit)
    }
  }

  // Mean and coefficient of variation are the law's own words for itself; an exponential's variation
  // is 1, a Pareto's 1/√(α(α − 2)).
  @Test(arguments: [
    ("constant:2.5", 2.5, 0), ("exponential:2", 2, 1), ("gamma:3,0.5", 3, 0.5),
    ("gamma:3,1", 3, 1), ("gamma:2,2.5", 2, 2.5), ("lognormal:2,0.8", 2, 0.8),
    ("pareto:2,5", 2, 0.258_198_9),
  ])
  func `a law has the mean and the variation it was given`(
    text: String, mean: Double, variation: Double
  ) throws {
    let count = 60_000
    let drawn = try Self.durations(text, count: count)
    let average = drawn.reduce(0, +) / Double(count)
    let error = mean * variation / Double(count).squareRoot()
    #expect((average - mean).magnitude < 4 * error + 1e-6)
    let square = drawn.map { ($0 - average) * ($0 - average) }.reduce(0, +) / Double(count)
    #expect((square.squareRoot() / mean - variation).magnitude < 0.08 * variation + 1e-6)
  }

  @Test(arguments: [
    ("exponential:1", 1.0, 0.632_120_6), ("gamma:1,2", 1, 0.7436779),
    ("pareto:3,1.5", 2, 0.646_446_6), ("lognormal:1,1", 1, 0.661_385_0),
  ])
  func `a law's distribution function is met`(
    text: String, point: Double, expected: Double
  ) throws {
    let count = 60_000
    let below = try Self.durations(text, count: count).filter { $0 <= point }.count
    let error = (expected * (1 - expected) / Double(count)).squareRoot()
    #expect((Double(below) / Double(count) - expected).magnitude < 4 * error)
  }

  @Test func `a duration depends on worker and clock alone and is at least a tick`() throws {
    let law = try ServiceLaw(.exponential(mean: 1), workers: 8)
    let again = try ServiceLaw(.exponential(mean: 1), workers: 8)
    let first = law.ticks(seed: 1, worker: 3, clock: 9)
    _ = again.ticks(seed: 1, worker: 2, clock: 0)
    #expect(again.ticks(seed: 1, worker: 3, clock: 9) == first)
    #expect(law.ticks(seed: 1, worker: 3, clock: 10) != first)
    #expect(law.ticks(seed: 2, worker: 3, clock: 9) != first)
    #expect(ServiceLaw.ticks(1e-12) == 1 && ServiceLaw.ticks(1.5) == 3 << 19)
    #expect(ServiceLaw.ticks(1e300) == ServiceLaw.longest)
  }

  @Test func `durations per worker are as many as the workers`() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try ServiceLaw(.perWorker([1, 2]), workers: 3)
    }
    #expect(
      error?.description
        == "--service per-worker:1.0;2.0: 2 durations for 3 workers; give one for each")
  }

  @Test(arguments: [
    ("1\n-2\n", "line 2: a duration is a number above 0 and at most 1e9, and this is '-2'"),
    ("nan\n", "line 1: a duration is a number above 0 and at most 1e9, and this is 'nan'"),
    ("1\nfast\n", "line 2: 'fast' is not a duration"), ("1\n\n2\n", "line 2: holds no duration"),
    ("", "is empty; write one duration a line"),
  ])
  func `a file of durations that cannot be used is named with its line`(
    text: String, reason: String
  ) throws {
    let path = FileManager.default.temporaryDirectory.path + "/durations-\(UUID().uuidString).txt"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: DataError.self) { try ServiceLaw(.trace(path), workers: 2) }
    #expect(error?.description.hasSuffix(reason) == true)
    #expect(error?.description.hasPrefix(path) == true)
  }

  @Test func `a file of durations is drawn from evenly, and a missing one is named`() throws {
    let path = FileManager.default.temporaryDirectory.path + "/durations-\(UUID().uuidString).txt"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("1\n2\r\n4".utf8).write(to: URL(fileURLWithPath: path))
    let drawn = try Self.durations("trace:\(path)", count: 30_000)
    for duration in [1.0, 2, 4] {
      let share = Double(drawn.filter { $0 == duration }.count) / 30_000
      #expect((share - 1.0 / 3).magnitude < 0.012)
    }
    let error = #expect(throws: DataError.self) {
      try ServiceLaw(.trace("/nowhere/at-all"), workers: 1)
    }
    #expect(error?.description == "/nowhere/at-all: no such file")
  }

  @Test func `a clock that would overflow is an error and not a crash`() throws {
    let engine = try Simulation(updates: 1_000_000, service: .constant(1e9))
      .engine(EventModels.quadratic("dimension=1"))
    #expect(throws: ConfigurationError.self) { try engine.run() }
  }

  @Test func `what doesn't go together is refused in a sentence`() throws {
    let model = try EventModels.quadratic("dimension=2")
    for simulation in [
      Simulation(workers: 0), Simulation(workers: 65_537),
      Simulation(decomposition: .blocks, workers: 3),
    ] {
      #expect(throws: ConfigurationError.self) { try simulation.engine(model) }
    }
    #expect(throws: DataError.self) { try Simulation(initial: [1]).engine(model) }
  }
}
