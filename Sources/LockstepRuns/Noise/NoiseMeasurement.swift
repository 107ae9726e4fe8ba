import LockstepCore
import LockstepTelemetry
import LockstepTopology
import Synchronization

/// Follows runs that differ in their seeds only, and probes each of them for noise.
///
/// **Concurrency:** one thread executes a measurement; ``interrupt()`` may be called from any.
public final class NoiseMeasurement: Sendable {
  /// How far a measurement is.
  public struct Progress: Sendable {
    /// The share that is done.
    public var fraction: Double
    /// The seed of the present run.
    public var seed: UInt64
    /// The updates it has made.
    public var updates: Int
    /// The updates it is to make.
    public var total: Int
  }

  private struct State {
    var isInterrupted = false
    var begun = 0
    var current: TrainingRun?
  }

  private let state = Mutex(State())

  /// Creates a measurement.
  public init() {}

  /// Asks it to end soon, with what there is.
  ///
  /// - Returns: whether there is, or will be, a run to tell of.
  @discardableResult
  public func interrupt() -> Bool {
    let (current, begun) = state.withLock { state in
      state.isInterrupted = true
      return (state.current, state.begun)
    }
    let isUnderWay = current?.interrupt() ?? false
    return isUnderWay || begun > 1 || (begun == 1 && current == nil)
  }

  /// The seeds of some runs, one after the other.
  ///
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)``.
  public static func seeds(from first: UInt64, count: Int) throws(ConfigurationError) -> [UInt64] {
    guard (1...largestSeedCount).contains(count) else {
      throw .invalid(
        option: "--seeds", value: "\(count)",
        reason: "write " + NumberText.wholeNumber(of: "runs", in: 1...largestSeedCount))
    }
    guard first <= UInt64.max - UInt64(count - 1) else {
      throw .invalid(
        option: "--seeds", value: "\(count)",
        reason: "there are not so many seeds from \(first) on; take a smaller --seed")
    }
    return (0..<UInt64(count)).map { first + $0 }
  }

  /// The largest number of runs.
  public static let largestSeedCount = 1000

  /// Makes the runs.
  ///
  /// - Parameters:
  ///   - configuration: what is followed; asks for noise probes.
  ///   - seeds: the seeds, at least one.
  ///   - isEverySet: whether the configuration says how often to probe; if not, it is about
  ///     ``ResolvedRun/defaultProbes`` times a run.
  ///   - topology: the machine.
  ///   - progress: called now and then on the calling thread.
  ///   - willBegin: called with every option of the first run, resolved, before it is made.
  /// - Returns: the runs that have begun, the last one perhaps interrupted; and what the first is
  ///   trained on, for a person.
  /// - Throws: as ``TrainingRun/execute(_:_:on:progress:keepTrace:)``.
  public func execute(
    _ configuration: RunConfiguration, seeds: [UInt64], isEverySet: Bool, on topology: Topology,
    progress: (Progress) -> Void = { _ in },
    willBegin: ([String: ConfigurationValue]) throws -> Void = { _ in }
  ) throws -> (document: NoiseDocument?, dataName: String?) {
    var configuration = configuration
    var runs: [NoiseDocument.Run] = []
    var options: [String: ConfigurationValue] = [:]
    var prepared: PreparedModel?
    for (index, seed) in seeds.enumerated() {
      configuration.seed = seed
      let model: PreparedModel
      if let known = prepared, !configuration.modelDependsOnSeed {
        model = known
      } else {
        model = try PreparedModel(configuration)
      }
      prepared = model
      if index == 0, !isEverySet {
        let updates = try ResolvedRun(configuration, model).engine.updates
        configuration.noise?.every =
          (updates + ResolvedRun.defaultProbes - 1) / ResolvedRun.defaultProbes
      }
      guard let run = begin() else { break }
      defer { state.withLock { $0.current = nil } }
      let record = try run.execute(
        configuration, model, on: topology,
        progress: { now in
          let share = Double(now.updates) / Double(max(1, now.total))
          progress(
            Progress(
              fraction: (Double(index) + share) / Double(seeds.count), seed: seed,
              updates: now.updates, total: now.total))
        }, willBegin: { if index == 0 { try willBegin($0) } })
      if index == 0 { options = record.configuration }
      runs.append(NoiseDocument.Run(record, seed: seed))
      if record.status == .interrupted { break }
    }
    guard !runs.isEmpty else { return (nil, prepared?.dataName) }
    return (
      NoiseDocument(runs, configuration: options, machine: topology.machine), prepared?.dataName
    )
  }

  /// Makes the next run; `nil` once somebody has interrupted.
  private func begin() -> TrainingRun? {
    let run = TrainingRun()
    return state.withLock { state in
      guard !state.isInterrupted else { return nil }
      state.current = run
      state.begun += 1
      return run
    }
  }
}
