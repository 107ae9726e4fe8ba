import LockstepCore
import LockstepTopology

/// How a run ended.
public enum RunStatus: String, CaseIterable, Codable, RecordValue {
  /// All updates were made.
  case completed
  /// The loss reached the target.
  case targetReached = "target-reached"
  /// The loss stopped being a finite number, or rose beyond all measure; see ``LossVerdict``.
  case diverged
  /// Somebody interrupted it.
  case interrupted
  /// The workers wait for one that will never go on.
  case stalled
}

/// Everything that is known about one training run: `lockstep.run/1` of the contract.
///
/// Both engines fill the same record, so every report works on both. Documentation/Record.md has every field.
public struct RunRecord: Codable, RecordObject {
  /// The name and number of this format.
  public static let currentSchema = "lockstep.run/1"

  /// The name and number of the record's format.
  public var schema = Self.currentSchema
  /// Every option, resolved.
  public var configuration: [String: ConfigurationValue] = [:]
  /// The machine it ran on.
  public var machine = MachineDescription()
  /// Where each worker ran.
  public var placement: [WorkerPlacement] = []
  /// Whether there were more workers than processing units for them.
  public var oversubscribed = false
  /// How the run ended.
  public var status = RunStatus.completed
  /// The number of parameters `n`.
  public var parameterCount = 0
  /// The number of updates made.
  public var updates = 0
  /// The number of examples processed.
  public var samples = 0
  /// The time the workers ran, pauses for evaluation left out.
  public var wallSeconds = 0.0
  /// The processor time of the whole process while the workers ran.
  public var cpuSeconds = 0.0
  /// The time in the virtual engine's units; `nil` with real threads.
  public var virtualTime: Double?
  /// Updates and samples per second.
  public var throughput = ThroughputRecord()
  /// The losses.
  public var loss = LossRecord()
  /// How stale the views were.
  public var staleness = StalenessRecord()
  /// How many shard copies were made and torn.
  public var tornViews = TornViewsRecord()
  /// Each worker's share.
  public var workers: [WorkerRecord] = []
  /// Who kept the others waiting for ever; `nil` unless the status is `stalled`.
  public var stall: StallRecord?
  /// Averages over replicas; a single run has no averages.
  public var ensemble = EnsembleRecord()
  /// Noise probes, where they were asked for.
  public var noise: [NoiseRecord] = []
  /// The host's time for the probes, which no other time holds; `nil` where there are none.
  public var noiseSeconds: Double?

  package static let fields = RecordTable<RunRecord>([
    RecordField("schema", \.schema, "`lockstep.run/1`: the name and number of this format."),
    RecordField(
      "configuration", \.configuration,
      "Every option that a result depends on, resolved; a name of several words is written `learningRate`, and "
        + "`fault` is `faults`."),
    RecordField("machine", \.machine, "The machine: the part of it that the process may use."),
    RecordField(
      "placement", \.placement, "Where each worker ran; empty in virtual time."),
    RecordField(
      "oversubscribed", \.oversubscribed,
      "Whether some processing units had more workers than there are of them."),
    RecordField("status", \.status, "How the run ended."),
    RecordField("loss", \.loss, "Losses: means over a whole set, with the regulariser."),
    RecordField(
      "throughput", \.throughput,
      "Rates: per second of `wallSeconds` on threads, per unit of `virtualTime` in virtual time."),
    RecordField(
      "staleness", \.staleness,
      "The staleness τ: the updates of others between the read and the application of one."),
    RecordField(
      "parameterCount", \.parameterCount, "The number of parameters.", metric: "parameters"),
    RecordField(
      "updates", \.updates, "The number of updates made; a joint step is one.",
      metric: "updates", role: .effort),
    RecordField(
      "samples", \.samples, "The number of examples processed.", metric: "samples",
      role: .effort),
    RecordField(
      "wallSeconds", \.wallSeconds,
      "On threads the time that the workers ran, evaluations of the loss left out; in virtual time the host's "
        + "for the simulation.",
      metric: "time", unit: "s", role: .effort),
    RecordField(
      "cpuSeconds", \.cpuSeconds, "The whole process's processor time during `wallSeconds`.",
      metric: "processor time", unit: "s", role: .effort),
    RecordField(
      "virtualTime", \.virtualTime, .null,
      "The time at the end, in the unit of the service law; none on threads, and where delays are set directly.",
      metric: "virtual time", unit: "time units", role: .effort),
    RecordField("tornViews", \.tornViews, "Copies of shards, and those that an update tore."),
    RecordField("workers", \.workers, "Each worker's share of the run."),
    RecordField(
      "stall", \.stall, .leftOut, "Why nobody goes on, where the status is `stalled`."),
    RecordField("ensemble", \.ensemble, "Averages over replicas."),
    RecordField("noise", \.noise, "The noise probes, by update, set and number of shards."),
    RecordField(
      "noiseSeconds", \.noiseSeconds, .leftOut,
      "The host's time for the noise probes, which no other time holds.",
      metric: "time of the noise probes", unit: "s"),
  ])

  /// Whether the virtual engine made the run.
  public var isVirtual: Bool { configuration["engine"] == .text("virtual") }

  package init() {}

  /// Creates a record.
  public init(
    configuration: [String: ConfigurationValue], machine: MachineDescription,
    placement: [WorkerPlacement], oversubscribed: Bool, status: RunStatus, parameterCount: Int,
    updates: Int, samples: Int, wallSeconds: Double, cpuSeconds: Double,
    throughput: ThroughputRecord, loss: LossRecord, staleness: StalenessRecord,
    tornViews: TornViewsRecord, workers: [WorkerRecord]
  ) {
    self.configuration = configuration
    self.machine = machine
    self.placement = placement
    self.oversubscribed = oversubscribed
    self.status = status
    self.parameterCount = parameterCount
    self.updates = updates
    self.samples = samples
    self.wallSeconds = wallSeconds
    self.cpuSeconds = cpuSeconds
    self.throughput = throughput
    self.loss = loss
    self.staleness = staleness
    self.tornViews = tornViews
    self.workers = workers
  }
}

/// Rates over the time the workers ran.
public struct ThroughputRecord: Codable, Equatable, RecordObject {
  /// Updates per second.
  public var updatesPerSecond: Double?
  /// Examples per second.
  public var samplesPerSecond: Double?

  package static let fields = RecordTable<ThroughputRecord>([
    RecordField(
      "updatesPerSecond", \.updatesPerSecond, .null, "Updates per second, or unit of time.",
      metric: "throughput", unit: "updates/s"),
    RecordField(
      "samplesPerSecond", \.samplesPerSecond, .null, "Examples per second, or unit of time.",
      metric: "throughput", unit: "samples/s"),
  ])

  package init() {}

  /// Creates a record; rates over no time are `nil`.
  public init(updates: Int, samples: Int, seconds: Double) {
    updatesPerSecond = seconds > 0 ? Double(updates) / seconds : nil
    samplesPerSecond = seconds > 0 ? Double(samples) / seconds : nil
  }
}
