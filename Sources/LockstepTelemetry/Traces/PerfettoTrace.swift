import Foundation

/// A trace as the JSON that Perfetto and Chrome's viewer draw: a track for each worker, with slices
/// for what it did.
enum PerfettoTrace {
  /// The largest number of slices: beyond some 10⁵ a viewer stops being quick.
  static let largestSliceCount = 200_000

  private struct Slice: Encodable {
    var name: String
    var ph: String
    var pid = 1
    var tid: Int
    var ts: Double?
    var dur: Double?
    var args: [String: String]
  }

  private struct Document: Encodable {
    var displayTimeUnit = "ns"
    var otherData: [String: String]
    var traceEvents: [Slice]
  }

  /// Encodes a trace; of too many iterations, evenly chosen ones.
  static func encode(_ trace: Trace) throws -> Data {
    // Read, compute, wait, apply.
    let every = max(1, (trace.events.count * 4 + largestSliceCount - 1) / largestSliceCount)
    // The viewer counts in microseconds; a unit of virtual time is drawn as one second.
    let scale = trace.header.timeUnit == "ns" ? 1e-3 : 1e6
    let origin = trace.events.first?.start ?? 0
    var slices = (0..<trace.header.workers).map {
      Slice(name: "thread_name", ph: "M", tid: $0, args: ["name": "worker \($0)"])
    }
    for event in trace.events where event.clock % every == 0 {
      let args = [
        "clock": "\(event.clock)",
        "read": event.read.prefix(64).map { "\($0)" }.joined(separator: ";"),
        "applied": event.applied.prefix(64).map { "\($0)" }.joined(separator: ";"),
      ]
      let phases: [(String, Double, Double?)] = [
        ("read", event.start, event.compute), ("compute", event.compute, event.ready),
        ("wait", event.ready ?? 0, event.apply), ("apply", event.apply ?? 0, event.end),
      ]
      for (name, start, end) in phases {
        guard let end, end > start || name == "apply" else { continue }
        slices.append(
          Slice(
            name: name, ph: "X", tid: event.worker, ts: (start - origin) * scale,
            dur: (end - start) * scale, args: args))
      }
    }
    let document = Document(
      otherData: [
        "shown": "one iteration of each worker in \(every)", "events": "\(trace.events.count)",
        "policy": trace.header.policy, "engine": trace.header.engine,
      ], traceEvents: slices)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(document)
  }
}
