import LockstepCore

/// A short schedule as text: a line for each worker, time from left to right.
public struct TraceDrawing {
  /// The text.
  public let text: String

  /// Draws part of a trace.
  ///
  /// `r` reads, `#` computes, `.` waits to apply or to start, `a` applies.
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
    func mark(_ mark: Character, _ from: Double, _ to: Double?, of worker: Int) {
      guard let to, to > from || mark == "a" else { return }
      // What ends at a column's edge doesn't fill the next one.
      let last = max(column(from), Int(((to - start) * scale).rounded(.up)) - 1)
      for index in column(from)...min(columns - 1, last) { rows[worker][index] = mark }
    }
    // From the end of an iteration to the next one's start, whichever of the two is shown.
    var ends = [Double?](repeating: nil, count: trace.header.workers)
    for event in trace.events {
      if let last = ends[event.worker], last < end, event.start > start {
        mark(".", max(last, start), min(event.start, end), of: event.worker)
      }
      ends[event.worker] = event.end
    }
    for event in shown {
      mark("#", event.compute, event.ready, of: event.worker)
      mark(".", event.ready ?? 0, event.apply, of: event.worker)
      mark("r", event.start, event.compute, of: event.worker)
      mark("a", event.apply ?? 0, event.end, of: event.worker)
    }
    var lines = [
      "\(NumberText.short(start, digits: 6)) to \(NumberText.short(end, digits: 6)) "
        + "\(trace.header.timeUnit == "unit" ? "units" : trace.header.timeUnit); "
        + "r reads, # computes, . waits to apply or to start, a applies"
    ]
    let width = "\(trace.header.workers - 1)".count
    for (worker, row) in rows.enumerated() where shown.contains(where: { $0.worker == worker }) {
      let label = String(repeating: " ", count: width - "\(worker)".count) + "\(worker)"
      lines.append("\(label) |\(String(row))|")
    }
    text = lines.joined(separator: "\n") + "\n"
  }
}
