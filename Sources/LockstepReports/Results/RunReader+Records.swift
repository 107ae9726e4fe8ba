import LockstepTelemetry
import LockstepTopology

/// The records within a run.
extension RunReader {
  static func options(
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
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "updatesPerSecond": result.updatesPerSecond = try reader.number()
      case "samplesPerSecond": result.samplesPerSecond = try reader.number()
      default: try reader.skip()
      }
    }
    return result
  }

  static func loss(_ reader: inout ByteReader) throws(Malformed) -> LossRecord {
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

  static func staleness(_ reader: inout ByteReader) throws(Malformed) -> StalenessRecord {
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

  static func tornViews(_ reader: inout ByteReader) throws(Malformed) -> TornViewsRecord {
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

  static func workers(_ reader: inout ByteReader) throws(Malformed) -> [WorkerRecord] {
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

  static func ensemble(_ reader: inout ByteReader) throws(Malformed) -> EnsembleRecord {
    var result = EnsembleRecord()
    try reader.object { (reader, key) throws(Malformed) in
      switch key {
      case "replicas": result.replicas = try reader.integer()
      case "stationaryMeanSquare": result.stationaryMeanSquare = try reader.number()
      case "stationaryMeanSquareError": result.stationaryMeanSquareError = try reader.number()
      case "growthRate": result.growthRate = try reader.number()
      case "stationaryMeanSquareErrorReason":
        result.stationaryMeanSquareErrorReason = try reader.string()
      case "growthRateError": result.growthRateError = try reader.number()
      case "meanGrowthRate": result.meanGrowthRate = try reader.number()
      case "pathGrowthRate": result.pathGrowthRate = try reader.number()
      case "pathGrowthRateError": result.pathGrowthRateError = try reader.number()
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

  static func probe(_ reader: inout ByteReader) throws(Malformed) -> NoiseRecord {
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
