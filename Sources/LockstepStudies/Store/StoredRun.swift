import LockstepCore
import LockstepTelemetry

/// One line of `results.jsonl`: a run's record, with its id and its place in the plan.
public struct StoredRun: Codable, Sendable {
  /// `r-` and a hash of the run's configuration.
  public var id: String
  /// The part of the plan that it belongs to; left out where the plan has but one.
  public var part: String?
  /// The values of the plan's axes for this run, by the option's name on the command line without
  /// the dashes, such as `workers` or `learning-rate`; a plan's fixed options are left out.
  public var axes: [String: ConfigurationValue]
  /// What came of it.
  public var record: RunRecord

  /// Creates a line.
  public init(
    id: String, part: String? = nil, axes: [String: ConfigurationValue], record: RunRecord
  ) {
    self.id = id
    self.part = part
    self.axes = axes
    self.record = record
  }

  private enum Key: String, CodingKey { case id, part, axes }

  /// Reads a line: the record's fields with `id`, `part` and `axes` among them.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    id = try container.decode(String.self, forKey: .id)
    part = try container.decodeIfPresent(String.self, forKey: .part)
    axes = try container.decode([String: ConfigurationValue].self, forKey: .axes)
    record = try RunRecord(from: decoder)
  }

  /// Writes a line.
  public func encode(to encoder: any Encoder) throws {
    try record.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(id, forKey: .id)
    try container.encodeIfPresent(part, forKey: .part)
    try container.encode(axes, forKey: .axes)
  }
}
