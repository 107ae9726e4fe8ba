import Foundation
import LockstepCore
import LockstepSimulator
import LockstepTelemetry
import LockstepTopology
import Testing

@testable import LockstepRuns

@Suite(.timeLimit(.minutes(15))) struct `Traces` {
  static let policies = [
    "barrier", "sequential", "bounded:0", "bounded:2", "hogwild", "locked",
  ]

  static func trace(
    _ policy: String, _ decomposition: Decomposition, _ engine: EngineChoice,
    service: String = "exponential:1", faults: [String] = [], updates: Int = 90,
    schedule: RateSchedule? = nil
  ) throws -> (Trace, RunRecord) {
    var run = RunConfiguration(model: try ModelSpecification("mlp:4"))
    run.policy = try PolicySpecification.parse(policy)
    run.decomposition = decomposition
    run.engine = engine
    run.workers = 3
    run.updates = updates
    run.schedule = schedule
    run.clip = schedule == nil ? nil : 0.5
    run.kernels = .portable
    run.recordsTrace = true
    if engine == .threads {
      run.pin = "none"
    } else {
      run.virtual.service = try ServiceSpecification(service)
      run.virtual.faults = try faults.map { text throws(ConfigurationError) in
        try FaultSpecification(text)
      }
    }
    var trace: Trace?
    let record = try TrainingRun().execute(
      run, PreparedModel(run), on: Topology(.live), keepTrace: { trace = $0 })
    return (try #require(trace), record)
  }

  @Test(arguments: policies, [Decomposition.blocks, .samples])
  func `of both engines satisfy every rule, and survive their files`(
    policy: String, decomposition: Decomposition
  ) throws {
    for engine in [EngineChoice.threads, .virtual] {
      let (trace, record) = try Self.trace(policy, decomposition, engine)
      let check = TraceCheck(trace)
      #expect(check.isSound, "\(engine) \(check.violations)")
      let completed = trace.events.count { $0.end != nil }
      #expect(completed == record.workers.reduce(0) { $0 + $1.updates })
      for name in ["trace.csv", "trace.jsonl"] {
        let path = NSTemporaryDirectory() + "\(UUID().uuidString)-\(name)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try TraceFile.encode(trace, for: path).write(to: URL(fileURLWithPath: path))
        #expect(try TraceFile.read(path) == trace)
      }
      let perfetto = try JSONSerialization.jsonObject(
        with: TraceFile.encode(trace, for: "trace.json"))
      let slices = (perfetto as? [String: Any])?["traceEvents"] as? [[String: Any]] ?? []
      #expect(slices.count { $0["name"] as? String == "apply" } == completed)
    }
  }

  // The delays of REFERENCES 2, and those of the record, from the trace.
  @Test func `hold the delays of the record`() throws {
    let (trace, record) = try Self.trace("hogwild", .samples, .virtual, updates: 500)
    let sum = record.staleness.histogram.reduce(0) { $0 + $1[0] * $1[1] }
    let flying = trace.events.filter { $0.end == nil }.map { 500 - ($0.read.first ?? 0) }
    #expect(TraceCheck(trace).delaySum == sum)
    #expect(flying.count == 2 || flying.count == 3)
    // Whoever made the last update reads it at once, or the run ends before.
    #expect(sum == 2 * 500 - flying.reduce(0, +))
  }

  /// Changes that each break a rule: the rule, the policy, and what to do to the events.
  static let damages:
    [(rule: String, policy: String, change: @Sendable (inout [TraceEvent]) -> Void)] = [
      ("clocks", "bounded:2", { $0.remove(at: 30) }),
      ("versions", "hogwild", { $0[20].applied[0] += 1 }),
      ("versions", "hogwild", { $0[20].read.append(0) }),
      ("future", "hogwild", { $0[20].read[0] += 40 }),
      ("past", "hogwild", { $0[40].read[0] -= 20 }),
      ("identity", "hogwild", { $0[40].read[0] -= 1 }),
      ("times", "hogwild", { $0[40].ready = $0[40].start - 1 }),
      ("policy", "barrier", { $0[40].read[0] -= 1 }),
      ("policy", "sequential", { $0[40].read[0] -= 1 }),
      (
        "policy", "bounded:2",
        { events in
          // One worker runs ahead of all others.
          for index in events.indices where events[index].worker != 0 {
            events[index].start += 1000
            events[index].compute += 1000
            events[index].ready = events[index].ready.map { $0 + 1000 }
            events[index].apply = events[index].apply.map { $0 + 1000 }
            events[index].end = events[index].end.map { $0 + 1000 }
          }
        }
      ),
      (
        "policy", "barrier",
        { events in
          // Worker 0 applies its first update before worker 1 has computed its own.
          guard let index = events.firstIndex(where: { $0.worker == 0 }) else { return }
          events[index].apply = events.first { $0.worker == 1 }?.ready.map { $0 - 0.001 }
        }
      ),
      (
        "policy", "sequential",
        { events in
          // Worker 1 does not wait for its turn.
          for index in events.indices where events[index].worker == 1 { events[index].start = -1 }
        }
      ),
    ]

  @Test(arguments: damages.indices)
  func `that are damaged are found out, with the rule`(_ index: Int) throws {
    let damage = Self.damages[index]
    var (trace, _) = try Self.trace(damage.policy, .samples, .virtual)
    #expect(TraceCheck(trace).isSound)
    damage.change(&trace.events)
    let check = TraceCheck(trace)
    #expect(check.violations.contains { $0.rule == damage.rule }, "\(check.violations)")
  }

  // Each of them ended `check`, `replay` or `show` with a trap.
  @Test(arguments: [
    ("\"shards\":3", "\"shards\":9223372036854775807"), ("\"shards\":3", "\"shards\":4"),
    ("\"shard\":1", "\"shard\":-9223372036854775808"), ("\"shard\":1", "\"shard\":3"),
    ("\"clock\":1,", "\"clock\":-9223372036854775808,"), ("\"clock\":1,", "\"clock\":-1,"),
    ("\"compute\":", "\"compute\":9e18,\"was\":"), ("\"end\":", "\"end\":-1e308,\"was\":"),
    ("\"applied\":[1]", "\"applied\":[]"), ("\"applied\":[1]", "\"applied\":[-1]"),
    ("\"read\":[0,0,0]", "\"read\":[0,0]"),
    // What the header says of the run, and an update of all shards at once where each is of one.
    ("\"policy\":\"bounded:1\",\"schema", "\"policy\":\"none\",\"schema"),
    ("},\"decomposition\":\"blocks\"", "},\"decomposition\":\"rows\""),
    ("\"engine\":\"virtual\",\"isDealt", "\"engine\":\"real\",\"isDealt"),
    ("\"timeUnit\":\"unit\"", "\"timeUnit\":\"years\""), ("\"torn\":0", "\"torn\":-1"),
    ("\"updates\":90,\"workers", "\"updates\":9223372036854775807,\"workers"),
    ("\"shard\":1,", ""),
  ])
  func `that no run can have are refused when they are read`(_ from: String, _ to: String) throws {
    let (trace, _) = try Self.trace("bounded:1", .blocks, .virtual)
    let text = String(decoding: try TraceFile.encode(trace, for: "t.jsonl"), as: UTF8.self)
    try #require(text.contains(from), "\(text.prefix(600))")
    let path = NSTemporaryDirectory() + "lockstep-\(UUID()).jsonl"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try TraceFile.read(path) == trace)
    let place = try #require(text.range(of: from))
    try text.replacingCharacters(in: place, with: to)
      .write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: TraceError.self) { try TraceFile.read(path) }
  }

  @Test(arguments: ["barrier", "sequential", "bounded:1", "hogwild"], Decomposition.allCases)
  func `that end before the run did are found out`(
    policy: String, decomposition: Decomposition
  ) throws {
    var (trace, _) = try Self.trace(policy, decomposition, .virtual)
    // Everything up to some moment, as a file that was cut: no gap, and nobody who went on too early.
    for moment in [0.0, 5, 10] {
      trace.events.removeAll { $0.end.map { $0 > (20 - moment) / 2 } ?? true }
      let check = TraceCheck(trace)
      #expect(check.violations.contains { $0.rule == "versions" }, "\(check.violations)")
    }
    trace.events = []
    #expect(!TraceCheck(trace).isSound)
  }

  // Worker 2 is slow, so the others start as far ahead of it as their policy lets them, and no further.
  @Test(arguments: 0...3) func `of a bound are refused by the next smaller one`(bound: Int) throws {
    var (trace, _) = try Self.trace(
      "bounded:\(bound)", .samples, .virtual, service: "per-worker:1;1;40")
    #expect(TraceCheck(trace).isSound)
    trace.header.policy = "bounded:\(bound + 1)"
    #expect(TraceCheck(trace).isSound)
    guard bound > 0 else { return }
    trace.header.policy = "bounded:\(bound - 1)"
    #expect(TraceCheck(trace).violations.contains { $0.rule == "policy" })
  }

  @Test func `draw a schedule`() throws {
    let (trace, _) = try Self.trace(
      "bounded:1", .samples, .virtual, service: "per-worker:1;1;4", updates: 9)
    let drawing = TraceDrawing(trace, count: 9, columns: 24)
    let lines = drawing.text.split(separator: "\n")
    #expect(lines.count == 4 && lines[1].hasPrefix("0 |") && lines[3].contains("####a"))
    #expect(lines[0].hasPrefix("0 to 12 units; r reads, # computes, . waits to apply or to start"))
    // A worker at the bound waits to start; the slow one never does.
    #expect(lines[1].contains("...") && !lines[3].contains("."))
  }

  @Test(
    arguments: ["barrier", "sequential", "bounded:1", "locked", "hogwild"],
    [Decomposition.blocks, .samples])
  func `are executed again with the same bits where nothing was torn`(
    policy: String, decomposition: Decomposition
  ) throws {
    for engine in [EngineChoice.threads, .virtual] {
      let (trace, _) = try Self.trace(policy, decomposition, engine)
      let replay = try TraceReplay(trace)
      if replay.torn == 0, replay.overlapping == 0 {
        #expect(replay.isExact, "\(engine)")
      } else {
        #expect(engine == .threads)
      }
      var wrong = trace
      let index = try #require(wrong.events.firstIndex { $0.clock == 9 })
      for shard in wrong.events[index].read.indices { wrong.events[index].read[shard] = 0 }
      #expect(try !TraceReplay(wrong).isExact)
    }
  }

  @Test(
    arguments: ["barrier", "sequential", "bounded:1", "locked", "hogwild"],
    [Decomposition.blocks, .samples])
  func `are executed again with the rates of a schedule, which they number`(
    policy: String, decomposition: Decomposition
  ) throws {
    for (engine, schedule) in [
      (EngineChoice.threads, RateSchedule.linear), (.virtual, RateSchedule(.cosine, warmup: 9)),
    ] {
      let (recorded, _) = try Self.trace(policy, decomposition, engine, schedule: schedule)
      for name in ["trace.csv", "trace.jsonl"] {
        let path = NSTemporaryDirectory() + "\(UUID().uuidString)-\(name)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try TraceFile.encode(recorded, for: path).write(to: URL(fileURLWithPath: path))
        let trace = try TraceFile.read(path)
        #expect(trace == recorded)
        let replay = try TraceReplay(trace)
        if replay.torn == 0, replay.overlapping == 0 { #expect(replay.isExact, "\(engine)") }
      }
      guard policy != "barrier" else { continue }
      var unnumbered = recorded
      for index in unnumbered.events.indices { unnumbered.events[index].number = nil }
      #expect(throws: ReplayError.self) { try TraceReplay(unnumbered) }
    }
  }
}
