import Foundation
import Lockstep

/// What came of a sweep, for people: at most 120 columns.
struct SweepReport {
  /// The most configurations that are shown.
  static let largestRowCount = 60
  /// The widest cell of an axis.
  private static let widestCell = 24
  /// The widest table.
  private static let widestTable = 120

  let text: String

  init(_ document: SweepDocument, records: [StoredRun], axes: [String]) {
    var text = "\(Format.count(document.executed)) of "
    text +=
      document.bisection == nil
      ? NumberText.counted(document.runs, "run")
      : NumberText.counted(document.runs, "search", "searches")
    text += " carried out"
    if document.present > 0 { text += ", \(Format.count(document.present)) were there already" }
    if !document.failures.isEmpty { text += ", \(Format.count(document.failures.count)) failed" }
    text += "; in \(document.folder)\n"
    let rows: [[String]]
    let fixed: Int
    if let bisection = document.bisection {
      (rows, fixed) = (Self.rows(bisection, axes: axes), 3)
    } else {
      let unit = SpeedUnit(comparing: records)
      (rows, fixed) = Self.rows(
        SweepSummary.of(records, speedIn: unit), axes: axes.filter { $0 != "seed" }, speedIn: unit)
    }
    if rows.count > 1 {
      let shown = Array(rows.prefix(Self.largestRowCount + 1))
      text += "\n" + Self.fitting(shown, fixed: fixed)
      if rows.count > shown.count {
        text += "… and \(Format.count(rows.count - shown.count)) more; results.csv has them all\n"
      }
    }
    self.text = text
  }

  /// The rows, and how many columns at their end are none of axes.
  private static func rows(
    _ summaries: [ConfigurationSummary], axes: [String], speedIn unit: SpeedUnit
  ) -> (rows: [[String]], fixed: Int) {
    let hasParts = summaries.contains { $0.part != nil }
    let speeds = SpeedColumn.all(summaries, in: unit)
    let hasNoise = summaries.contains { $0.medianInteraction != nil }
    let head =
      (hasParts ? ["part"] : []) + axes + ["runs", "final loss"]
      + (hasNoise ? ["interaction"] : []) + speeds.map(\.heading)
      + ["staleness", "ended"]
    let rows =
      [head]
      + summaries.map { summary in
        let statuses = summary.statuses.sorted { $0.key < $1.key }
        let ended = statuses.map { statuses.count == 1 ? $0.key : "\($0.value) \($0.key)" }
        return (hasParts ? [summary.part ?? ""] : [])
          + axes.map { summary.axes[$0]?.text ?? "" }
          + ["\(summary.runs)", Format.number(summary.medianFinalLoss)]
          + (hasNoise ? [Format.percent(summary.medianInteraction)] : [])
          + speeds.map { Format.rate($0.value(summary)) }
          + [Format.number(summary.meanStaleness), ended.joined(separator: ", ")]
      }
    return (rows, 4 + speeds.count + (hasNoise ? 1 : 0))
  }

  private static func rows(_ results: [BisectionResult], axes: [String]) -> [[String]] {
    let hasParts = results.contains { $0.part != nil }
    let head =
      (hasParts ? ["part"] : []) + axes + ["stability", "largest stable", "unstable at", "runs"]
    return [head]
      + results.map { result in
        (hasParts ? [result.part ?? ""] : []) + axes.map { result.axes[$0]?.text ?? "" } + [
          result.stability.rawValue
            + (result.result == .found ? "" : " (\(result.result.rawValue))"),
          result.stable.map { "\(Format.number($0))" } ?? "none",
          result.unstable.map { "\(Format.number($0))" } ?? "none", "\(result.runs)",
        ]
      }
  }

  /// A table that is no wider than it may be: cells of axes are cut off, then whole axes left out.
  private static func fitting(_ rows: [[String]], fixed: Int) -> String {
    var rows = rows.map { row in
      row.enumerated().map { column, cell in
        column < row.count - fixed && cell.count > widestCell
          ? cell.prefix(widestCell - 1) + "…" : cell
      }
    }
    while true {
      let table = Format.table(rows)
      let width = table.split(separator: "\n").map(\.count).max() ?? 0
      guard width > widestTable, let columns = rows.first?.count, columns > fixed + 1 else {
        return table
      }
      let last = columns - fixed - 1
      rows = rows.map { row in
        var row = row
        row.remove(at: last)
        return row
      }
    }
  }
}
