import LockstepCore
import LockstepModels
import LockstepTopology

/// What it costs pinned workers to meet: the gate of `barrier` itself, with nothing to compute.
///
/// Every round each worker waits at the policy's start condition, publishes that it has computed,
/// waits at the apply condition and publishes its clock: two crossings, as in a real iteration.
public struct BarrierMeasurement: Codable, Equatable, Sendable {
  /// The mean time of one round in nanoseconds.
  public var nanosecondsPerRound: Double
  /// The number of rounds measured.
  public var rounds: Int

  /// How long the workers of a run spin before they park.
  public static var engineSpinNanoseconds: UInt64 {
    ThreadEngine<Float>.spinNanoseconds
  }

  /// The fewest rounds measured.
  private static var fewestRounds: Int { 200 }
  /// The most rounds measured.
  private static var mostRounds: Int { 100_000_000 }

  /// Measures a placement.
  ///
  /// - Parameters:
  ///   - placement: where the workers go.
  ///   - topology: the machine.
  ///   - spinNanoseconds: how long a worker spins before it parks on a futex; 0 to park at once.
  ///   - seconds: about how long the measurement takes.
  /// - Throws: ``TopologyError`` if a worker cannot be bound.
  public init(
    _ placement: PlacementPlan, on topology: Topology, spinNanoseconds: UInt64,
    seconds: Double
  ) throws {
    let pool = WorkerPool(
      workers: placement.workers, topology: topology, placements: placement.placements)
    // The stretch grows until it takes about as long as asked for.
    var rounds = Self.fewestRounds
    var nanoseconds = try Self.time(pool, spinNanoseconds, rounds: rounds)
    while nanoseconds < seconds * 0.5e9, rounds < Self.mostRounds {
      let wanted = Double(rounds) * seconds * 1e9 / max(nanoseconds, 1)
      rounds = min(Self.mostRounds, rounds * 16, max(rounds * 2, Int(min(wanted, 1e12))))
      nanoseconds = try Self.time(pool, spinNanoseconds, rounds: rounds)
    }
    self.rounds = rounds
    nanosecondsPerRound = nanoseconds / Double(rounds)
  }

  /// The time that a number of rounds takes, in nanoseconds.
  private static func time(
    _ pool: WorkerPool, _ spinNanoseconds: UInt64, rounds: Int
  ) throws -> Double {
    let workers = pool.count
    let clocks = AtomicClocks(workers: workers, spinNanoseconds: spinNanoseconds)
    let rules = Barrier().rules(of: workers)
    clocks.waitsAreForEveryone = Admission.waitsAreForEveryone(rules)
    let stretch = try pool.run(onFailure: { clocks.stop() }, whileRunning: {}) { index in
      let rules = rules[index]
      for clock in 0..<rounds {
        guard clocks.wait(for: rules.start, at: clock).holds else { return }
        clocks.publish(.computed, from: clock, to: clock &+ 1, by: index)
        guard clocks.wait(for: rules.apply, at: clock).holds else { return }
        clocks.publish(.completed, from: clock, to: clock &+ 1, by: index)
      }
      clocks.finish(index, at: rounds)
    }
    return Double(stretch.wallNanoseconds)
  }
}
