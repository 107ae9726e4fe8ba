import Foundation
import LockstepCore
import LockstepRuns
import LockstepTelemetry
import LockstepTopology

/// What `lockstep bench` measures: a plan whose runs are repeated, and what the same cores can do at most.
///
/// **Concurrency:** one thread measures; its ``executor`` may be interrupted from any.
public struct Bench: Sendable {
  /// What is measured; a plan without parts.
  public let plan: SweepPlan
  /// Its runs.
  public let runs: PlannedRuns
  /// About how long each measurement of the machine's own limits takes, in seconds.
  public let limitSeconds: Double
  /// Who carries the runs out: every model stays in memory, with data of its own.
  public let executor = SweepExecutor(cachedModels: .max, sharesData: false)

  /// Works out the runs of a plan.
  ///
  /// - Throws: ``PlanError`` for a configuration that cannot be, by its axes.
  public init(_ plan: SweepPlan, limitSeconds: Double) throws(PlanError) {
    self.plan = plan
    self.limitSeconds = limitSeconds
    runs = try plan.runs()
  }

  /// Measures what a store lacks.
  ///
  /// - Parameters:
  ///   - store: where records go.
  ///   - topology: the machine.
  ///   - progress: called now and then.
  /// - Returns: what the records say, and the runs that could not be carried out.
  /// - Throws: ``PlanError`` or ``ConfigurationError`` for a configuration that cannot be, before anything
  ///   runs; ``DataError``, ``TopologyError`` or ``StoreError``.
  public func measure(
    into store: some RunStore, on topology: Topology,
    progress: @escaping @Sendable (SweepProgress) -> Void = { _ in }
  ) throws -> (document: BenchDocument, failures: [SweepFailure]) {
    let first = runs.all.filter { ($0.repetition?.number ?? 0) == 0 }
    let placements = try first.map { try $0.configuration.placement(on: topology) }
    // The limits are measured on as many threads, and no others beside.
    try ThreadAllowance.require(first.map(\.configuration.threads).max() ?? 0)
    var dataNames: [String: String] = [:]
    for run in first {
      dataNames[run.configuration.model.specification] = try executor.check(run).dataName
    }
    var load = 0.0
    let loadAverage = getloadavg(&load, 1) == 1 ? load : nil
    var limits: [BenchLimits] = []
    for placement in placements where !executor.isInterrupted {
      guard !limits.contains(where: { $0.isOf(placement) }) else { continue }
      progress(
        SweepProgress(
          total: runs.distinct.count,
          activity: "limits of \(NumberText.counted(placement.workers, "worker"))"))
      limits.append(try BenchLimits(placement, on: topology, seconds: limitSeconds))
    }
    let outcome = try executor.execute(runs.distinct, into: store, on: topology, progress: progress)
    let document = BenchDocument(
      machine: topology.machine, plan: BenchDocument.Plan(self),
      status: outcome.isInterrupted ? .interrupted : .completed, loadAverage: loadAverage,
      limits: limits,
      configurations: BenchSummary.of(runs.placed(try store.runs()), dataNames: dataNames))
    return (document, outcome.failures)
  }
}
