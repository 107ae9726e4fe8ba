import Foundation
import LockstepStudies
import LockstepTelemetry
import LockstepTopology

/// Results that no run has made, for pages and drawings.
enum SyntheticResults {
  static let machine = MachineDescription(
    processor: "Processor <&> \"x\"", cores: 2, processingUnits: 4, numaNodes: 1,
    memoryBytes: 8_000_000_000, kernel: "Linux 6.1")

  static func run(
    _ id: Int, _ axes: [String: ConfigurationValue], seed: Int = 1, part: String? = nil,
    change: (inout RunRecord) -> Void = { _ in }
  ) -> StoredRun {
    var configuration = axes
    configuration["seed"] = .integer(seed)
    configuration["model"] = configuration["model"] ?? .text("mlp:16")
    configuration["learningRate"] = .number(0.1)
    configuration["calibrate"] = .null
    var record = RunRecord(
      configuration: configuration, machine: machine, placement: [], oversubscribed: false,
      status: .completed, parameterCount: 1210, updates: 100, samples: 3200,
      wallSeconds: 0.123456789, cpuSeconds: 0.2,
      throughput: ThroughputRecord(updates: 100, samples: 3200, seconds: 0.123456789),
      loss: LossRecord(
        initial: 2.3, final: 0.5, heldout: 0.6, accuracy: 0.9,
        curve: (0...20).map {
          LossPoint(update: 5 * $0, time: 0.006 * Double($0), loss: 2.3 / (1 + 0.2 * Double($0)))
        }),
      staleness: StalenessRecord(
        mean: 1.5, max: 3, p50: 1, p90: 3, p99: 3,
        histogram: [[0, 10], [1, 20], [2, 5], [3, 5]],
        sampledEvery: 1), tornViews: TornViewsRecord(reads: 10, torn: 1),
      workers: (0..<2).map {
        WorkerRecord(
          worker: $0, updates: 50, computeSeconds: 0.06, readSeconds: 0.01, applySeconds: 0.02,
          waitSeconds: 0.03, parks: 2)
      })
    change(&record)
    var named = axes
    named["seed"] = .integer(seed)
    return StoredRun(id: "r-\(id)", part: part, axes: named, record: record)
  }

  static func probe(_ update: Int, _ set: String, shards: Int, _ interaction: Double) -> NoiseRecord
  {
    var probe = NoiseRecord(update: update, set: set, shards: shards)
    probe.interaction = interaction
    probe.interactionSecondOrder = 0.9 * interaction
    probe.staleness = 0.1 * interaction
    probe.promisedDecrease = 0.02
    probe.loss = 1
    return probe
  }

  /// Policies by workers by seeds, with noise, staleness and times.
  static func grid(
    policies: [String] = ["barrier", "bounded:4", "hogwild"], workers: [Int] = [1, 2, 4, 8],
    seeds: Int = 3, part: String? = nil
  ) -> [StoredRun] {
    var runs: [StoredRun] = []
    for (rank, policy) in policies.enumerated() {
      for count in workers {
        for seed in 1...seeds {
          let size = Double(count) * (1 + 0.05 * Double((seed * 7 + rank * 3 + count) % 5))
          runs.append(
            run(
              runs.count, ["policy": .text(policy), "workers": .integer(count)], seed: seed,
              part: part
            ) { record in
              record.throughput.updatesPerSecond = 10 * size
              record.throughput.samplesPerSecond = 1000 * size
              record.staleness.mean = Double(rank) * (size - 1)
              record.loss.final = 0.5 + 0.01 * size * Double(rank)
              record.noise = Array(
                ["current", "other", "heldout"].enumerated().map { index, set in
                  probe(10, set, shards: max(2, count), 0.001 * size / Double(index + 1))
                })
            })
        }
      }
    }
    return runs
  }

  /// Lines of `results.jsonl`.
  static func lines(_ runs: [StoredRun]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try runs.map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }.joined()
  }
}

/// A folder of its own for a test, removed with it.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "lockstep-report-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
