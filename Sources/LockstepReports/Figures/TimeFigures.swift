import LockstepStudies
import LockstepTelemetry

/// What workers spend their time on.
extension FigureMaker {
  /// The largest number of bars.
  private static let largestRowCount = 16

  mutating func timeFigures() -> [Figure] {
    let whole = settings.slices.flatMap { slice in
      slice.lines.map { line in
        (
          name: [line.name, slice.name].filter { !$0.isEmpty }.joined(separator: ", "),
          runs: line.groups.flatMap(\.runs)
        )
      }
    }
    let lines = zip(Comparison.distinct(whole.map(\.name)), whole).map { (name: $0, runs: $1.runs) }
    let largest = lines.map { $0.runs.map(\.record.workers.count).max() ?? 0 }
    let isByWorker = largest.reduce(0, +) <= Self.largestRowCount
    var rows: [BarChart.Row] = []
    for line in lines {
      let all = line.runs.map(\.record.workers)
      if isByWorker {
        for worker in 0..<(all.map(\.count).max() ?? 0) {
          let mine = all.flatMap { $0.filter { $0.worker == worker } }
          append(mine, (line.name.isEmpty ? "" : line.name + " · ") + "worker \(worker)", to: &rows)
        }
      } else {
        append(all.flatMap { $0 }, line.name, to: &rows)
      }
    }
    // Virtual workers that do nothing but compute need no figure.
    guard rows.contains(where: { $0.values[0] < 100 }) || !section.isVirtual && !rows.isEmpty else {
      return []
    }
    let left = rows.count - Self.largestRowCount
    let chart = BarChart(
      axis: .init(label: "share of the workers' time", unit: "%"),
      parts: ["computing", "reading", "applying", "waiting"],
      rows: Array(rows.prefix(Self.largestRowCount)))
    return [
      Figure(
        name: "time-split", title: "Where the time goes",
        caption: "Shares of all runs of a setting together"
          + (isByWorker ? ", by worker." : ", all workers together."),
        content: .bars(chart),
        notes: left > 0 || settings.omitted > 0 || settings.omittedLines > 0
          ? ["Other settings are left out; results.jsonl has their times."] : [])
    ]
  }

  private func append(_ workers: [WorkerRecord], _ name: String, to rows: inout [BarChart.Row]) {
    guard let shares = workers.timeShares else { return }
    rows.append(BarChart.Row(name: name, values: shares.map { 100 * $0 }))
  }
}
