import Foundation
import LockstepCore
import LockstepTelemetry

/// `results.csv`: one row a run, one column for each of its numbers.
///
/// First `id`, `part`, and every option that isn't the same in all parts; then the record's numbers,
/// named by where they stand in it, and the means of its noise probes over updates, for each
/// evaluation set and number of shards. Names have `_` where the record has `.` and options have
/// `-`. What can't be had is an empty cell.
public enum ResultTable {
  /// Writes the table.
  ///
  /// - Parameters:
  ///   - runs: the records.
  ///   - axes: the options that come first, by their names on the command line.
  /// - Complexity: O(runs × columns).
  public static func csv(_ runs: [StoredRun], axes: [String]) -> String {
    var columns: [String] = []
    var known: Set<String> = []
    let hasParts = runs.contains { $0.part != nil }
    let options = axes.map { (name: $0, column: $0.replacing("-", with: "_")) }
    let taken = Set(options.map(\.column))
    let rows = runs.map { run in
      let scalars = scalars(of: run.record, avoiding: taken)
      for (name, _) in scalars where known.insert(name).inserted { columns.append(name) }
      return Dictionary(scalars, uniquingKeysWith: { first, _ in first })
    }
    let head = ["id"] + (hasParts ? ["part"] : []) + options.map(\.column) + columns
    var table = [head]
    for (run, row) in zip(runs, rows) {
      var cells = [run.id]
      if hasParts { cells.append(run.part ?? "") }
      cells += options.map { value(of: $0.name, in: run) }
      cells += columns.map { row[$0] ?? "" }
      table.append(cells)
    }
    return text(table)
  }

  /// Writes rows as comma-separated values.
  ///
  /// **Reference:** Shafranovich, *Common Format and MIME Type for CSV Files*, RFC 4180, but lines end
  /// in a newline alone.
  static func text(_ rows: [[String]]) -> String {
    rows.map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
  }

  /// The value of an option: of the axis, or of the resolved configuration where it is none here.
  private static func value(of name: String, in run: StoredRun) -> String {
    if let value = run.axes[name] { return value.text }
    let words = name.split(separator: "-")
    let key = words.enumerated().map { $0 == 0 ? String($1) : $1.capitalized }.joined()
    return run.record.configuration[key]?.text ?? ""
  }

  private static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
    return "\"" + cell.replacing("\"", with: "\"\"") + "\""
  }

  private static func scalars(
    of record: RunRecord, avoiding taken: Set<String>
  ) -> [(String, String)] {
    var result: [(String, String)] = []
    func add(_ name: String, _ text: String) {
      result.append((taken.contains(name) ? "record_\(name)" : name, text))
    }
    func add(_ name: String, _ value: Double?) {
      add(name, value.flatMap { $0.isFinite ? "\($0)" : nil } ?? "")
    }
    add("status", record.status.rawValue)
    add("parameterCount", "\(record.parameterCount)")
    add("updates", "\(record.updates)")
    add("samples", "\(record.samples)")
    add("oversubscribed", "\(record.oversubscribed)")
    add("wallSeconds", record.wallSeconds)
    add("cpuSeconds", record.cpuSeconds)
    add("virtualTime", record.virtualTime)
    add("throughput_updatesPerSecond", record.throughput.updatesPerSecond)
    add("throughput_samplesPerSecond", record.throughput.samplesPerSecond)
    add("loss_initial", record.loss.initial)
    add("loss_final", record.loss.final)
    add("loss_heldout", record.loss.heldout)
    add("loss_accuracy", record.loss.accuracy)
    add("staleness_mean", record.staleness.mean)
    add("staleness_max", record.staleness.max)
    add("staleness_p50", record.staleness.p50)
    add("staleness_p90", record.staleness.p90)
    add("staleness_p99", record.staleness.p99)
    add("tornViews_reads", record.tornViews.reads)
    add("tornViews_torn", record.tornViews.torn)
    let workers = record.workers
    add("workers_computeSeconds", workers.reduce(0) { $0 + $1.computeSeconds })
    add("workers_readSeconds", workers.reduce(0) { $0 + $1.readSeconds })
    add("workers_applySeconds", workers.reduce(0) { $0 + $1.applySeconds })
    add("workers_waitSeconds", workers.reduce(0) { $0 + $1.waitSeconds })
    add("workers_parks", "\(workers.reduce(0) { $0 + $1.parks })")
    add("ensemble_replicas", "\(record.ensemble.replicas)")
    add("ensemble_stationaryMeanSquare", record.ensemble.stationaryMeanSquare)
    add("ensemble_stationaryMeanSquareError", record.ensemble.stationaryMeanSquareError)
    add("ensemble_growthRate", record.ensemble.growthRate)
    add("ensemble_growthRateError", record.ensemble.growthRateError)
    add("ensemble_meanGrowthRate", record.ensemble.meanGrowthRate)
    add("ensemble_pathGrowthRate", record.ensemble.pathGrowthRate)
    add("ensemble_pathGrowthRateError", record.ensemble.pathGrowthRateError)
    for (name, value) in NoiseMeans.of(record.noise) { add(name, value) }
    return result
  }
}

/// The means of a run's noise probes over its updates.
enum NoiseMeans {
  private static let fields: [(String, KeyPath<NoiseRecord, Double?> & Sendable)] = [
    ("interaction", \.interaction), ("interactionSecondOrder", \.interactionSecondOrder),
    ("sequentialGap", \.sequentialGap), ("linearisation", \.linearisation),
    ("linearisationSecondOrder", \.linearisationSecondOrder), ("staleness", \.staleness),
    ("gradientError", \.gradientError), ("gradientCosine", \.gradientCosine),
    ("promisedDecrease", \.promisedDecrease),
  ]

  /// The means, named `noise_SET_SHARDS_FIELD`, in the order in which sets and shards first appear.
  ///
  /// A probe that lacks a number is left out of that number's mean.
  static func of(_ probes: [NoiseRecord]) -> [(String, Double?)] {
    var groups: [(key: String, probes: [NoiseRecord])] = []
    for probe in probes {
      let key = "noise_\(probe.set)_\(probe.shards)"
      if let index = groups.firstIndex(where: { $0.key == key }) {
        groups[index].probes.append(probe)
      } else {
        groups.append((key, [probe]))
      }
    }
    return groups.flatMap { group in
      fields.map { name, path in
        let values = group.probes.compactMap { $0[keyPath: path] }
        let mean = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        return ("\(group.key)_\(name)", mean)
      }
    }
  }
}
