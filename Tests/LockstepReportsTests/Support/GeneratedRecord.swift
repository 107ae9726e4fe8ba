import Foundation
import LockstepCore
import LockstepStudies
import LockstepTelemetry
import LockstepTopology

/// Records in which every field has a value of its own, or is absent, by a seed.
enum GeneratedRecord {
  /// Makes a run.
  ///
  /// - Parameters:
  ///   - seed: which one.
  ///   - isFull: whether every optional field is there.
  static func run(seed: UInt64, isFull: Bool = false) -> StoredRun {
    var random = Generator(seed: seed, isFull: isFull)
    var record = RunRecord(
      configuration: random.options(), machine: SyntheticResultsMachine.plain,
      placement: (0..<random.below(3)).map {
        WorkerPlacement(worker: $0, logical: [$0], os: [$0], numaNode: random.flag() ? 0 : nil)
      },
      oversubscribed: random.flag(),
      status: [.completed, .targetReached, .diverged, .interrupted, .stalled][random.below(5)],
      parameterCount: random.whole(), updates: random.whole(), samples: random.whole(),
      wallSeconds: random.number(), cpuSeconds: random.number(),
      throughput: ThroughputRecord(updates: 0, samples: 0, seconds: 0),
      loss: LossRecord(
        initial: random.optional(), final: random.optional(), heldout: random.optional(),
        accuracy: random.optional(),
        curve: (0..<random.below(4)).map { _ in
          LossPoint(update: random.whole(), time: random.number(), loss: random.optional())
        }),
      staleness: StalenessRecord(
        mean: random.optional(), max: random.optional(), p50: random.optional(),
        p90: random.optional(), p99: random.optional(),
        histogram: (0..<random.below(4)).map { _ in [random.whole(), random.whole()] },
        sampledEvery: random.whole()),
      tornViews: TornViewsRecord(reads: nil, torn: nil),
      workers: (0..<random.below(4)).map { _ in
        WorkerRecord(
          worker: random.whole(), updates: random.whole(), computeSeconds: random.number(),
          readSeconds: random.number(), applySeconds: random.number(),
          waitSeconds: random.number(), parks: random.whole())
      })
    record.throughput.updatesPerSecond = random.optional()
    record.throughput.samplesPerSecond = random.optional()
    record.tornViews.reads = random.optional()
    record.tornViews.torn = random.optional()
    record.virtualTime = random.optional()
    record.loss.targetMissedAt = random.flag() ? random.whole() : nil
    record.noiseSeconds = random.optional()
    if random.flag() {
      record.stall = StallRecord(
        worker: random.whole(), crashedAt: random.number(), since: random.number(),
        waiting: random.whole())
    }
    record.ensemble.replicas = random.whole()
    record.ensemble.stationaryMeanSquare = random.optional()
    record.ensemble.stationaryMeanSquareError = random.optional()
    if random.flag() { record.ensemble.stationaryMeanSquareErrorReason = "too short" }
    record.ensemble.growthRate = random.optional()
    record.ensemble.growthRateError = random.optional()
    record.ensemble.meanGrowthRate = random.optional()
    record.ensemble.pathGrowthRate = random.optional()
    record.ensemble.pathGrowthRateError = random.optional()
    record.ensemble.mean = (0..<random.below(4)).map { _ in
      .init(update: random.whole(), value: random.optional())
    }
    record.noise = (0..<random.below(4)).map { _ in probe(&random) }
    return StoredRun(
      id: "r-\(random.whole())", part: random.flag() ? "part é" : nil, axes: random.options(),
      record: record)
  }

  private static func probe(_ random: inout Generator) -> NoiseRecord {
    var probe = NoiseRecord(
      update: random.whole(), set: ["current", "other", "heldout"][random.below(3)],
      shards: random.whole())
    probe.interaction = random.optional()
    probe.interactionSecondOrder = random.optional()
    probe.interactionSecondOrderError = random.optional()
    probe.sequentialGap = random.optional()
    probe.linearisation = random.optional()
    probe.linearisationSecondOrder = random.optional()
    probe.staleness = random.optional()
    probe.gradientError = random.optional()
    probe.gradientCosine = random.optional()
    probe.promisedDecrease = random.optional()
    probe.loss = random.optional()
    if random.flag() { probe.contributions = [random.number(), random.number()] }
    return probe
  }

  /// The object without each of its fields, one at a time, also within objects and in the first of each list.
  static func withoutEachField(
    _ object: [String: Any], path: String = ""
  ) -> [(path: String, object: [String: Any])] {
    var result: [(String, [String: Any])] = []
    for key in object.keys.sorted() {
      var shorter = object
      shorter[key] = nil
      result.append((path + key, shorter))
      if ["configuration", "axes"].contains(key) { continue }
      func replace(_ inner: [(path: String, object: [String: Any])], _ wrap: ([String: Any]) -> Any)
      {
        for (path, value) in inner {
          var changed = object
          changed[key] = wrap(value)
          result.append((path, changed))
        }
      }
      if let inner = object[key] as? [String: Any] {
        replace(withoutEachField(inner, path: "\(path)\(key).")) { $0 }
      } else if let list = object[key] as? [Any], let inner = list.first as? [String: Any],
        key != "placement"
      {
        replace(withoutEachField(inner, path: "\(path)\(key)[0].")) { [$0] }
      }
    }
    return result
  }

  /// Numbers of every sort.
  private struct Generator {
    var stream: RandomStream
    let isFull: Bool

    init(seed: UInt64, isFull: Bool) {
      stream = RandomStream(seed: seed, purpose: .disturbance)
      self.isFull = isFull
    }

    mutating func below(_ count: Int) -> Int {
      isFull ? max(1, count - 1) : stream.integer(below: count)
    }

    mutating func flag() -> Bool { isFull || stream.integer(below: 2) == 0 }

    mutating func whole() -> Int {
      switch stream.integer(below: 4) {
      case 0: stream.integer(below: 3)
      case 1: 9_007_199_254_740_991
      default: stream.integer(below: 1_000_000_000)
      }
    }

    mutating func number() -> Double {
      let special: [Double] = [
        0, -0.0, 1, -1, 0.1, 1e22, 1e23, 1e-5, .greatestFiniteMagnitude,
        .leastNonzeroMagnitude, 0x1p-1060, 0x1p53,
        123_456_789.125, 1 / 3,
      ]
      switch stream.integer(below: 3) {
      case 0: return special[stream.integer(below: special.count)]
      case 1: return Double(stream.integer(below: 1_000_000)) / 1000
      default:
        let bits = UInt64(stream.nextWord()) << 32 | UInt64(stream.nextWord())
        let value = Double(bitPattern: bits)
        return value.isFinite ? value : 2.5
      }
    }

    mutating func optional() -> Double? { flag() ? number() : nil }

    mutating func options() -> [String: ConfigurationValue] {
      var result: [String: ConfigurationValue] = [:]
      for name in ["model", "workers", "learning-rate", "seed", "delay", "é"] where flag() {
        switch stream.integer(below: 4) {
        case 0: result[name] = .text("mlp:16 é")
        case 1: result[name] = .integer(whole())
        case 2: result[name] = .number(0.1 + Double(stream.integer(below: 1000)))
        default: result[name] = .null
        }
      }
      return result
    }
  }
}

/// A machine whose name needs no escapes.
enum SyntheticResultsMachine {
  static let plain = MachineDescription(
    processor: "Processor", cores: 2, processingUnits: 4, numaNodes: 1,
    memoryBytes: 8_000_000_000, kernel: "Linux 6.1")
}
