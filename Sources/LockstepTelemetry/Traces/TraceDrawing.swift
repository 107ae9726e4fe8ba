/// A short schedule as text: a line for each worker, time from left to right.
public struct TraceDrawing {
  /// The text.
  public let text: String

  /// Draws part of a trace.
  ///
  /// `r` reads, `#` computes, `.` waits, `a` applies; a space is before an iteration's admission.
  ///
  /// - Parameters:
  ///   - trace: the trace.
  ///   - from: the first event to show, by its number.
  ///   - count: the number of events to show.
  ///   - columns: the width of the time axis in characters.
  public init(_ trace: Trace, from: Int = 0, count: Int = 40, columns: Int = 100) {
    let first = min(max(0, from), trace.events.count)
    let shown = trace.events[first..<min(trace.events.count, first + max(0, count))]
    guard let start = shown.map(\.start).min(),
      let end = shown.map({ $0.end ?? $0.ready ?? $0.compute }).max()
    else {
      text = "no events\n"
      return
    }
    let scale = end > start ? Double(columns) / (end - start) : 0
    func column(_ time: Double) -> Int { min(columns - 1, max(0, Int((time - start) * scale))) }
    var rows = Array(
      repeating: Array(repeating: Character(" "), count: columns), count: trace.header.workers)
    for event in shown {
      let phases: [(Character, Double, Double?)] = [
        ("#", event.compute, event.ready), (".", event.ready ?? 0, event.apply),
        ("r", event.start, event.compute), ("a", event.apply ?? 0, event.end),
      ]
      for (mark, from, to) in phases {
        guard let to, to > from || mark == "a" else { continue }
        // What ends at a column's edge doesn't fill the next one.
        let last = max(column(from), Int(((to - start) * scale).rounded(.up)) - 1)
        for index in column(from)...min(columns - 1, last) { rows[event.worker][index] = mark }
      }
    }
    var lines = [
      "\(start) to \(end) \(trace.header.timeUnit); r reads, # computes, . waits, a applies"
    ]
    let width = "\(trace.header.workers - 1)".count
    for (worker, row) in rows.enumerated() where shown.contains(where: { $0.worker == worker }) {
      let label = String(repeating: " ", count: width - "\(worker)".count) + "\(worker)"
      lines.append("\(label) |\(String(row))|")
    }
    text = lines.joined(separator: "\n") + "\n"
  }
}
