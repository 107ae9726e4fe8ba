import Foundation
import LockstepStudies
import LockstepTelemetry
import LockstepTopology

/// Reads lines of `results.jsonl` into what figures need of them.
///
/// Where each worker ran, and each shard's part of a penalty, are passed over: no figure shows them.
enum RunReader {
  /// The run on a line.
  ///
  /// What the fast reader doesn't understand, such as an escape within text, the general decoder
  /// gets to see.
  ///
  /// - Throws: what the general decoder says.
  static func read(_ line: ArraySlice<UInt8>) throws -> StoredRun {
    if let run = readFast(line) { return run }
    return try JSONDecoder().decode(StoredRun.self, from: Data(line))
  }

  /// The run on a line that the fast reader understands; `nil` for any other line.
  static func readFast(_ line: ArraySlice<UInt8>) -> StoredRun? {
    var reader = ByteReader(line)
    guard let run = try? run(&reader), reader.isAtEnd else { return nil }
    return run
  }

  typealias Malformed = ByteReader.Malformed

  private static func run(_ reader: inout ByteReader) throws(Malformed) -> StoredRun {
    var fields = Fields()
    try reader.object { (reader, key) throws(Malformed) in
      try read(key, into: &fields, &reader)
    }
    return try fields.run()
  }

  /// What has been read of a line.
  private struct Fields {
    var id: String?
    var part: String?
    var axes: [String: ConfigurationValue]?
    var configuration: [String: ConfigurationValue]?
    var machine: MachineDescription?
    var oversubscribed: Bool?
    var status: RunStatus?
    var parameterCount: Int?
    var updates: Int?
    var samples: Int?
    var wallSeconds: Double?
    var cpuSeconds: Double?
    var virtualTime: Double?
    var throughput: ThroughputRecord?
    var loss: LossRecord?
    var staleness: StalenessRecord?
    var tornViews: TornViewsRecord?
    var workers: [WorkerRecord]?
    var ensemble: EnsembleRecord?
    var noise: [NoiseRecord] = []
    var stall: StallRecord?
    var noiseSeconds: Double?
    var seen = ByteReader.Fields()

    func run() throws(Malformed) -> StoredRun {
      guard let id, let axes, let configuration, let machine, let oversubscribed, let status,
        let parameterCount, let updates, let samples, let wallSeconds, let cpuSeconds,
        let throughput, let loss, let staleness, let tornViews, let workers, let ensemble
      else { throw Malformed() }
      try seen.require(4)
      var record = RunRecord(
        configuration: configuration, machine: machine, placement: [],
        oversubscribed: oversubscribed, status: status, parameterCount: parameterCount,
        updates: updates, samples: samples, wallSeconds: wallSeconds, cpuSeconds: cpuSeconds,
        throughput: throughput, loss: loss, staleness: staleness, tornViews: tornViews,
        workers: workers)
      record.virtualTime = virtualTime
      record.ensemble = ensemble
      record.noise = noise
      record.stall = stall
      record.noiseSeconds = noiseSeconds
      return StoredRun(id: id, part: part, axes: axes, record: record)
    }
  }

  private static func read(
    _ key: String, into fields: inout Fields, _ reader: inout ByteReader
  ) throws(Malformed) {
    switch key {
    case "schema":
      try fields.seen.note(0)
      // What another version wrote, the general decoder reads.
      guard try reader.string() == "lockstep.run/1" else { throw Malformed() }
    case "placement":
      try fields.seen.note(1)
      try reader.skip()
    case "virtualTime":
      try fields.seen.note(2)
      fields.virtualTime = try reader.number()
    case "noise":
      try fields.seen.note(3)
      try reader.array { (reader) throws(Malformed) in fields.noise.append(try probe(&reader)) }
    case "stall":
      try fields.seen.note(4)
      fields.stall = try reader.takeNull() ? nil : try stall(&reader)
    case "noiseSeconds":
      try fields.seen.note(5)
      fields.noiseSeconds = try reader.number()
    case "id": fields.id = try reader.string()
    case "part": fields.part = try reader.takeNull() ? nil : try reader.string()
    case "axes": fields.axes = try options(&reader)
    case "configuration": fields.configuration = try options(&reader)
    case "machine": fields.machine = try machine(&reader)
    case "oversubscribed": fields.oversubscribed = try reader.flag()
    case "status":
      guard let status = RunStatus(rawValue: try reader.string()) else { throw Malformed() }
      fields.status = status
    case "parameterCount": fields.parameterCount = try reader.integer()
    case "updates": fields.updates = try reader.integer()
    case "samples": fields.samples = try reader.integer()
    case "wallSeconds": fields.wallSeconds = try reader.number()
    case "cpuSeconds": fields.cpuSeconds = try reader.number()
    case "throughput": fields.throughput = try throughput(&reader)
    case "loss": fields.loss = try loss(&reader)
    case "staleness": fields.staleness = try staleness(&reader)
    case "tornViews": fields.tornViews = try tornViews(&reader)
    case "workers": fields.workers = try workers(&reader)
    case "ensemble": fields.ensemble = try ensemble(&reader)
    default: try reader.skip()
    }
  }
}
