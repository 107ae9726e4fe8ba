import Foundation
import LockstepCore
import LockstepTelemetry
import LockstepTopology
import Testing

@testable import LockstepStudies

@Suite struct `The summary of a bench` {
  /// A made-up run of known rates.
  private func run(
    workers: Int = 1, repetition: Int = 0, model: String = "svm", updates: Int = 1,
    samples: Int = 1, seconds: Double = 1, loss: Double = 0.5
  ) -> StoredRun {
    var run = SyntheticRun.make(
      ["model": .text(model), "workers": .integer(workers)],
      configuration: [
        "model": .text(model), "workers": .integer(workers), "policy": .text("barrier"),
        "decomposition": .text("blocks"), "pin": .text("compact"),
      ]
    ) { record in
      record.updates = updates
      record.throughput = ThroughputRecord(updates: updates, samples: samples, seconds: seconds)
      record.samples = samples
      record.status = loss.isFinite ? .completed : .diverged
      record.loss = LossRecord(initial: 1, final: loss, heldout: nil, accuracy: 0.75, curve: [])
      record.staleness.mean = 1.5
      record.staleness.p99 = 3
      record.workers = (0..<workers).map {
        WorkerRecord(
          worker: $0, updates: updates, computeSeconds: 2, readSeconds: 0.5, applySeconds: 0.5,
          waitSeconds: 1, parks: 0)
      }
    }
    run.repetition = repetition
    return run
  }

  @Test func `has medians over the runs`() throws {
    let runs = [1.0, 4, 2].enumerated().map {
      run(repetition: $0, updates: 100, samples: 1000, seconds: $1)
    }
    let summary = try #require(BenchSummary.of(runs, dataNames: ["svm": "a, b"]).first)
    #expect(summary.updatesPerSecond?.median == 50)
    #expect(summary.updatesPerSecond?.samples == [100, 25, 50])
    #expect(summary.updatesPerSecond?.low == 25)
    #expect(summary.updatesPerSecond?.interval == "range", "three runs have no 95 % interval")
    #expect(summary.updatesPerSecond?.high == 100)
    #expect(summary.samplesPerSecond?.median == 500)
    #expect(
      summary.split == BenchSummary.Split(compute: 0.5, read: 0.125, apply: 0.125, wait: 0.25))
    #expect(summary.staleness == BenchSummary.Staleness(mean: 1.5, p99: 3))
    #expect(summary.loss == 0.5 && summary.accuracy == 0.75)
    #expect(summary.data == "a, b")
    #expect(summary.diverged == 0)
  }

  @Test func `has as speed-up the ratio of medians, and as its interval that of the pairs`() throws
  {
    // The machine is half as fast in the second repetition, for both alike.
    let runs = [(1, [1.0, 0.5, 1.0]), (2, [1.8, 0.9, 1.8])].flatMap { workers, rates in
      rates.enumerated().map {
        run(workers: workers, repetition: $0, samples: 9000, seconds: 1 / $1)
      }
    }
    let speedups = BenchSummary.of(runs, dataNames: [:]).map(\.speedup)
    #expect(speedups[0]?.median == 1)
    let speedup = try #require(speedups[1])
    for value in [speedup.median, speedup.low, speedup.high] + speedup.samples.map(Optional.some) {
      #expect(abs(try #require(value) - 1.8) < 1e-12)
    }
  }

  @Test func `has no speed-up without one worker`() {
    #expect(BenchSummary.of([run(workers: 2)], dataNames: [:]).map(\.speedup) == [nil])
    // One worker of another repetition was measured on the machine as it was at another time.
    let runs = [run(workers: 1, repetition: 1), run(workers: 2, repetition: 0)]
    #expect(BenchSummary.of(runs, dataNames: [:]).map(\.speedup?.median) == [1, nil])
  }

  @Test func `compares blocks without data by passes over the parameters`() {
    let runs = [(1, 100), (2, 300)].map {
      run(workers: $0, model: "quadratic:dimension=8", updates: $1, samples: 0)
    }
    let summaries = BenchSummary.of(runs, dataNames: [:])
    #expect(summaries[1].speedup?.median == 1.5)
    #expect(summaries[1].samplesPerSecond == nil)
  }

  @Test func `has null where something cannot be had, and never NaN`() throws {
    let lost = run(workers: 2, updates: 0, samples: 0, seconds: 0, loss: .nan)
    let summary = try #require(BenchSummary.of([lost], dataNames: [:]).first)
    let object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(summary)) as? [String: Any])
    for key in ["data", "updatesPerSecond", "samplesPerSecond", "speedup", "loss"] {
      #expect(object[key] is NSNull, "\(key)")
    }
    #expect(object["diverged"] as? Int == 1)
  }
}
