import LockstepTopology

/// How a run ended.
public enum RunStatus: String, Codable, Sendable {
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
/// Both engines fill the same record, so every report works on both.
public struct RunRecord: Codable, Sendable {
  /// The name and number of this format.
  public var schema = "lockstep.run/1"
  /// Every option, resolved.
  public var configuration: [String: ConfigurationValue]
  /// The machine it ran on.
  public var machine: MachineDescription
  /// Where each worker ran.
  public var placement: [WorkerPlacement]
  /// Whether there were more workers than processing units for them.
  public var oversubscribed: Bool
  /// How the run ended.
  public var status: RunStatus
  /// The number of parameters `n`.
  public var parameterCount: Int
  /// The number of updates made.
  public var updates: Int
  /// The number of examples processed.
  public var samples: Int
  /// The time the workers ran, pauses for evaluation left out.
  public var wallSeconds: Double
  /// The processor time of the whole process while the workers ran.
  public var cpuSeconds: Double
  /// The time in the virtual engine's units; `null` with real threads.
  @ExplicitNull public var virtualTime: Double?
  /// Updates and samples per second.
  public var throughput: ThroughputRecord
  /// The losses.
  public var loss: LossRecord
  /// How stale the views were.
  public var staleness: StalenessRecord
  /// How many shard copies were made and torn.
  public var tornViews: TornViewsRecord
  /// Each worker's share.
  public var workers: [WorkerRecord]
  /// Who kept the others waiting for ever; left out unless the status is `stalled`.
  public var stall: StallRecord?
  /// Averages over replicas; a single run has no averages.
  public var ensemble = EnsembleRecord()
  /// Noise probes, where they were asked for.
  public var noise: [NoiseRecord] = []
  /// The host's time for the probes, which no other time holds; left out where there are none.
  public var noiseSeconds: Double?

  /// Whether the virtual engine made the run.
  public var isVirtual: Bool { configuration["engine"] == .text("virtual") }

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
    virtualTime = nil
    stall = nil
    self.throughput = throughput
    self.loss = loss
    self.staleness = staleness
    self.tornViews = tornViews
    self.workers = workers
  }
}

/// One resolved option.
public enum ConfigurationValue: Codable, Equatable, Sendable {
  /// Text.
  case text(String)
  /// A whole number.
  case integer(Int)
  /// A number.
  case number(Double)
  /// Not given, and without a default.
  case null

  /// Reads the value.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  /// Writes the value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .null: try container.encodeNil()
    }
  }
}

/// Rates over the time the workers ran.
public struct ThroughputRecord: Codable, Equatable, Sendable {
  /// Updates per second.
  @ExplicitNull public var updatesPerSecond: Double?
  /// Examples per second.
  @ExplicitNull public var samplesPerSecond: Double?

  /// Creates a record; rates over no time are `null`.
  public init(updates: Int, samples: Int, seconds: Double) {
    updatesPerSecond = seconds > 0 ? Double(updates) / seconds : nil
    samplesPerSecond = seconds > 0 ? Double(samples) / seconds : nil
  }
}

/// The losses of a run: means over a whole set, the regulariser included.
public struct LossRecord: Codable, Equatable, Sendable {
  /// On the training set, before the first update.
  @ExplicitNull public var initial: Double?
  /// On the training set, after the last update.
  @ExplicitNull public var final: Double?
  /// On the held-out set, after the last update.
  @ExplicitNull public var heldout: Double?
  /// The share of the held-out set (of the training set where none is held out) classified right.
  @ExplicitNull public var accuracy: Double?
  /// The training loss along the way.
  public var curve: [LossPoint]
  /// The number of updates at the last look before the target was reached, where it was still missed.
  ///
  /// Left out of runs that didn't reach a target, or began at it.
  public var targetMissedAt: Int?

  /// Creates a record.
  public init(
    initial: Double?, final: Double?, heldout: Double?, accuracy: Double?, curve: [LossPoint]
  ) {
    self.initial = initial
    self.final = final
    self.heldout = heldout
    self.accuracy = accuracy
    self.curve = curve
  }
}

/// The training loss at one moment of a run.
public struct LossPoint: Codable, Equatable, Sendable {
  /// The number of updates made.
  public var update: Int
  /// Seconds since the start, pauses for evaluation left out.
  public var time: Double
  /// The loss.
  @ExplicitNull public var loss: Double?

  /// Creates a point.
  public init(update: Int, time: Double, loss: Double?) {
    self.update = update
    self.time = time
    self.loss = loss
  }
}

/// The distribution of the staleness τ.
public struct StalenessRecord: Codable, Equatable, Sendable {
  /// The mean.
  @ExplicitNull public var mean: Double?
  /// The largest.
  @ExplicitNull public var max: Double?
  /// The median.
  @ExplicitNull public var p50: Double?
  /// The 90th percentile.
  @ExplicitNull public var p90: Double?
  /// The 99th percentile.
  @ExplicitNull public var p99: Double?
  /// Pairs of a staleness and how often it was seen, ascending.
  public var histogram: [[Int]]
  /// One iteration in how many was looked at.
  public var sampledEvery: Int

  /// Creates a record.
  public init(
    mean: Double?, max: Double?, p50: Double?, p90: Double?, p99: Double?, histogram: [[Int]],
    sampledEvery: Int
  ) {
    self.mean = mean
    self.max = max
    self.p50 = p50
    self.p90 = p90
    self.p99 = p99
    self.histogram = histogram
    self.sampledEvery = sampledEvery
  }
}

/// How many shard copies were made, and during how many the shard was being updated.
public struct TornViewsRecord: Codable, Equatable, Sendable {
  /// Shard copies; `null` where the model is updated in place, without a view.
  @ExplicitNull public var reads: Double?
  /// Torn ones.
  @ExplicitNull public var torn: Double?

  /// Creates a record.
  public init(reads: Int?, torn: Int?) {
    self.reads = reads.map(Double.init)
    self.torn = torn.map(Double.init)
  }
}

/// One worker's share of a run.
public struct WorkerRecord: Codable, Equatable, Sendable {
  /// The worker.
  public var worker: Int
  /// The number of iterations it completed.
  public var updates: Int
  /// Time spent on gradients.
  public var computeSeconds: Double
  /// Time spent on copying views.
  public var readSeconds: Double
  /// Time spent on applying updates.
  public var applySeconds: Double
  /// Time spent waiting for other workers: spinning, parked, or for the lock.
  public var waitSeconds: Double
  /// How often it parked.
  public var parks: Int

  /// Creates a record.
  public init(
    worker: Int, updates: Int, computeSeconds: Double, readSeconds: Double, applySeconds: Double,
    waitSeconds: Double, parks: Int
  ) {
    self.worker = worker
    self.updates = updates
    self.computeSeconds = computeSeconds
    self.readSeconds = readSeconds
    self.applySeconds = applySeconds
    self.waitSeconds = waitSeconds
    self.parks = parks
  }
}

/// Why a simulation made no more progress.
public struct StallRecord: Codable, Equatable, Sendable {
  /// The worker that will never go on; of several, the one with the lowest clock.
  public var worker: Int
  /// When it crashed.
  public var crashedAt: Double
  /// When the last of the others came to a halt.
  public var since: Double
  /// The number of workers that wait.
  public var waiting: Int

  /// Creates a record.
  public init(worker: Int, crashedAt: Double, since: Double, waiting: Int) {
    self.worker = worker
    self.crashedAt = crashedAt
    self.since = since
    self.waiting = waiting
  }
}

/// Averages over replicas.
public struct EnsembleRecord: Codable, Equatable, Sendable {
  /// One point of the replica mean.
  public struct Point: Codable, Equatable, Sendable {
    /// The number of updates made.
    public var update: Int
    /// The replica mean of the first coordinate.
    @ExplicitNull public var value: Double?

    /// Creates a point.
    public init(update: Int, value: Double?) {
      self.update = update
      self.value = value
    }
  }

  /// The number of replicas.
  public var replicas = 1
  /// The mean of ‖x‖²/n after the warm-up.
  @ExplicitNull public var stationaryMeanSquare: Double?
  /// Its standard error.
  @ExplicitNull public var stationaryMeanSquareError: Double?
  /// Why it has no standard error, where it has none.
  public var stationaryMeanSquareErrorReason: String?
  /// How fast the root of the mean square E x² grows, as the logarithm of its factor per update; known
  /// exactly, or not at all.
  @ExplicitNull public var growthRate: Double?
  /// Its error: 0 where it is known.
  @ExplicitNull public var growthRateError: Double?
  /// How fast the mean E x grows; known exactly, or not at all.
  @ExplicitNull public var meanGrowthRate: Double?
  /// How fast ‖x‖ grows along single paths after the warm-up.
  @ExplicitNull public var pathGrowthRate: Double?
  /// Its standard error.
  @ExplicitNull public var pathGrowthRateError: Double?
  /// The replica mean of the first coordinate along the run.
  public var mean: [Point] = []

  /// Creates the record of a single run.
  public init() {
    stationaryMeanSquare = nil
    stationaryMeanSquareError = nil
    growthRate = nil
    growthRateError = nil
    meanGrowthRate = nil
    pathGrowthRate = nil
    pathGrowthRateError = nil
  }

  /// Reads a record; older ones lack how the mean and single paths grow.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double? {
      try container.decode(ExplicitNull.self, forKey: key).wrappedValue
    }
    replicas = try container.decode(Int.self, forKey: .replicas)
    stationaryMeanSquare = try number(.stationaryMeanSquare)
    stationaryMeanSquareError = try number(.stationaryMeanSquareError)
    stationaryMeanSquareErrorReason = try container.decodeIfPresent(
      String.self, forKey: .stationaryMeanSquareErrorReason)
    growthRate = try number(.growthRate)
    growthRateError = try number(.growthRateError)
    meanGrowthRate = try container.decodeIfPresent(Double.self, forKey: .meanGrowthRate)
    pathGrowthRate = try container.decodeIfPresent(Double.self, forKey: .pathGrowthRate)
    pathGrowthRateError = try container.decodeIfPresent(Double.self, forKey: .pathGrowthRateError)
    mean = try container.decode([Point].self, forKey: .mean)
  }

  /// The number of parts of a single path that its growth's error comes from.
  public static let pathPartCount = 10
}
