import LockstepTelemetry
import LockstepTopology

/// The records within a run.
extension RunReader {
  static func options(
    _ reader: inout ByteReader
  ) throws(Malformed) -> [String: ConfigurationValue] {
    var result: [String: ConfigurationValue] = [:]
    try reader.object { (reader, key) throws(Malformed) in
      guard result[key] == nil else { throw Malformed() }
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

  static func machine(_ reader: inout ByteReader) throws(Malformed) -> MachineDescription {
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

  static func throughput(_ reader: inout ByteReader) throws(Malformed) -> ThroughputRecord {
    var result = ThroughputRecord(updates: 0, samples: 0, seconds: 0)
    var seen = ByteReader.Fields()
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "updatesPerSecond":
        try seen.note(0)
        result.updatesPerSecond = try reader.number()
      case "samplesPerSecond":
        try seen.note(1)
        result.samplesPerSecond = try reader.number()
      default: try reader.skip()
      }
    }
    try seen.require(2)
    return result
  }

  static func loss(_ reader: inout ByteReader) throws(Malformed) -> LossRecord {
    var result = LossRecord(initial: nil, final: nil, heldout: nil, accuracy: nil, curve: [])
    var seen = ByteReader.Fields()
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "initial":
        try seen.note(0)
        result.initial = try reader.number()
      case "final":
        try seen.note(1)
        result.final = try reader.number()
      case "heldout":
        try seen.note(2)
        result.heldout = try reader.number()
      case "accuracy":
        try seen.note(3)
        result.accuracy = try reader.number()
      case "curve":
        try seen.note(4)
        try reader.array { (reader) throws(Malformed) in
          var point = LossPoint(update: 0, time: 0, loss: nil)
          var seen = ByteReader.Fields()
          try reader.object { (reader, key) throws(Malformed) in
            switch key {
            case "update":
              try seen.note(0)
              point.update = try reader.integer()
            case "time":
              try seen.note(1)
              point.time = try reader.required()
            case "loss":
              try seen.note(2)
              point.loss = try reader.number()
            default: try reader.skip()
            }
          }
          try seen.require(3)
          result.curve.append(point)
        }
      case "targetMissedAt":
        try seen.note(5)
        result.targetMissedAt = try reader.takeNull() ? nil : try reader.integer()
      default: try reader.skip()
      }
    }
    try seen.require(5)
    return result
  }

  static func staleness(_ reader: inout ByteReader) throws(Malformed) -> StalenessRecord {
    var result = StalenessRecord(
      mean: nil, max: nil, p50: nil, p90: nil, p99: nil, histogram: [], sampledEvery: 1)
    var seen = ByteReader.Fields()
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "mean":
        try seen.note(0)
        result.mean = try reader.number()
      case "max":
        try seen.note(1)
        result.max = try reader.number()
      case "p50":
        try seen.note(2)
        result.p50 = try reader.number()
      case "p90":
        try seen.note(3)
        result.p90 = try reader.number()
      case "p99":
        try seen.note(4)
        result.p99 = try reader.number()
      case "sampledEvery":
        try seen.note(5)
        result.sampledEvery = try reader.integer()
      case "histogram":
        try seen.note(6)
        try reader.array { (reader) throws(Malformed) in
          var pair: [Int] = []
          pair.reserveCapacity(2)
          try reader.array { (reader) throws(Malformed) in pair.append(try reader.integer()) }
          result.histogram.append(pair)
        }
      default: try reader.skip()
      }
    }
    try seen.require(7)
    return result
  }

  static func tornViews(_ reader: inout ByteReader) throws(Malformed) -> TornViewsRecord {
    var result = TornViewsRecord(reads: nil, torn: nil)
    var seen = ByteReader.Fields()
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "reads":
        try seen.note(0)
        result.reads = try reader.number()
      case "torn":
        try seen.note(1)
        result.torn = try reader.number()
      default: try reader.skip()
      }
    }
    try seen.require(2)
    return result
  }

  static func workers(_ reader: inout ByteReader) throws(Malformed) -> [WorkerRecord] {
    var result: [WorkerRecord] = []
    try reader.array { (reader) throws(Malformed) in
      var worker = WorkerRecord(
        worker: 0, updates: 0, computeSeconds: 0, readSeconds: 0, applySeconds: 0, waitSeconds: 0,
        parks: 0)
      var seen = ByteReader.Fields()
      try reader.object { (reader, key) throws(Malformed) in
        switch key {
        case "worker":
          try seen.note(0)
          worker.worker = try reader.integer()
        case "updates":
          try seen.note(1)
          worker.updates = try reader.integer()
        case "computeSeconds":
          try seen.note(2)
          worker.computeSeconds = try reader.required()
        case "readSeconds":
          try seen.note(3)
          worker.readSeconds = try reader.required()
        case "applySeconds":
          try seen.note(4)
          worker.applySeconds = try reader.required()
        case "waitSeconds":
          try seen.note(5)
          worker.waitSeconds = try reader.required()
        case "parks":
          try seen.note(6)
          worker.parks = try reader.integer()
        default: try reader.skip()
        }
      }
      try seen.require(7)
      result.append(worker)
    }
    return result
  }

  static func stall(_ reader: inout ByteReader) throws(Malformed) -> StallRecord {
    var result = StallRecord(worker: 0, crashedAt: 0, since: 0, waiting: 0)
    var seen = ByteReader.Fields()
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "worker":
        try seen.note(0)
        result.worker = try reader.integer()
      case "crashedAt":
        try seen.note(1)
        result.crashedAt = try reader.required()
      case "since":
        try seen.note(2)
        result.since = try reader.required()
      case "waiting":
        try seen.note(3)
        result.waiting = try reader.integer()
      default: try reader.skip()
      }
    }
    try seen.require(4)
    return result
  }

  static func ensemble(_ reader: inout ByteReader) throws(Malformed) -> EnsembleRecord {
    var result = EnsembleRecord()
    var seen = ByteReader.Fields()
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "replicas":
        try seen.note(0)
        result.replicas = try reader.integer()
      case "stationaryMeanSquare":
        try seen.note(1)
        result.stationaryMeanSquare = try reader.number()
      case "stationaryMeanSquareError":
        try seen.note(2)
        result.stationaryMeanSquareError = try reader.number()
      case "growthRate":
        try seen.note(3)
        result.growthRate = try reader.number()
      case "growthRateError":
        try seen.note(4)
        result.growthRateError = try reader.number()
      case "stationaryMeanSquareErrorReason":
        try seen.note(9)
        result.stationaryMeanSquareErrorReason = try reader.string()
      case "meanGrowthRate":
        try seen.note(6)
        result.meanGrowthRate = try reader.number()
      case "pathGrowthRate":
        try seen.note(7)
        result.pathGrowthRate = try reader.number()
      case "pathGrowthRateError":
        try seen.note(8)
        result.pathGrowthRateError = try reader.number()
      case "mean":
        try seen.note(5)
        try reader.array { (reader) throws(Malformed) in
          var point = EnsembleRecord.Point(update: 0, value: nil)
          var seen = ByteReader.Fields()
          try reader.object { (reader, key) throws(Malformed) in
            switch key {
            case "update":
              try seen.note(0)
              point.update = try reader.integer()
            case "value":
              try seen.note(1)
              point.value = try reader.number()
            default: try reader.skip()
            }
          }
          try seen.require(2)
          result.mean.append(point)
        }
      default: try reader.skip()
      }
    }
    try seen.require(6)
    return result
  }

  static func probe(_ reader: inout ByteReader) throws(Malformed) -> NoiseRecord {
    var result = NoiseRecord(update: 0, set: "", shards: 0)
    var seen = ByteReader.Fields()
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "update":
        try seen.note(0)
        result.update = try reader.integer()
      case "set":
        try seen.note(1)
        result.set = try reader.string()
      case "shards":
        try seen.note(2)
        result.shards = try reader.integer()
      case "interaction":
        try seen.note(3)
        result.interaction = try reader.number()
      case "interactionSecondOrder":
        try seen.note(4)
        result.interactionSecondOrder = try reader.number()
      case "interactionSecondOrderError":
        try seen.note(5)
        result.interactionSecondOrderError = try reader.number()
      case "sequentialGap":
        try seen.note(6)
        result.sequentialGap = try reader.number()
      case "linearisation":
        try seen.note(7)
        result.linearisation = try reader.number()
      case "linearisationSecondOrder":
        try seen.note(8)
        result.linearisationSecondOrder = try reader.number()
      case "staleness":
        try seen.note(9)
        result.staleness = try reader.number()
      case "gradientError":
        try seen.note(10)
        result.gradientError = try reader.number()
      case "gradientCosine":
        try seen.note(11)
        result.gradientCosine = try reader.number()
      case "promisedDecrease":
        try seen.note(12)
        result.promisedDecrease = try reader.number()
      case "loss":
        try seen.note(13)
        result.loss = try reader.number()
      default: try reader.skip()
      }
    }
    try seen.require(14)
    return result
  }
}
