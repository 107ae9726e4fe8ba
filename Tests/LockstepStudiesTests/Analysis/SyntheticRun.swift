import LockstepStudies
import LockstepTelemetry
import LockstepTopology

/// Runs that never ran, for what is computed from records alone.
enum SyntheticRun {
  static func make(
    _ axes: [String: ConfigurationValue], part: String? = nil,
    configuration: [String: ConfigurationValue] = [:], change: (inout RunRecord) -> Void = { _ in }
  ) -> StoredRun {
    var record = RunRecord(
      configuration: configuration,
      machine: MachineDescription(
        processor: "none", cores: 1, processingUnits: 1, numaNodes: 1, memoryBytes: 1,
        kernel: "none"
      ),
      placement: [], oversubscribed: false, status: .completed, parameterCount: 10, updates: 100,
      samples: 200, wallSeconds: 2, cpuSeconds: 2,
      throughput: ThroughputRecord(updates: 100, samples: 200, seconds: 2),
      loss: LossRecord(initial: 2, final: 1, heldout: nil, accuracy: nil, curve: []),
      staleness: StalenessRecord(
        mean: nil, max: nil, p50: nil, p90: nil, p99: nil, histogram: [], sampledEvery: 1),
      tornViews: TornViewsRecord(reads: nil, torn: nil), workers: [])
    change(&record)
    return StoredRun(id: "r-0", part: part, axes: axes, record: record)
  }

  static func probe(
    _ update: Int, _ set: String, shards: Int, interaction: Double?, promised: Double?
  ) -> NoiseRecord {
    var probe = NoiseRecord(update: update, set: set, shards: shards)
    probe.interaction = interaction
    probe.promisedDecrease = promised
    return probe
  }

  static func worker(_ worker: Int, updates: Int, compute: Double) -> WorkerRecord {
    WorkerRecord(
      worker: worker, updates: updates, computeSeconds: compute, readSeconds: 0.5,
      applySeconds: 0.25, waitSeconds: Double(worker), parks: 0)
  }
}
