import Dispatch
import Foundation
import LockstepCore
import LockstepRuns
import LockstepTelemetry
import LockstepTopology
import Synchronization

/// How far a sweep is.
public struct SweepProgress: Sendable {
  /// The number of runs that are over, with those that were there before and those that failed.
  public var finished = 0
  /// The number of all runs.
  public var total: Int
  /// How many of them failed.
  public var failed = 0
  /// What the one run that has the machine to itself is about, or what else is done; `nil` where
  /// several runs share it.
  public var activity: String?
  /// The share of that run that is done.
  public var share = 0.0
}

/// A run that could not be carried out.
public struct SweepFailure: Codable, Equatable, Sendable {
  /// The run.
  public var id: String
  /// Its part of the plan.
  public var part: String?
  /// The values of its axes, as people write them.
  public var axes: String
  /// What went wrong.
  public var reason: String
}

/// What came of a sweep.
public struct SweepOutcome: Equatable, Sendable {
  /// The number of runs that were carried out now.
  public var executed = 0
  /// The number of runs that were there before.
  public var present = 0
  /// Runs that could not be carried out; they are tried again next time.
  public var failures: [SweepFailure] = []
  /// Whether somebody stopped it before the end.
  public var isInterrupted = false
}

/// Carries out the runs of a plan, and adds their records to a store.
///
/// Simulated runs share the cores, one thread each; runs on real threads, and those that are repeated
/// to measure their speed, have the machine to themselves, one after the other, after all others.
///
/// **Concurrency:** one thread executes; ``interrupt()`` may be called from any.
/// **Determinism:** what a simulated run records depends on its configuration alone, but for the time
/// it took; only the order of the records depends on the number of jobs.
public final class SweepExecutor: Sendable {
  /// How a sweep is carried out; no result depends on it.
  public struct Options: Sendable {
    /// The number of simulated runs at a time.
    public var jobs: Int

    /// Takes the default: one job per processor.
    public init(jobs: Int = ProcessInfo.processInfo.activeProcessorCount) {
      self.jobs = jobs
    }
  }

  private struct State {
    var isStopped = false
    var running: [String: TrainingRun] = [:]
  }

  private let state = Mutex(State())
  let cache: ModelCache

  /// Creates an executor.
  ///
  /// - Parameters:
  ///   - cachedModels: the number of models that are kept with their data.
  ///   - sharesData: whether models on the same data share its memory.
  public init(cachedModels: Int = 16, sharesData: Bool = true) {
    cache = ModelCache(capacity: cachedModels, sharesData: sharesData)
  }

  /// The most threads that some runs have at a time, beside the one that executes them.
  public static func threads(for runs: [PlannedRun], options: Options) -> Int {
    let own = runs.map(\.configuration.threads).max() ?? 0
    return max(
      own, min(options.jobs, runs.count) + ProcessInfo.processInfo.activeProcessorCount + 1)
  }

  /// Asks the sweep to end soon; runs under way are given up and leave no record.
  public func interrupt() {
    let running = state.withLock { state in
      state.isStopped = true
      return state.running.values.map(\.self)
    }
    for run in running { run.interrupt() }
  }

  /// Whether somebody asked it to end.
  public var isInterrupted: Bool { state.withLock { $0.isStopped } }

  /// Carries out those of the runs that the store lacks.
  ///
  /// - Parameters:
  ///   - runs: the runs, in the order in which they are started.
  ///   - store: where records go.
  ///   - options: how many at a time.
  ///   - topology: the machine.
  ///   - progress: called after every run, from any thread, one call at a time.
  /// - Throws: ``StoreError`` where a record can't be stored; whatever goes wrong with a run is among
  ///   the outcome's failures.
  public func execute(
    _ runs: [PlannedRun], into store: some RunStore, options: Options = Options(),
    on topology: Topology, progress: @escaping @Sendable (SweepProgress) -> Void = { _ in }
  ) throws(StoreError) -> SweepOutcome {
    let missing = runs.filter { !store.contains($0.id) }
    let tally = SweepTally(total: runs.count, present: runs.count - missing.count, progress)
    handOut(missing.filter { !$0.isExclusive }, jobs: options.jobs) { run in
      self.carryOut(run, jobs: options.jobs, store, topology, tally)
    }
    handOut(try warmedUp(missing.filter(\.isExclusive), of: runs, in: store, topology, tally)) {
      self.carryOut($0, store, topology, tally)
    }
    try tally.storeError.map { error throws(StoreError) in throw error }
    var outcome = tally.outcome
    outcome.isInterrupted = isInterrupted
    return outcome
  }

  /// Hands out items in order, so many at a time, until somebody interrupts.
  func handOut<Item: Sendable>(
    _ items: [Item], jobs: Int = 1, _ body: @escaping @Sendable (Item) -> Void
  ) {
    let lanes = min(max(1, jobs), items.count)
    guard lanes > 1 else {
      for item in items where !isInterrupted { body(item) }
      return
    }
    // A private queue for each thread: `concurrentPerform` off the main thread may get one only.
    let group = DispatchGroup()
    let cursor = SweepCursor(count: items.count)
    for lane in 0..<lanes {
      DispatchQueue(label: "lockstep.sweep.\(lane)").async(group: group) {
        while !self.isInterrupted, let index = cursor.next() { body(items[index]) }
      }
    }
    group.wait()
  }

  private func carryOut(
    _ planned: PlannedRun, jobs: Int = 1, _ store: some RunStore, _ topology: Topology,
    _ tally: SweepTally
  ) {
    do {
      let show = { share in if planned.isExclusive { tally.tell(planned, share) } }
      guard let record = try record(of: planned, jobs: jobs, topology, show) else { return }
      try store.append(planned.stored(record))
      tally.finish()
    } catch let error as StoreError {
      tally.stop(error)
      interrupt()
    } catch {
      tally.fail(
        SweepFailure(
          id: planned.id, part: planned.part, axes: planned.axisText, reason: "\(error)"))
    }
  }

  /// Executes one run.
  ///
  /// - Parameter progress: called now and then with the share that is done.
  /// - Returns: its record; `nil` if it was interrupted.
  /// - Throws: what ``TrainingRun/execute(_:_:on:progress:keepTrace:)`` throws.
  func record(
    of planned: PlannedRun, jobs: Int = 1, _ topology: Topology,
    _ progress: (Double) -> Void = { _ in }
  ) throws -> RunRecord? {
    var configuration = planned.configuration
    if configuration.engine == .virtual, jobs > 1 { configuration.virtual.hostThreads = 1 }
    let prepared = try cache.model(of: configuration)
    let run = TrainingRun()
    let key = planned.id
    let isStopped = state.withLock { state in
      state.running[key] = run
      return state.isStopped
    }
    defer { state.withLock { _ = $0.running.removeValue(forKey: key) } }
    guard !isStopped else { return nil }
    let record = try run.execute(configuration, prepared, on: topology) {
      progress(Double($0.updates) / Double(max(1, $0.total)))
    }
    return record.status == .interrupted ? nil : record
  }
}
