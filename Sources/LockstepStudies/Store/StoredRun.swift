import Foundation
import LockstepCore
import LockstepTelemetry

/// One line of `results.jsonl`: a run's record, with its id and its place in the plan.
public struct StoredRun: Codable, RecordObject {
  /// `r-` and a hash of the run's configuration.
  public var id = ""
  /// The part of the plan that it belongs to; left out where the plan has but one.
  public var part: String?
  /// The values of the plan's axes for this run, by the option's name on the command line without
  /// the dashes, such as `workers` or `learning-rate`; a plan's fixed options are left out.
  public var axes: [String: ConfigurationValue] = [:]
  /// Its number among the runs of its configuration, from 0; left out where it is the only one.
  public var repetition: Int?
  /// What came of it.
  public var record = RunRecord()

  /// Creates a line.
  public init(
    id: String, part: String? = nil, axes: [String: ConfigurationValue], record: RunRecord
  ) {
    self.id = id
    self.part = part
    self.axes = axes
    self.record = record
  }

  package init() {}

  package static let fields = RecordTable<StoredRun>(
    [
      RecordField("id", \.id, "`r-` and a hash of the run's configuration."),
      RecordField(
        "part", \.part, .leftOut, "The part of the plan; left out where the plan has but one."),
      RecordField("axes", \.axes, "The values of the plan's axes."),
      RecordField(
        "repetition", \.repetition, .leftOut,
        "The run's number among those of its configuration, from 0; left out where it is the only one."
      ),
    ] + RunRecord.fields.among(\.record))

  /// Reads a line of `results.jsonl`.
  ///
  /// What the fast reader doesn't understand, such as an escape within text, the general decoder
  /// gets to see.
  ///
  /// - Throws: ``UnknownSchema`` for a record of another format, and what the general decoder says.
  package init(line: ArraySlice<UInt8>) throws {
    if let run = Self.readFast(line) {
      self = run
      return
    }
    try UnknownSchema.check(line)
    self = try JSONDecoder().decode(StoredRun.self, from: Data(line))
  }

  /// The run on a line that the fast reader understands; `nil` for any other line.
  package static func readFast(_ line: ArraySlice<UInt8>) -> StoredRun? {
    var reader = ByteReader(line)
    // `init(line:)` refuses what another version wrote.
    guard let run = try? read(&reader), reader.isAtEnd,
      run.record.schema == RunRecord.currentSchema
    else { return nil }
    return run
  }
}

/// A record whose format this version doesn't read.
package struct UnknownSchema: Error, Equatable, CustomStringConvertible {
  /// The name and number of the record's format.
  package let found: String

  package var description: String {
    "the record's schema is \(found), and this version of Lockstep reads \(RunRecord.currentSchema); "
      + "take a version that reads \(found)"
  }

  /// Refuses a line whose record has another format, whatever else the line holds.
  ///
  /// - Throws: ``UnknownSchema``.
  static func check(_ line: ArraySlice<UInt8>) throws(UnknownSchema) {
    struct Named: Decodable { var schema: String }
    guard let found = try? JSONDecoder().decode(Named.self, from: Data(line)).schema,
      found != RunRecord.currentSchema
    else { return }
    throw UnknownSchema(found: found)
  }
}
