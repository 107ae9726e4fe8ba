import Foundation
import LockstepCore
import LockstepModels
import Testing

@testable import LockstepSimulator

struct DelayLawTests {
  private func file(_ text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("delays-\(UUID().uuidString).txt").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  /// How often each delay comes in many draws.
  private func frequencies(_ specification: DelaySpecification) throws -> [Double] {
    let law = try DelayLaw(specification)
    var counts = Array(repeating: 0, count: law.largest + 1)
    let draws = 100_000
    for clock in 0..<draws {
      var stream = RandomStream(seed: 3, purpose: .delay, clock: clock)
      counts[law.draw(from: &stream)] += 1
    }
    return counts.map { Double($0) / Double(draws) }
  }

  /// Whether a frequency of 100,000 draws is within four standard errors of a probability.
  private func agrees(_ frequency: Double, _ probability: Double) -> Bool {
    (frequency - probability).magnitude
      <= 4 * (probability * (1 - probability) / 100_000).squareRoot()
  }

  @Test func `Each law draws its delays as often as it says`() throws {
    #expect(try frequencies(.constant(3)) == [0, 0, 0, 1])
    for frequency in try frequencies(.uniform(6)) { #expect(agrees(frequency, 1.0 / 7)) }
    var expected = 1.0 / 8
    for (delay, frequency) in try frequencies(.geometric(mean: 7)).enumerated().prefix(40) {
      #expect(agrees(frequency, expected), "delay \(delay)")
      expected *= 7.0 / 8
    }
    let path = try file("2\n0\n2\n5\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let traced = try frequencies(.trace(path))
    for (delay, probability) in [0.25, 0, 0.5, 0, 0, 0.25].enumerated() {
      #expect(agrees(traced[delay], probability))
    }
  }

  @Test func `No geometric delay is longer than the bound that versions are kept for`() throws {
    for mean in [0.001, 0.5, 7, 100, 10_000] {
      let law = try DelayLaw(.geometric(mean: mean))
      let longest = (PortableMath.log(0x1p-53) / PortableMath.log(mean / (1 + mean)))
      #expect(Int(longest) <= law.largest)
      #expect(law.largest <= DelaySpecification.longest)
    }
    #expect(try DelayLaw(.geometric(mean: 0)).largest == 0)
  }

  @Test(arguments: [
    ("1\nx\n", ", line 2: 'x' is not a delay, which is a whole number from 0"),
    ("-1\n", ", line 1: '-1' is not a delay, which is a whole number from 0"),
    ("1\n2.5\n", ", line 2: '2.5' is not a delay, which is a whole number from 0"),
    ("1\n\n2\n", ", line 2: holds no delay"),
    ("3\n1000001\n", ", line 2: 1000001 is longer than the longest delay, 1000000"),
    ("", ": is empty; write one delay a line"), ("\n\n", ": is empty; write one delay a line"),
  ])
  func `A trace that cannot be used is refused with its line`(text: String, sentence: String)
    throws
  {
    let path = try file(text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let error = #expect(throws: DataError.self) { try DelayTrace(path: path) }
    #expect(error?.description == path + sentence)
  }

  @Test func `A missing trace is named, and a blank end is none of its lines`() throws {
    let error = #expect(throws: DataError.self) { try DelayLaw(.trace("/nowhere/delays.txt")) }
    #expect(error?.description == "/nowhere/delays.txt: no such file")
    let path = try file("4\r\n 7 \n\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try DelayTrace(path: path).delays == [4, 7])
  }

  @Test func `What doesn't go together is refused before anything runs`() throws {
    let model = try DelayTrial.quadratic("dimension=3")
    var trial = DelayTrial()
    #expect(throws: ConfigurationError.self) { try trial.run(model, "exchange:3") }
    trial.decomposition = .blocks
    trial.scope = .message
    #expect(throws: ConfigurationError.self) { try trial.run(model, "constant:3") }
    trial.scope = .read
    trial.workers = 4
    #expect(throws: ConfigurationError.self) { try trial.run(model, "constant:3") }
    trial.workers = 3
    trial.initial = [1, 2]
    #expect(throws: DataError.self) { try trial.run(model, "constant:3") }
  }

  @Test func `Percentiles of delays are the smallest values that enough others don't exceed`() {
    var counts = StalenessCounts(largest: 10)
    for value in 1...10 { counts.record(value) }
    let record = counts.record()
    #expect(record.mean == 5.5 && record.max == 10)
    #expect(record.p50 == 5 && record.p90 == 9 && record.p99 == 10)
    counts.reset()
    let empty = counts.record()
    #expect(empty.mean == nil)
  }

  @Test func `the memory that delays take is that of the versions and messages kept`() throws {
    var trial = DelayTrial()
    (trial.workers, trial.updates) = (2, 10)
    func bytes(_ scope: DelayScope, _ delay: Int) throws -> Double {
      DelayMemory.bytes(
        try DelayLaw(.constant(delay)), scope: scope, configuration: trial.configuration,
        parameters: 100, scalarBytes: 8)
    }
    // A read three updates old keeps four versions, and none is older than the run is long.
    #expect(try bytes(.read, 3) == 4 * 800)
    #expect(try bytes(.read, 30) == 11 * 800)
    // Two caches, and four updates of each worker on their way to two.
    #expect(try bytes(.message, 3) == (2 + 8) * 800 + 8 * 2 * 24)
    trial.decomposition = .blocks
    #expect(try bytes(.read, 30) == 6 * 800)
  }
}
