import LockstepCore
import LockstepTelemetry
import LockstepTopology

/// The result of `lockstep noise` as one document: `lockstep.noise/1`.
public struct NoiseDocument: Codable, Sendable {
  /// One run, with what its probes found.
  public struct Run: Codable, Sendable {
    /// Its seed.
    public var seed: UInt64
    /// How it ended.
    public var status: RunStatus
    /// The number of updates made.
    public var updates: Int
    /// The losses.
    public var loss: LossRecord
    /// What the probes found, in the order of the updates.
    public var noise: [NoiseRecord]

    /// Takes what matters from a run's record.
    public init(_ record: RunRecord, seed: UInt64) {
      self.seed = seed
      status = record.status
      updates = record.updates
      loss = record.loss
      noise = record.noise
    }
  }

  /// The name and number of this format.
  public var schema = "lockstep.noise/1"
  /// Every option of the first run, resolved; the others differ in their seeds.
  public var configuration: [String: ConfigurationValue]
  /// The machine.
  public var machine: MachineDescription
  /// The seeds of the runs.
  public var seeds: [UInt64]
  /// The runs.
  public var runs: [Run]
  /// The means of every measure.
  public var summary: [NoiseSummary]

  /// Sums up runs.
  ///
  /// - Parameters:
  ///   - runs: the runs, at least one.
  ///   - configuration: every option of the first one.
  ///   - machine: where.
  public init(
    _ runs: [Run], configuration: [String: ConfigurationValue], machine: MachineDescription
  ) {
    self.configuration = configuration
    self.machine = machine
    self.runs = runs
    seeds = runs.map(\.seed)
    summary = NoiseSummary.summaries(of: runs.map(\.noise))
  }
}

/// The probes as comma-separated values, one line for each run, update, set and number of shards.
public enum NoiseTable {
  /// The columns.
  public static let columns = ["seed", "update", "set", "shards"] + numbers.map(\.entry.name)

  /// A probe's numbers; first the loss and the promised decrease, which the others are compared with.
  private static let numbers: [RecordField<NoiseRecord>] = {
    let all = NoiseRecord.fields.fields.filter(\.entry.kind.isNumber)
    let first = ["loss", "promisedDecrease"]
    return first.compactMap { name in all.first { $0.entry.name == name } }
      + all.filter { !first.contains($0.entry.name) }
  }()

  /// Writes the probes; a number that is not known is an empty field.
  public static func csv(_ runs: [NoiseDocument.Run]) -> String {
    var text = columns.joined(separator: ",") + "\n"
    for run in runs {
      for probe in run.noise {
        let names = ["\(run.seed)", "\(probe.update)", probe.set, "\(probe.shards)"]
        let cells = names + numbers.map { $0.number(probe).map { "\($0)" } ?? "" }
        text += cells.joined(separator: ",") + "\n"
      }
    }
    return text
  }
}
