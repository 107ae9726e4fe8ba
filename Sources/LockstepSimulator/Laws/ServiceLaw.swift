import LockstepCore
import LockstepModels

/// Draws the durations of iterations, in ticks of the virtual clock.
///
/// The duration of a worker's iteration depends on the seed, the worker and the clock, never on the
/// order of events.
///
/// **Determinism:** bit-exact (``PortableMath`` only).
public final class ServiceLaw: @unchecked Sendable {
  // Invariant behind @unchecked: the table is written before the initialiser returns.

  /// The number of ticks of one unit of the law.
  public static let ticksPerUnit: UInt64 = 1 << 20

  /// Which of an iteration's durations a law is for.
  public enum Part: Sendable {
    /// All of it, or what is left of it where reading and applying take time: `--service`.
    case service
    /// Computing the gradient, where a calibration tells it from the rest.
    case compute
    /// Reading the view: `--read-time`.
    case read
    /// Applying the update: `--apply-time`.
    case apply

    /// The option that gives it.
    var option: String {
      switch self {
      case .service, .compute: "--service"
      case .read: "--read-time"
      case .apply: "--apply-time"
      }
    }

    /// What its random numbers are for.
    var purpose: RandomPurpose {
      switch self {
      case .service, .compute: .serviceTime
      case .read: .readTime
      case .apply: .applyTime
      }
    }
  }

  /// The longest duration that is drawn, in ticks: 2⁴⁰ units.
  static let longest: UInt64 = 1 << 60

  private enum Kind: UInt8 { case constant, exponential, gamma, pareto, lognormal, worker, trace }

  /// Who picks the order instead of durations, if somebody does.
  let adversary: Adversary?
  private let kind: Kind
  private let purpose: RandomPurpose
  private let first: Double
  private let second: Double
  private let ticks: UInt64
  /// Where each worker's part of the table is; empty where all draw from all of it.
  private let parts: [Range<Int>]
  private let table: UnsafeMutableBufferPointer<UInt64>

  /// Prepares a law.
  ///
  /// - Parameters:
  ///   - specification: the law.
  ///   - workers: the number of workers.
  ///   - part: what it is the duration of.
  /// - Throws: ``ConfigurationError`` where durations per worker are not as many as the workers;
  ///   ``DataError`` for a file of durations that cannot be used.
  public init(
    _ specification: ServiceSpecification, workers: Int, for part: Part = .service
  ) throws {
    purpose = part.purpose
    var durations: [Double] = []
    var parts: [Range<Int>] = []
    if case .adversarial(let seed) = specification {
      adversary = Adversary(seed: seed, workers: workers)
    } else {
      adversary = nil
    }
    switch specification {
    case .calibrated(let path):
      (kind, first, second, ticks) = (.trace, 0, 0, 0)
      let calibration = try ServiceTrace.readCalibration(path)
      for list in calibration.durations(of: part, workers: workers) {
        parts.append(durations.count..<(durations.count + list.count))
        durations += list
      }
    case .adversarial:
      (kind, first, second, ticks) = (.constant, 0, 0, Self.ticksPerUnit)
    case .constant(let time):
      (kind, first, second, ticks) = (.constant, 0, 0, Self.ticks(time))
    case .exponential(let mean):
      (kind, first, second, ticks) = (.exponential, mean, 0, 0)
    case .gamma(let mean, let variation):
      let shape = 1 / (variation * variation)
      (kind, first, second, ticks) = (.gamma, shape, mean / shape, 0)
    case .pareto(let mean, let index):
      (kind, first, second, ticks) = (.pareto, mean * (index - 1) / index, 1 / index, 0)
    case .lognormal(let mean, let variation):
      let variance = PortableMath.log(1 + variation * variation)
      (kind, first, second, ticks) = (
        .lognormal, PortableMath.log(mean) - variance / 2, variance.squareRoot(), 0
      )
    case .perWorker(let times):
      guard times.count == workers else {
        throw ConfigurationError.invalid(
          option: part.option, value: specification.specification,
          reason: "\(NumberText.counted(times.count, "duration")) for "
            + "\(NumberText.counted(workers, "worker")); give one for each")
      }
      durations = times
      (kind, first, second, ticks) = (.worker, 0, 0, 0)
    case .trace(let path):
      durations = try ServiceTrace.read(path)
      (kind, first, second, ticks) = (.trace, 0, 0, 0)
    }
    self.parts = parts
    table = .allocate(capacity: durations.count)
    for (index, time) in durations.enumerated() {
      table.initializeElement(at: index, to: Self.ticks(time))
    }
  }

  deinit { table.deallocate() }

  /// The duration of a worker's iteration, at least one tick.
  ///
  /// - Parameters:
  ///   - seed: the run's seed.
  ///   - worker: the worker.
  ///   - clock: the iteration, from 0.
  @inline(__always)
  public func ticks(seed: UInt64, worker: Int, clock: Int) -> UInt64 {
    switch kind {
    case .constant: return ticks
    case .worker: return table[worker]
    case .exponential:
      var stream = RandomStream(seed: seed, purpose: purpose, worker: worker, clock: clock)
      return Self.ticks(first * stream.exponential())
    default: return drawn(seed: seed, worker: worker, clock: clock)
    }
  }

  @inline(never)
  private func drawn(seed: UInt64, worker: Int, clock: Int) -> UInt64 {
    var stream = RandomStream(seed: seed, purpose: purpose, worker: worker, clock: clock)
    switch kind {
    case .gamma: return Self.ticks(second * Self.gamma(shape: first, from: &stream))
    case .pareto:
      return Self.ticks(
        first * PortableMath.exp(-second * PortableMath.log(stream.openUniform())))
    case .lognormal: return Self.ticks(PortableMath.exp(first + second * stream.normal()))
    default:
      guard !parts.isEmpty else { return table[stream.integer(below: table.count)] }
      let part = parts[worker % parts.count]
      return table[part.lowerBound + stream.integer(below: part.count)]
    }
  }

  /// A gamma deviate of scale 1.
  ///
  /// **Reference:** Marsaglia and Tsang, *A Simple Method for Generating Gamma Variables*, ACM
  /// Transactions on Mathematical Software 26 (2000), with their remark for shapes below 1.
  private static func gamma(shape: Double, from stream: inout RandomStream) -> Double {
    if shape < 1 {
      let larger = gamma(shape: shape + 1, from: &stream)
      return larger * PortableMath.exp(PortableMath.log(stream.openUniform()) / shape)
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = stream.normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      let logarithm = PortableMath.log(stream.openUniform())
      if logarithm < 0.5 * x * x + d - d * v + d * PortableMath.log(v) { return d * v }
    }
  }

  /// A duration in whole ticks: the nearest, at least one and at most ``longest``.
  @inline(__always)
  static func ticks(_ duration: Double) -> UInt64 {
    let scaled = (duration * Double(ticksPerUnit)).rounded(.toNearestOrEven)
    if !(scaled > 1) { return 1 }
    return scaled >= Double(longest) ? longest : UInt64(scaled)
  }
}
