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
    var reader = ByteReader(line)
    if let run = try? self.run(&reader), reader.isAtEnd { return run }
    return try JSONDecoder().decode(StoredRun.self, from: Data(line))
  }

  private typealias Malformed = ByteReader.Malformed

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
    var ensemble = EnsembleRecord()
    var noise: [NoiseRecord] = []

    func run() throws(Malformed) -> StoredRun {
      guard let id, let axes, let configuration, let machine, let oversubscribed, let status,
        let parameterCount, let updates, let samples, let wallSeconds, let cpuSeconds,
        let throughput, let loss, let staleness, let tornViews, let workers
      else { throw Malformed() }
      var record = RunRecord(
        configuration: configuration, machine: machine, placement: [],
        oversubscribed: oversubscribed, status: status, parameterCount: parameterCount,
        updates: updates, samples: samples, wallSeconds: wallSeconds, cpuSeconds: cpuSeconds,
        throughput: throughput, loss: loss, staleness: staleness, tornViews: tornViews,
        workers: workers)
      record.virtualTime = virtualTime
      record.ensemble = ensemble
      record.noise = noise
      return StoredRun(id: id, part: part, axes: axes, record: record)
    }
  }

  private static func read(
    _ key: String, into fields: inout Fields, _ reader: inout ByteReader
  ) throws(Malformed) {
    switch key {
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
    case "virtualTime": fields.virtualTime = try reader.number()
    case "throughput": fields.throughput = try throughput(&reader)
    case "loss": fields.loss = try loss(&reader)
    case "staleness": fields.staleness = try staleness(&reader)
    case "tornViews": fields.tornViews = try tornViews(&reader)
    case "workers": fields.workers = try workers(&reader)
    case "ensemble": fields.ensemble = try ensemble(&reader)
    case "noise":
      try reader.array { (reader) throws(Malformed) in fields.noise.append(try probe(&reader)) }
    default: try reader.skip()
    }
  }

  private static func options(
    _ reader: inout ByteReader
  ) throws(Malformed) -> [String: ConfigurationValue] {
    var result: [String: ConfigurationValue] = [:]
    try reader.object { (reader, key) throws(Malformed) in
      if try reader.isString {
        result[key] = .text(try reader.string())
      } else if let number = try reader.number() {
        // The general decoder keeps the last digits of long seeds.
        guard number.magnitude < 0x1p53 else { throw Malformed() }
        result[key] = Int(exactly: number).map { .integer($0) } ?? .number(number)
      } else {
        result[key] = .null
      }
    }
    return result
  }

  private static func machine(_ reader: inout ByteReader) throws(Malformed) -> MachineDescription {
    var numbers: [String: Int] = [:]
    var texts: [String: String] = [:]
    try reader.object { (reader, key) throws(Malformed) in
      if try reader.isString {
        texts[key] = try reader.string()
      } else {
        numbers[key] = try reader.integer()
      }
    }
    guard let processor = texts["processor"], let kernel = texts["kernel"],
      let cores = numbers["cores"], let units = numbers["processingUnits"],
      let nodes = numbers["numaNodes"], let bytes = numbers["memoryBytes"]
    else { throw Malformed() }
    return MachineDescription(
      processor: processor, cores: cores, processingUnits: units, numaNodes: nodes,
      memoryBytes: bytes, kernel: kernel)
  }

  private static func throughput(_ reader: inout ByteReader) throws(Malformed) -> ThroughputRecord {
    var result = ThroughputRecord(updates: 0, samples: 0, seconds: 0)
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "updatesPerSecond": result.updatesPerSecond = try reader.number()
      case "samplesPerSecond": result.samplesPerSecond = try reader.number()
      default: try reader.skip()
      }
    }
    return result
  }

  private static func loss(_ reader: inout ByteReader) throws(Malformed) -> LossRecord {
    var result = LossRecord(initial: nil, final: nil, heldout: nil, accuracy: nil, curve: [])
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "initial": result.initial = try reader.number()
      case "final": result.final = try reader.number()
      case "heldout": result.heldout = try reader.number()
      case "accuracy": result.accuracy = try reader.number()
      case "curve":
        try reader.array { (reader) throws(Malformed) in
          var point = LossPoint(update: 0, time: 0, loss: nil)
          try reader.object { (reader, key) throws(Malformed) in
            switch key {
            case "update": point.update = try reader.integer()
            case "time": point.time = try reader.number() ?? 0
            case "loss": point.loss = try reader.number()
            default: try reader.skip()
            }
          }
          result.curve.append(point)
        }
      default: try reader.skip()
      }
    }
    return result
  }

  private static func staleness(_ reader: inout ByteReader) throws(Malformed) -> StalenessRecord {
    var result = StalenessRecord(
      mean: nil, max: nil, p50: nil, p90: nil, p99: nil, histogram: [], sampledEvery: 1)
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "mean": result.mean = try reader.number()
      case "max": result.max = try reader.number()
      case "p50": result.p50 = try reader.number()
      case "p90": result.p90 = try reader.number()
      case "p99": result.p99 = try reader.number()
      case "sampledEvery": result.sampledEvery = try reader.integer()
      case "histogram":
        try reader.array { (reader) throws(Malformed) in
          var pair: [Int] = []
          pair.reserveCapacity(2)
          try reader.array { (reader) throws(Malformed) in pair.append(try reader.integer()) }
          result.histogram.append(pair)
        }
      default: try reader.skip()
      }
    }
    return result
  }

  private static func tornViews(_ reader: inout ByteReader) throws(Malformed) -> TornViewsRecord {
    var result = TornViewsRecord(reads: nil, torn: nil)
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "reads": result.reads = try reader.number()
      case "torn": result.torn = try reader.number()
      default: try reader.skip()
      }
    }
    return result
  }

  private static func workers(_ reader: inout ByteReader) throws(Malformed) -> [WorkerRecord] {
    var result: [WorkerRecord] = []
    try reader.array { (reader) throws(Malformed) in
      var worker = WorkerRecord(
        worker: 0, updates: 0, computeSeconds: 0, readSeconds: 0, applySeconds: 0, waitSeconds: 0,
        parks: 0)
      try reader.object { (reader, key) throws(Malformed) in
        switch key {
        case "worker": worker.worker = try reader.integer()
        case "updates": worker.updates = try reader.integer()
        case "computeSeconds": worker.computeSeconds = try reader.number() ?? 0
        case "readSeconds": worker.readSeconds = try reader.number() ?? 0
        case "applySeconds": worker.applySeconds = try reader.number() ?? 0
        case "waitSeconds": worker.waitSeconds = try reader.number() ?? 0
        case "parks": worker.parks = try reader.integer()
        default: try reader.skip()
        }
      }
      result.append(worker)
    }
    return result
  }

  private static func ensemble(_ reader: inout ByteReader) throws(Malformed) -> EnsembleRecord {
    var result = EnsembleRecord()
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "replicas": result.replicas = try reader.integer()
      case "stationaryMeanSquare": result.stationaryMeanSquare = try reader.number()
      case "stationaryMeanSquareError": result.stationaryMeanSquareError = try reader.number()
      case "growthRate": result.growthRate = try reader.number()
      case "growthRateError": result.growthRateError = try reader.number()
      case "mean":
        try reader.array { (reader) throws(Malformed) in
          var point = EnsembleRecord.Point(update: 0, value: nil)
          try reader.object { (reader, key) throws(Malformed) in
            switch key {
            case "update": point.update = try reader.integer()
            case "value": point.value = try reader.number()
            default: try reader.skip()
            }
          }
          result.mean.append(point)
        }
      default: try reader.skip()
      }
    }
    return result
  }

  private static func probe(_ reader: inout ByteReader) throws(Malformed) -> NoiseRecord {
    var result = NoiseRecord(update: 0, set: "", shards: 0)
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "update": result.update = try reader.integer()
      case "set": result.set = try reader.string()
      case "shards": result.shards = try reader.integer()
      case "interaction": result.interaction = try reader.number()
      case "interactionSecondOrder": result.interactionSecondOrder = try reader.number()
      case "interactionSecondOrderError":
        result.interactionSecondOrderError = try reader.number()
      case "sequentialGap": result.sequentialGap = try reader.number()
      case "linearisation": result.linearisation = try reader.number()
      case "linearisationSecondOrder": result.linearisationSecondOrder = try reader.number()
      case "staleness": result.staleness = try reader.number()
      case "gradientError": result.gradientError = try reader.number()
      case "gradientCosine": result.gradientCosine = try reader.number()
      case "promisedDecrease": result.promisedDecrease = try reader.number()
      case "loss": result.loss = try reader.number()
      default: try reader.skip()
      }
    }
    return result
  }
}
