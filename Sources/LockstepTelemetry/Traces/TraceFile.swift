import Foundation
import LockstepCore

/// Why a trace cannot be read.
public enum TraceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file cannot be opened.
  case missing(path: String, reason: String)
  /// A line is not what it should be.
  case malformed(path: String, line: Int, reason: String)

  /// The sentence for the person who sees it.
  public var description: String {
    switch self {
    case .missing(let path, let reason): "\(path): \(reason)"
    case .malformed(let path, let line, let reason): "\(path), line \(line): \(reason)"
    }
  }
}

/// Traces as files: complete as `.csv` or `.jsonl`, for a viewer as `.json`.
public enum TraceFile {
  /// The columns of the CSV, after a first line `# ` and the header as JSON.
  ///
  /// Versions of several shards have `;` between them; what never happened is empty. Two more follow
  /// where they mean something: `number`, where the learning rate depends on the number of the update,
  /// and `line`, where lines of a file of minibatches are claimed in turn.
  public static let columns = [
    "worker", "clock", "shard", "start", "compute", "ready", "apply", "end", "wait", "read",
    "applied",
  ]

  /// The columns that not every trace has.
  private static var extraColumns: [(name: String, value: WritableKeyPath<TraceEvent, Int?>)] {
    [("number", \.number), ("line", \.line)]
  }

  /// The bytes of a trace in the format that a file's name asks for.
  ///
  /// - Parameters:
  ///   - trace: the trace.
  ///   - path: `.jsonl` and `.json` ask for those, everything else for CSV.
  public static func encode(_ trace: Trace, for path: String) throws -> Data {
    if path.hasSuffix(".jsonl") { return try lines(trace) }
    if path.hasSuffix(".json") { return try PerfettoTrace.encode(trace) }
    return try csv(trace)
  }

  private static func number(_ value: Double?) -> String {
    guard let value else { return "" }
    if let whole = Int(exactly: value) { return "\(whole)" }
    return "\(value)"
  }

  /// The time between being ready and applying.
  private static func wait(_ event: TraceEvent) -> Double? {
    guard let ready = event.ready, let apply = event.apply else { return nil }
    return apply - ready
  }

  private static func csv(_ trace: Trace) throws -> Data {
    var text =
      "# " + String(decoding: try JSONEncoder.line.encode(trace.header), as: UTF8.self) + "\n"
    let extras = extraColumns.filter { column in
      trace.events.contains { $0[keyPath: column.value] != nil }
    }
    text += (columns + extras.map(\.name)).joined(separator: ",") + "\n"
    for event in trace.events {
      var cells = [
        "\(event.worker)", "\(event.clock)", event.shard.map { "\($0)" } ?? "",
        number(event.start), number(event.compute), number(event.ready), number(event.apply),
        number(event.end), number(wait(event)),
        event.read.map { "\($0)" }.joined(separator: ";"),
        event.applied.map { "\($0)" }.joined(separator: ";"),
      ]
      cells += extras.map { event[keyPath: $0.value].map { "\($0)" } ?? "" }
      text += cells.joined(separator: ",")
      text += "\n"
    }
    return Data(text.utf8)
  }

  /// An event as one line of JSON.
  private struct Line: Codable {
    var worker: Int
    var clock: Int
    var shard: Int?
    var start: Double
    var compute: Double
    var ready: Double?
    var apply: Double?
    var end: Double?
    var read: [Int]
    var applied: [Int]
    var number: Int?
    var line: Int?
  }

  private static func lines(_ trace: Trace) throws -> Data {
    let encoder = JSONEncoder.line
    var data = try encoder.encode(trace.header)
    data.append(0x0a)
    for event in trace.events {
      data += try encoder.encode(
        Line(
          worker: event.worker, clock: event.clock, shard: event.shard, start: event.start,
          compute: event.compute, ready: event.ready, apply: event.apply, end: event.end,
          read: event.read, applied: event.applied, number: event.number, line: event.line))
      data.append(0x0a)
    }
    return data
  }

  // MARK: Reading

  /// What to do about a file that is no trace.
  private static let advice = "give a trace that --trace FILE.csv or .jsonl wrote"

  /// Reads a complete trace, CSV or JSON lines by its first character.
  ///
  /// - Throws: ``TraceError`` with the line that is wrong.
  public static func read(_ path: String) throws -> Trace {
    let data: [UInt8]
    do {
      data = try InputFile.read(path, growth: 2)
    } catch {
      throw TraceError.missing(path: path, reason: error.whyUnreadable)
    }
    guard data.starts(with: "# {".utf8) || data.starts(with: "{\"".utf8) else {
      throw TraceError.malformed(
        path: path, line: 1, reason: "it doesn't begin with a header; \(advice)")
    }
    // The text, and each line as a piece of it and as an event.
    let lineCount = data.count { $0 == 0x0A }
    let bytesPerLine = MemoryLayout<Substring>.stride + MemoryLayout<TraceEvent>.stride * 2
    guard MemoryAllowance.allows(Double(data.count) + Double(lineCount * bytesPerLine)) else {
      throw TraceError.missing(path: path, reason: SystemCallError(code: ENOMEM).whyUnreadable)
    }
    let text = String(decoding: data, as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let first = lines[0]
    let isCSV = first.hasPrefix("#")
    let header: Trace.Header
    do {
      header = try JSONDecoder().decode(
        Trace.Header.self, from: Data(first.dropFirst(isCSV ? 2 : 0).utf8))
    } catch {
      throw TraceError.malformed(
        path: path, line: 1, reason: "the header is not lockstep.trace/1; \(advice)")
    }
    if let fault = header.fault {
      throw TraceError.malformed(path: path, line: 1, reason: "in the header " + fault)
    }
    let names = isCSV && lines.count > 1 ? lines[1].split(separator: ",") : []
    let extras = extraColumns.filter { names.contains(Substring($0.name)) }
    var events: [TraceEvent] = []
    let decoder = JSONDecoder()
    for index in (isCSV ? 2 : 1)..<max(isCSV ? 2 : 1, lines.count) where !lines[index].isEmpty {
      guard
        let event = isCSV ? parse(lines[index], extras) : parse(lines[index], decoder),
        event.isPossible(in: header)
      else {
        throw TraceError.malformed(
          path: path, line: index + 1, reason: "'\(lines[index].prefix(60))' is not an event")
      }
      events.append(event)
    }
    return Trace(header: header, events: events)
  }

  private static func parse(_ line: Substring, _ decoder: JSONDecoder) -> TraceEvent? {
    guard let line = try? decoder.decode(Line.self, from: Data(line.utf8)) else { return nil }
    return TraceEvent(
      worker: line.worker, clock: line.clock, shard: line.shard, start: line.start,
      compute: line.compute, ready: line.ready, apply: line.apply, end: line.end, read: line.read,
      applied: line.applied, number: line.number, line: line.line)
  }

  private static func parse(
    _ line: Substring, _ extras: [(name: String, value: WritableKeyPath<TraceEvent, Int?>)]
  ) -> TraceEvent? {
    let cells = line.split(separator: ",", omittingEmptySubsequences: false)
    guard cells.count == columns.count + extras.count, let worker = Int(cells[0]),
      let clock = Int(cells[1]),
      let start = Double(cells[3]), let compute = Double(cells[4])
    else { return nil }
    func versions(_ cell: Substring) -> [Int]? {
      let parts = cell.split(separator: ";")
      let numbers = parts.compactMap { Int($0) }
      return numbers.count == parts.count ? numbers : nil
    }
    guard let read = versions(cells[9]), let applied = versions(cells[10]) else { return nil }
    var times: [Double?] = []
    for cell in cells[5...7] {
      let time = Double(cell)
      guard cell.isEmpty || time != nil else { return nil }
      times.append(time)
    }
    guard cells[2].isEmpty || Int(cells[2]) != nil else { return nil }
    let rest = cells[columns.count...]
    guard rest.allSatisfy({ $0.isEmpty || Int($0) != nil }) else {
      return nil
    }
    var event = TraceEvent(
      worker: worker, clock: clock, shard: Int(cells[2]), start: start, compute: compute,
      ready: times[0], apply: times[1], end: times[2], read: read, applied: applied)
    for (column, cell) in zip(extras, rest) { event[keyPath: column.value] = Int(cell) }
    return event
  }
}

extension Trace.Header {
  /// Whether each update is one worker's, of its own shard.
  fileprivate var updatesOneShard: Bool {
    isJoint || decomposition == Decomposition.blocks.rawValue
  }

  /// What no run can have written; `nil` where all is well.
  fileprivate var fault: String? {
    func fault<Value>(_ name: String, _ value: Value, _ isPossible: Bool) -> String? {
      isPossible ? nil : "'\(name)' is '\(value)', which no trace has"
    }
    let counts = 1...EngineChoice.virtual.largestWorkerCount
    let isPolicy = (try? PolicySpecification.parse(policy)) != nil
    let counted = 0...RunConfiguration.largestUpdateCount
    return fault("schema", schema, schema == "lockstep.trace/1")
      ?? fault("engine", engine, EngineChoice(rawValue: engine) != nil)
      ?? fault("policy", policy, isPolicy)
      ?? fault("decomposition", decomposition, Decomposition(rawValue: decomposition) != nil)
      ?? fault("workers", workers, counts.contains(workers))
      ?? fault("shards", shards, counts.contains(shards))
      ?? fault("updates", updates, counted.contains(updates))
      ?? fault("torn", torn, torn >= 0)
      ?? fault("timeUnit", timeUnit, ["ns", "unit"].contains(timeUnit))
  }
}

extension TraceEvent {
  /// The largest time, clock or version that a file may hold: above it, neighbouring times are no longer
  /// told apart.
  private static let largest = 1 << 53

  /// Whether a run with a header can have had such an event; whether it did, ``TraceCheck`` says.
  fileprivate func isPossible(in header: Trace.Header) -> Bool {
    func isCount(_ value: Int) -> Bool { (0...Self.largest).contains(value) }
    let times = [start, compute] + [ready, apply, end].compactMap(\.self)
    return (0..<header.workers).contains(worker) && isCount(clock)
      && shard.map { (0..<header.shards).contains($0) } ?? true
      && times.allSatisfy { $0.magnitude <= Double(Self.largest) }
      && read.count == header.shards
      && (header.updatesOneShard
        ? shard != nil && applied.count <= 1 : [0, header.shards].contains(applied.count))
      && (end == nil || !applied.isEmpty) && (read + applied).allSatisfy(isCount)
      && isCount(number ?? 0) && isCount(line ?? 0)
  }
}
