import LockstepCore
import LockstepTelemetry

/// `results.csv`: one row a run, one column for each of its numbers.
///
/// First `id`, `part`, `repetition`, and every option that isn't the same in all runs; then the record's numbers, the means of its noise
/// probes over updates for each evaluation set and number of shards, and last the options that all runs share. A number's
/// column is called as in the record and as a ``Metric``: `loss.final`, `workers[all].parks`,
/// `noise.interaction[current]@shards=4`; an option's as on the command line: `learning-rate`, and
/// `axis.updates` where a number has that name. What can't be had is an empty cell.
public enum ResultTable {
  /// Writes the table.
  ///
  /// - Parameters:
  ///   - runs: the records.
  ///   - axes: the options that come first, by their names on the command line.
  /// - Complexity: O(runs × columns).
  public static func csv(_ runs: [StoredRun], axes: [String]) -> String {
    let places: [(name: String, text: (StoredRun) -> String?)] = [
      ("part", { $0.part }), ("repetition", { $0.repetition.map { "\($0)" } }),
    ].filter { place in runs.contains { place.text($0) != nil } }
    let noise = noiseColumns(runs)
    let shared = RunOptions.table.map(\.name).filter { name in
      !axes.contains(name) && runs.contains { $0.option(name).map { $0 != .null } ?? false }
    }
    var table: [[String]] = []
    table.append(
      ["id"] + places.map(\.name) + axes.map(column) + ["status", "oversubscribed"]
        + numbers.map(\.path) + noise.map(\.path) + shared.map(column))
    for run in runs {
      table.append(
        [run.id] + places.map { $0.text(run) ?? "" } + axes.map { value(of: $0, in: run) }
          + [run.record.status.rawValue, "\(run.record.oversubscribed)"]
          + numbers.map { text($0.value(run.record)) } + noise.map { text($0.value(run.record)) }
          + shared.map { value(of: $0, in: run) })
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

  /// The record's numbers, and sums over its workers.
  private static var numbers: [RecordNumber<RunRecord>] {
    RunRecord.numbers
      + WorkerRecord.numbers.map { field in
        RecordNumber("workers[all].\(field.path)", field.words) { record in
          record.workers.reduce(0) { $0 + (field.value($1) ?? 0) }
        }
      }
  }

  /// The means of noise probes, in the order in which sets and shards first appear.
  ///
  /// A probe that lacks a number is left out of that number's mean.
  private static func noiseColumns(_ runs: [StoredRun]) -> [RecordNumber<RunRecord>] {
    var seen: Set<String> = []
    var columns: [RecordNumber<RunRecord>] = []
    for probe in runs.lazy.flatMap(\.record.noise) {
      guard seen.insert("\(probe.set) \(probe.shards)").inserted else { continue }
      let (set, shards) = (probe.set, probe.shards)
      for field in NoiseRecord.numbers {
        columns.append(
          RecordNumber("noise.\(field.path)[\(set)]@shards=\(shards)", field.words) { record in
            let values = record.noise.filter { $0.set == set && $0.shards == shards }
              .compactMap(field.value)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
          })
      }
    }
    return columns
  }

  /// The name of an option's column.
  private static func column(_ option: String) -> String {
    Metric.fields.at(option) == nil && option != "part" ? option : "axis.\(option)"
  }

  /// The value of an option: of the axis, or of the resolved configuration where it is none here.
  private static func value(of name: String, in run: StoredRun) -> String {
    run.axes[name]?.text ?? run.option(name)?.text ?? ""
  }

  private static func text(_ value: Double?) -> String { value.map(NumberText.exact) ?? "" }

  private static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
    return "\"" + cell.replacing("\"", with: "\"\"") + "\""
  }
}
