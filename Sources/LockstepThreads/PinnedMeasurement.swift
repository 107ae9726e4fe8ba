import CSharedMemory
import LockstepModels
import LockstepTopology

/// What the pinned cores can do at most, measured with all of them at work at once.
public struct PinnedMeasurement: Codable, Equatable, Sendable {
  /// Bytes copied per second, counting each byte once read and once written.
  public var copyBytesPerSecond: Double
  /// Floating-point operations per second of a 32-bit matrix product of size 512.
  public var multiplyOperationsPerSecond: Double

  /// The size of the matrices of the product.
  private static var order: Int { 512 }
  /// The size of each worker's copy: larger than the caches it could stay in.
  private static var copyBytes: Int { 64 << 20 }

  /// Measures a placement.
  ///
  /// - Parameters:
  ///   - placement: where the workers go.
  ///   - topology: the machine.
  ///   - seconds: about how long each of the two measurements takes.
  /// - Throws: ``TopologyError`` if a worker cannot be bound.
  public init(_ placement: PlacementPlan, on topology: Topology, seconds: Double) throws {
    let pool = WorkerPool(
      workers: placement.workers, topology: topology, placements: placement.placements)
    let limit = UInt64(seconds * 1e9)
    let workers = Double(placement.workers)
    copyBytesPerSecond =
      try Self.rate(pool, limit) {
        let bytes = Self.copyBytes / MemoryLayout<Float>.stride
        let source = UnsafeMutablePointer<Float>.allocate(capacity: bytes)
        let target = UnsafeMutablePointer<Float>.allocate(capacity: bytes)
        source.initialize(repeating: 1, count: bytes)
        target.initialize(repeating: 0, count: bytes)
        return (
          { Float.racyRead(source, into: target, count: bytes) },
          {
            source.deallocate()
            target.deallocate()
          }
        )
      } * Double(2 * Self.copyBytes) * workers
    multiplyOperationsPerSecond =
      try Self.rate(pool, limit) {
        let n = Self.order
        let a = UnsafeMutablePointer<Float>.allocate(capacity: 3 * n * n)
        a.initialize(repeating: 0.5, count: 3 * n * n)
        return (
          {
            Float.blasMultiply(
              .none, .none, rows: n, columns: n, inner: n, alpha: 1, a: a, leadingA: n,
              b: a + n * n, leadingB: n, beta: 0, c: a + 2 * n * n, leadingC: n)
          }, { a.deallocate() }
        )
      } * 2 * Double(Self.order * Self.order * Self.order) * workers
  }

  /// The mean rate per worker at which an operation is repeated, all workers at once.
  private static func rate(
    _ pool: WorkerPool, _ limit: UInt64,
    _ make: @escaping @Sendable () -> (work: () -> Void, clean: () -> Void)
  ) throws -> Double {
    let counts = Counts(pool.count)
    _ = try pool.run(onFailure: {}, whileRunning: {}) { index in
      let (work, clean) = make()
      work()
      let start = lockstep_nanoseconds()
      var repetitions = 0
      var now = start
      repeat {
        work()
        repetitions += 1
        now = lockstep_nanoseconds()
      } while now - start < limit
      counts.rates[index] = Double(repetitions) * 1e9 / Double(now - start)
      clean()
    }
    return (0..<pool.count).map { counts.rates[$0] }.reduce(0, +) / Double(pool.count)
  }

  /// One rate a worker.
  ///
  /// Each slot is written by one worker, and read after all have ended.
  private final class Counts: @unchecked Sendable {
    let rates: UnsafeMutablePointer<Double>

    init(_ count: Int) {
      rates = .allocate(capacity: count)
      rates.initialize(repeating: 0, count: count)
    }

    deinit { rates.deallocate() }
  }
}
