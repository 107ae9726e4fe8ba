import LockstepTelemetry
import LockstepThreads
import LockstepTopology

/// What the pinned cores can do at most, beside which a throughput is to be read.
public struct BenchLimits: Codable, Equatable, Sendable {
  /// The number of workers.
  public var workers: Int
  /// Where they are pinned.
  public var pin: String
  /// Bytes copied per second by all workers together, each byte read once and written once.
  @ExplicitNull public var copyBytesPerSecond: Double?
  /// 32-bit floating-point operations per second of matrix products, all workers together.
  @ExplicitNull public var multiplyOperationsPerSecond: Double?
  /// The time of one round of the barrier's two gates, as runs wait; `null` for one worker.
  @ExplicitNull public var barrierNanoseconds: Double?
  /// The same where workers park at once instead of spinning; `null` for one worker.
  @ExplicitNull public var barrierParkedNanoseconds: Double?

  /// Whether they are those of a placement.
  func isOf(_ placement: PlacementPlan) -> Bool {
    workers == placement.workers && pin == placement.pin.specification
  }

  /// Measures a placement.
  ///
  /// - Parameters:
  ///   - placement: where the workers go.
  ///   - topology: the machine.
  ///   - seconds: about how long each measurement takes.
  /// - Throws: ``TopologyError`` if a worker cannot be bound.
  public init(_ placement: PlacementPlan, on topology: Topology, seconds: Double) throws {
    workers = placement.workers
    pin = placement.pin.specification
    let rates = try PinnedMeasurement(placement, on: topology, seconds: seconds)
    copyBytesPerSecond = rates.copyBytesPerSecond
    multiplyOperationsPerSecond = rates.multiplyOperationsPerSecond
    barrierNanoseconds = nil
    barrierParkedNanoseconds = nil
    guard workers > 1 else { return }
    // Runs spin only where every worker has a processing unit of its own.
    let spin = placement.oversubscribed ? 0 : BarrierMeasurement.engineSpinNanoseconds
    barrierNanoseconds = try BarrierMeasurement(
      placement, on: topology, spinNanoseconds: spin, seconds: seconds
    ).nanosecondsPerRound
    barrierParkedNanoseconds = try BarrierMeasurement(
      placement, on: topology, spinNanoseconds: 0, seconds: seconds
    ).nanosecondsPerRound
  }
}
