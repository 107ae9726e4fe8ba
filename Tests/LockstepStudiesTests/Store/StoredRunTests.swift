import Foundation
import LockstepCore
import LockstepRuns
import LockstepTelemetry
import LockstepTopology
import Testing

@testable import LockstepStudies

/// The two readers of records, and the table that they and the writer are made of.
@Suite struct StoredRunTests {
  private func general(_ text: String) throws -> StoredRun {
    try JSONDecoder().decode(StoredRun.self, from: Data(text.utf8))
  }

  /// Reads a line that the fast reader has to understand.
  private func read(_ line: GeneratedRecord.Value) throws -> StoredRun {
    try #require(
      StoredRun.readFast(Array(line.text.utf8)[...]), "it left the fast path: \(line.text)")
  }

  @Test(arguments: GeneratedRecord.Presence.allCases)
  func `the fast reader reads what the general decoder reads`(
    presence: GeneratedRecord.Presence
  ) throws {
    for seed in 0..<200 {
      let line = GeneratedRecord.line(seed: UInt64(seed), presence)
      #expect(
        try ResultStore.encode(read(line)) == ResultStore.encode(general(line.text)),
        "seed \(seed)")
    }
  }

  @Test func `a record in which every field has a value is written as it was read`() throws {
    for seed in 0..<50 {
      let line = GeneratedRecord.line(seed: UInt64(seed), .all)
      let written = try JSONSerialization.jsonObject(with: ResultStore.encode(read(line)))
      let given = try JSONSerialization.jsonObject(with: Data(line.text.utf8))
      let object = try #require(written as? NSDictionary)
      #expect(object == given as? NSDictionary, "seed \(seed)")
    }
  }

  @Test func `a value that cannot be had is null, or left out, as the table says`() throws {
    func check(_ entries: [RecordEntry], _ object: [String: Any], _ path: String) throws {
      for entry in entries {
        let value = object[entry.name]
        switch entry.absence {
        case .never: #expect(value != nil && !(value is NSNull), "\(path)\(entry.name)")
        case .null, .nullOrMissing: #expect(value is NSNull, "\(path)\(entry.name)")
        case .leftOut: #expect(value == nil, "\(path)\(entry.name)")
        }
        if case .object(let inner) = entry.kind, let object = value as? [String: Any] {
          try check(inner, object, "\(path)\(entry.name).")
        }
      }
    }
    let run = try read(GeneratedRecord.line(seed: 1, .none))
    let object = try JSONSerialization.jsonObject(with: ResultStore.encode(run))
    try check(StoredRun.fields.entries, #require(object as? [String: Any]), "")
    // Neither does a number that JSON has no spelling for stand there.
    var infinite = run
    infinite.record.loss.final = .infinity
    infinite.record.noiseSeconds = .nan
    #expect(try ResultStore.encode(infinite) == ResultStore.encode(run))
  }

  @Test func `fields that nobody knows are passed over, wherever they stand`() throws {
    let extra: [(name: String, value: GeneratedRecord.Value)] = [
      ("aaa", .object([("x", .list([.spelled("null"), .spelled("1e9")]))])),
      ("zzz", .spelled("\"text\"")),
    ]
    for presence in GeneratedRecord.Presence.allCases {
      let line = GeneratedRecord.line(seed: 1, presence)
      let more = line.adding(extra)
      #expect(more.text.count > line.text.count)
      let expected = try ResultStore.encode(read(line))
      #expect(try ResultStore.encode(read(more)) == expected)
      #expect(try ResultStore.encode(general(more.text)) == expected)
    }
  }

  @Test func `a line that lacks a field is left to the general decoder, which names it`() throws {
    let line = GeneratedRecord.line(seed: 1, .all)
    var count = 0
    for shorter in line.withoutEach(of: StoredRun.fields.entries) {
      let path = shorter.path
      let text = shorter.value.text
      let isFast = StoredRun.readFast(Array(text.utf8)[...]) != nil
      #expect(isFast == shorter.mayBeMissing, "without \(path)")
      if shorter.mayBeMissing {
        _ = try general(text)
      } else {
        let name = String(try #require(path.split(separator: ".").last))
        let error = #expect(throws: DecodingError.self) { try general(text) }
        guard case .keyNotFound(let key, _) = error else {
          Issue.record("without \(path): \(String(describing: error))")
          continue
        }
        #expect(key.stringValue == name)
      }
      count += 1
    }
    #expect(count > 80)
  }

  @Test func `fields in another order, and one that stands twice`() throws {
    let line = GeneratedRecord.line(seed: 2, .all)
    guard case .object(let fields) = line else { return }
    let reversed = GeneratedRecord.Value.object(fields.reversed())
    #expect(try ResultStore.encode(read(reversed)) == ResultStore.encode(read(line)))
    let twice = GeneratedRecord.Value.object(fields + fields.suffix(1))
    #expect(StoredRun.readFast(Array(twice.text.utf8)[...]) == nil)
  }

  @Test func `every property is in the table, by its own name`() {
    func check<Object: RecordObject>(_ type: Object.Type) {
      let properties = Mirror(reflecting: Object()).children.compactMap(\.label)
      #expect(properties.sorted() == Object.fields.entries.map(\.name).sorted(), "\(type)")
    }
    check(RunRecord.self)
    check(MachineDescription.self)
    check(WorkerPlacement.self)
    check(ThroughputRecord.self)
    check(LossRecord.self)
    check(LossPoint.self)
    check(StalenessRecord.self)
    check(TornViewsRecord.self)
    check(WorkerRecord.self)
    check(StallRecord.self)
    check(EnsembleRecord.self)
    check(EnsembleRecord.Point.self)
    check(NoiseRecord.self)
    #expect(
      Set(StoredRun.fields.entries.map(\.name))
        == Set(RunRecord.fields.entries.map(\.name) + ["id", "part", "axes", "repetition"]))
  }

  @Test func `the records of real runs take the fast path`() throws {
    let topology = try Topology(.live)
    for options in [
      "model=quadratic:dimension=4 engine=virtual updates=20 record=noise=5",
      "model=quadratic:dimension=4 engine=virtual delay=constant:2 updates=20 replicas=3 warmup=5",
      "model=quadratic:dimension=4 engine=virtual workers=2 policy=bounded:0 fault=[worker=1,at=3,kind=crash]",
      "model=quadratic:dimension=4 engine=virtual target-loss=1e-3 learning-rate=0.5 updates=1000",
      "model=mlp:4 engine=virtual workers=2 updates=20 record=noise=10 noise-shards=parameters",
      "model=quadratic:dimension=4 engine=virtual learning-rate=1e9 updates=200",
      "model=mlp:4 engine=threads policy=hogwild workers=2 updates=20 seed=18446744073709551615",
    ] {
      let plan = try SweepPlan(
        axes: options.split(separator: " ").map(String.init), options: RunOptions())
      for planned in try plan.runs().distinct {
        let configuration = planned.configuration
        let record = try TrainingRun().execute(
          configuration, PreparedModel(configuration), on: topology)
        let run = StoredRun(id: planned.id, axes: planned.axes, record: record)
        let line = try ResultStore.encode(run)
        let fast = try #require(StoredRun.readFast(Array(line)[...]), "\(options)")
        #expect(try ResultStore.encode(fast) == line, "\(options)")
      }
    }
  }

  @Test func `a name that isn't UTF-8 is left to the general decoder, which refuses it`() throws {
    let line = Array(GeneratedRecord.line(seed: 1, .all).text.utf8)
    for name: [UInt8] in [[0xC3], [0x61, 0xFF], Array("\u{E9}".utf8)] {
      let other = [line[0], 0x22] + name + Array("\":1,".utf8) + line.dropFirst()
      let isText = String(validating: name, as: UTF8.self) != nil
      #expect((StoredRun.readFast(other[...]) != nil) == isText, "\(name)")
      if !isText { #expect(throws: (any Error).self) { try StoredRun(line: other[...]) } }
    }
  }

  @Test(arguments: ["lockstep.run/2", "lockstep.run\\/2"])
  func `a record of another schema is refused, whatever else it holds`(_ schema: String) throws {
    let text = GeneratedRecord.line(seed: 1, .all).text
    let changed = text.replacing("lockstep.run/1", with: schema)
    try #require(changed != text)
    for line in [changed, "{\"id\":\"r-1\",\"schema\":\"\(schema)\"}"] {
      let bytes = Array(line.utf8)[...]
      #expect(StoredRun.readFast(bytes) == nil)
      #expect(throws: UnknownSchema(found: "lockstep.run/2")) { try StoredRun(line: bytes) }
    }
  }

  @Test func `escapes are left to the general decoder`() throws {
    var run = try read(GeneratedRecord.line(seed: 1, .all))
    run.axes["data"] = .text("csv:\"é\\\n😀")
    let line = Array(try ResultStore.encode(run))[...]
    #expect(StoredRun.readFast(line) == nil)
    #expect(try StoredRun(line: line).axes["data"] == run.axes["data"])
  }
}
