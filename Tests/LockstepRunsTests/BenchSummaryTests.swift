import Foundation
import LockstepCore
import LockstepTelemetry
import LockstepTopology
import Testing

@testable import LockstepRuns

/// Made-up records of known rates.
private enum MadeUp {
  static let machine = MachineDescription(
    processor: "test", cores: 2, processingUnits: 2, numaNodes: 1, memoryBytes: 1,
    kernel: "none")

  static func record(
    updates: Int, samples: Int, seconds: Double, loss: Double? = 0.5, waits: Double = 1
  ) -> RunRecord {
    let worker = WorkerRecord(
      worker: 0, updates: updates, computeSeconds: 2, readSeconds: 0.5, applySeconds: 0.5,
      waitSeconds: waits, parks: 0)
    return RunRecord(
      configuration: [:], machine: machine, placement: [], oversubscribed: false,
      status: loss?.isFinite == false ? .diverged : .completed, parameterCount: 3,
      updates: updates, samples: samples, wallSeconds: seconds, cpuSeconds: seconds,
      throughput: ThroughputRecord(updates: updates, samples: samples, seconds: seconds),
      loss: LossRecord(initial: 1, final: loss, heldout: nil, accuracy: 0.75, curve: []),
      staleness: StalenessRecord(
        mean: 1.5, max: 9, p50: 1, p90: 2, p99: 3, histogram: [], sampledEvery: 1),
      tornViews: TornViewsRecord(reads: nil, torn: nil), workers: [worker])
  }

  static func configurations(_ workers: [Int], model: String = "svm") throws -> [RunConfiguration] {
    try workers.map {
      var configuration = RunConfiguration(model: try ModelSpecification(model))
      configuration.workers = $0
      return configuration
    }
  }

  static func outcome(
    _ configurations: [RunConfiguration], _ runs: [BenchRun]
  ) -> BenchMeasurement.Outcome {
    BenchMeasurement.Outcome(
      configurations: configurations, dataNames: ["svm": "a \"b\", c"], limits: [],
      oversubscribed: configurations.map { $0.workers > 2 }, runs: runs, isInterrupted: false,
      loadAverage: nil)
  }
}

@Suite struct BenchSummaryTests {
  @Test func `figures are medians over the runs`() throws {
    let runs = [(100, 1.0), (100, 4.0), (100, 2.0)].enumerated().map { repetition, made in
      BenchRun(
        MadeUp.record(updates: made.0, samples: 1000, seconds: made.1), configuration: 0,
        repetition: repetition)
    }
    let outcome = MadeUp.outcome(try MadeUp.configurations([1]), runs)
    let summary = try #require(outcome.summaries.first)
    #expect(summary.updatesPerSecond?.median == 50)
    #expect(summary.updatesPerSecond?.samples == [100, 25, 50])
    #expect(summary.updatesPerSecond?.low == 25)
    #expect(summary.updatesPerSecond?.interval == "range", "three runs have no 95 % interval")
    #expect(summary.updatesPerSecond?.high == 100)
    #expect(summary.samplesPerSecond?.median == 500)
    #expect(summary.split == BenchRun.Split(compute: 0.5, read: 0.125, apply: 0.125, wait: 0.25))
    #expect(summary.staleness.mean == 1.5)
    #expect(summary.staleness.p99 == 3)
    #expect(summary.loss == 0.5)
    #expect(summary.accuracy == 0.75)
    #expect(summary.data == "a \"b\", c")
    #expect(summary.diverged == 0)
  }

  @Test func `the speed-up is the ratio of medians, its interval that of the pairs`() throws {
    // The machine is half as fast in the second repetition, for both alike.
    let rates = [(0, [1.0, 0.5, 1.0]), (1, [1.8, 0.9, 1.8])]
    let runs = rates.flatMap { configuration, rates in
      rates.enumerated().map { repetition, rate in
        BenchRun(
          MadeUp.record(updates: 1, samples: 9000, seconds: 1 / rate),
          configuration: configuration, repetition: repetition)
      }
    }
    let outcome = MadeUp.outcome(try MadeUp.configurations([1, 2]), runs)
    let speedups = outcome.summaries.map(\.speedup)
    #expect(speedups[0]?.median == 1)
    let speedup = try #require(speedups[1])
    for value in [speedup.median, speedup.low, speedup.high] + speedup.samples.map(Optional.some) {
      #expect(abs(try #require(value) - 1.8) < 1e-12)
    }
  }

  @Test func `without one worker in the plan there is no speed-up`() throws {
    let run = BenchRun(
      MadeUp.record(updates: 1, samples: 1, seconds: 1), configuration: 0, repetition: 0)
    let outcome = MadeUp.outcome(try MadeUp.configurations([2]), [run])
    #expect(outcome.summaries.map(\.speedup) == [nil])
  }

  @Test func `without data, blocks are compared by passes over the parameters`() throws {
    let configurations = try MadeUp.configurations([1, 2], model: "quadratic:dimension=8")
    let runs = [(0, 100), (1, 300)].map {
      BenchRun(
        MadeUp.record(updates: $1, samples: 0, seconds: 1), configuration: $0, repetition: 0)
    }
    let summaries = MadeUp.outcome(configurations, runs).summaries
    #expect(summaries[1].speedup?.median == 1.5)
    #expect(summaries[1].samplesPerSecond == nil)
  }

  @Test func `what cannot be had is null, and never NaN`() throws {
    let record = MadeUp.record(updates: 0, samples: 0, seconds: 0, loss: .nan)
    let configurations = try MadeUp.configurations([2])
    let outcome = MadeUp.outcome(
      configurations, [BenchRun(record, configuration: 0, repetition: 0)])
    let plan = try BenchPlan(
      models: configurations.map(\.model), policies: [Barrier()], decompositions: [.blocks],
      workers: [2], pins: ["compact"], shared: configurations[0], length: .seconds(1), runs: 1,
      limitSeconds: 0.1)
    let data = try JSONEncoder().encode(
      BenchDocument(plan, outcome, machine: MadeUp.machine))
    let document = try #require(
      try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(document["schema"] as? String == "lockstep.bench/1")
    let summary = try #require((document["configurations"] as? [[String: Any]])?.first)
    for key in ["updatesPerSecond", "samplesPerSecond", "speedup", "loss"] {
      #expect(summary[key] is NSNull, "\(key)")
    }
    #expect(summary["diverged"] as? Int == 1)
  }

  @Test func `a configuration without a complete run is left out`() throws {
    let run = BenchRun(
      MadeUp.record(updates: 1, samples: 1, seconds: 1), configuration: 1, repetition: 0)
    let outcome = MadeUp.outcome(try MadeUp.configurations([1, 2]), [run])
    #expect(outcome.summaries.map(\.workers) == [2])
    #expect(outcome.summaries.map(\.speedup) == [nil])
  }

  @Test func `the table of raw runs has one line a run and every column`() throws {
    let runs = [0.5, Double.nan].enumerated().map { repetition, loss in
      BenchRun(
        MadeUp.record(updates: 10, samples: 20, seconds: 2, loss: loss), configuration: 0,
        repetition: repetition)
    }
    let csv = BenchTable.csv(MadeUp.outcome(try MadeUp.configurations([1]), runs))
    let lines = csv.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 4 && lines[3].isEmpty)
    #expect(lines[0].split(separator: ",").map(String.init) == BenchTable.columns)
    #expect(
      lines[1] == #"svm,"a ""b"", c",barrier,blocks,1,compact,0,completed,false,10,20,2.0,2.0,"#
        + "5.0,10.0,0.5,0.125,0.125,0.25,1.5,3.0,0.5,0.75")
    #expect(lines[2].hasSuffix(",1.5,3.0,,0.75"))
    #expect(lines[2].contains(",diverged,"))
  }
}
