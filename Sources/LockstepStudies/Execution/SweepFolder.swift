import Foundation
import LockstepTopology

/// The files of a result folder that are made from its records.
public enum SweepFolder {
  /// Writes the table and the machine, each whole or not at all.
  ///
  /// - Parameters:
  ///   - store: the folder.
  ///   - plan: whose axes come first in the table.
  ///   - planned: the plan's runs.
  ///   - topology: the machine.
  /// - Returns: the records, for whoever goes on with them; `foreign` ones are of another plan, and in no
  ///   table.
  /// - Throws: ``StoreError``.
  @discardableResult
  public static func writeSummaries(
    of store: ResultStore, plan: SweepPlan, planned: PlannedRuns, on topology: Topology
  ) throws(StoreError) -> (own: [StoredRun], foreign: [StoredRun]) {
    try store.synchronize()
    let runs = planned.divided(try store.runs())
    try store.write(
      Data(ResultTable.csv(planned.named(runs.own), axes: plan.tableOptions).utf8),
      as: ResultStore.Name.table)
    do throws(TopologyError) {
      try topology.exportXML(to: "\(store.path)/\(ResultStore.Name.machine)")
    } catch {
      throw .cannotWrite(path: store.path, reason: "\(error)")
    }
    return runs
  }

  /// Writes what a search found: `bisect.csv` and `bisect.jsonl`.
  ///
  /// - Throws: ``StoreError``.
  public static func write(
    _ results: [BisectionResult], to store: ResultStore, plan: SweepPlan
  ) throws(StoreError) {
    let lines: Data
    do {
      lines = try BisectionResult.lines(results)
    } catch {
      throw .cannotWrite(path: store.path, reason: "\(error)")
    }
    try store.write(lines, as: "bisect.jsonl")
    try store.write(
      Data(BisectionResult.csv(results, axes: plan.axisNames).utf8), as: "bisect.csv")
  }
}

extension SweepPlan {
  /// The options that differ between runs: the axes, and what parts fix each in their own way.
  public var tableOptions: [String] {
    var result = axisNames + (bisectionTolerance == nil ? [] : ["learning-rate"])
    for name in parts.flatMap(\.options).map(\.name) where !result.contains(name) {
      let texts = parts.map { part in part.options.first { $0.name == name }?.text }
      if texts.contains(where: { $0 != texts[0] }) { result.append(name) }
    }
    return result
  }
}
