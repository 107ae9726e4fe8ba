import Foundation
import LockstepCore
import LockstepRuns
import LockstepStudies
import LockstepTelemetry
import LockstepTopology
import Testing

@testable import LockstepReports

@Suite struct RunReaderTests {
  private func encoded(_ run: StoredRun) throws -> String {
    try SyntheticResults.lines([run])
  }

  @Test func `the fast reader reads what the general decoder reads`() throws {
    for seed in 0..<400 {
      let line = try encoded(GeneratedRecord.run(seed: UInt64(seed)))
      let fast = try #require(
        RunReader.readFast(Array(line.utf8)[...]), "seed \(seed) left the fast path")
      var general = try JSONDecoder().decode(StoredRun.self, from: Data(line.utf8))
      // What no figure shows is passed over.
      general.record.placement = []
      for index in general.record.noise.indices {
        general.record.noise[index].contributions = nil
      }
      #expect(try encoded(fast) == encoded(general), "seed \(seed)")
    }
  }

  @Test func `the records of real runs take the fast path`() throws {
    let topology = try Topology(.live)
    for options in [
      "model=quadratic:dimension=4 engine=virtual updates=20 record=noise=5",
      "model=quadratic:dimension=4 engine=virtual delay=constant:2 updates=20 replicas=3 warmup=5",
      "model=quadratic:dimension=4 engine=virtual workers=2 policy=bounded:0 fault=[worker=1,at=3,kind=crash]",
      "model=quadratic:dimension=4 engine=virtual target-loss=1e-3 learning-rate=0.5 updates=1000",
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
        let line = try encoded(run)
        let fast = try #require(RunReader.readFast(Array(line.utf8)[...]), "\(options)")
        var expected = run
        expected.record.placement = []
        for index in record.noise.indices { expected.record.noise[index].contributions = nil }
        #expect(try encoded(fast) == encoded(expected), "\(options)")
      }
    }
  }

  @Test func `a line that lacks a field is left to the general decoder, which names it`() throws {
    let line = try encoded(GeneratedRecord.run(seed: 1, isFull: true))
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    let again = try JSONSerialization.data(withJSONObject: object, options: .withoutEscapingSlashes)
    try #require(RunReader.readFast(Array(again)[...]) != nil)
    var count = 0
    for (path, shorter) in GeneratedRecord.withoutEachField(object) {
      let data = try JSONSerialization.data(
        withJSONObject: shorter, options: .withoutEscapingSlashes)
      let isFine = (try? JSONDecoder().decode(StoredRun.self, from: data)) != nil
      let isFast = RunReader.readFast(Array(data)[...]) != nil
      #expect(isFast == isFine, "without \(path)")
      count += 1
    }
    #expect(count > 80)
  }

  @Test func `nesting of any depth is refused, not followed`() throws {
    let folder = try TemporaryFolder()
    let run = try encoded(SyntheticResults.run(1, [:])).dropLast(2)
    let deep = String(repeating: "[", count: 3_000_000)
    let object = String(repeating: "{\"x\":", count: 1_000_000)
    for nested in [deep, object] {
      try folder.write("\(run),\"x\":\(nested)\n\(run)}\n", to: "results.jsonl")
      #expect(throws: ReportError.self) { try ResultFolder(path: folder.path) }
    }
  }

  @Test func `escapes are left to the general decoder`() throws {
    let run = SyntheticResults.run(1, ["data": .text("csv:\"é\\\n😀")])
    let line = Array(try encoded(run).utf8)[...]
    #expect(RunReader.readFast(line) == nil)
    let fast = try RunReader.read(line)
    #expect(fast.axes["data"] == .text("csv:\"é\\\n😀"))
  }

  @Test(arguments: [
    "0", "-0.0", "1", "0.1", "123456789012345678", "1e22", "1e23", "1.7976931348623157e308",
    "5e-324", "2.2250738585072014e-308", "0.30000000000000004", "9007199254740993", "1E-5",
    "-3.25e+2",
    "0.000000000000000000000001234567890123456789",
  ])
  func `numbers have the bits that the standard library gives them`(text: String) throws {
    var reader = ByteReader(Array(text.utf8)[...])
    let value = try #require(try reader.number())
    #expect(value.bitPattern == Double(text)?.bitPattern)
    let isAtEnd = reader.isAtEnd
    #expect(isAtEnd)
  }

  @Test(arguments: [
    "", "{", "[1,", "{\"a\"}", "nul", "-", "1e", "\"a", "{\"a\":1,}", "tru",
    "01", "1.", ".5", "-.5", "1.e3", "+1", "1e999",
  ])
  func `what isn't JSON is refused`(text: String) {
    #expect(throws: ByteReader.Malformed.self) {
      var reader = ByteReader(Array(text.utf8)[...])
      try reader.skip()
      if !reader.isAtEnd { throw ByteReader.Malformed() }
    }
  }

  @Test func `a torn last line is left out with a note`() throws {
    let folder = try TemporaryFolder()
    let lines = try SyntheticResults.lines(SyntheticResults.grid(workers: [1, 2], seeds: 1))
    try folder.write(lines + String(lines.prefix(300)), to: "results.jsonl")
    let read = try ResultFolder(path: folder.path)
    #expect(read.runs.count == 6)
    #expect(read.notes == ["The last line of results.jsonl is not complete and was left out."])
  }

  @Test func `an unreadable line is named`() throws {
    let folder = try TemporaryFolder()
    let run = try encoded(SyntheticResults.run(1, [:]))
    let path = folder.path + "/results.jsonl"
    for (line, reason) in [
      ("nonsense", "it is not JSON"),
      (
        run.replacing("\"status\":\"completed\"", with: "\"status\":\"odd\"").dropLast(1)
          .description,
        "it is not a run: 'status' has a value that it cannot have"
      ),
      (
        run.replacing("\"updates\":100,", with: "").dropLast(1).description,
        "it is not a run: 'updates' is missing"
      ),
    ] {
      try folder.write(run + line + "\n" + run, to: "results.jsonl")
      #expect(throws: ReportError.malformed(path: path, line: 2, reason: reason)) {
        try ResultFolder(path: folder.path)
      }
    }
  }

  @Test func `a missing and an empty file are told apart`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/results.jsonl"
    #expect(throws: ReportError.missing(path: path)) { try ResultFolder(path: folder.path) }
    try folder.write("\n", to: "results.jsonl")
    #expect(throws: ReportError.empty(path: path)) { try ResultFolder(path: folder.path) }
  }

  @Test func `a plan gives the title, and claims are read`() throws {
    let folder = try TemporaryFolder()
    try folder.write(try encoded(SyntheticResults.run(1, [:])), to: "results.jsonl")
    try folder.write("title: The title\nsummary: >\n  In two\n  lines.\n", to: "plan.yaml")
    let claim = ClaimResult(
      id: "a", statement: "s", source: "t", measured: "m", estimate: 1, low: nil, high: 2,
      expected: "e", verdict: .notReproduced)
    try folder.write(
      String(decoding: try JSONEncoder().encode([claim]), as: UTF8.self), to: "claims.json")
    let read = try ResultFolder(path: folder.path)
    #expect(read.title == "The title")
    #expect(read.summary == "In two lines.")
    #expect(read.claims == [claim])
    try folder.write("title: The study\nparts: [{name: b}, {name: a}]\n", to: "study.yaml")
    try folder.write("name: plan\nsummary: s\nparts: [{name: b}, {name: a}]\n", to: "plan.yaml")
    let study = try ResultFolder(path: folder.path)
    #expect(study.title == "The study" && study.summary == "s" && study.parts == ["b", "a"])
    try folder.write("{", to: "claims.json")
    #expect(throws: ReportError.self) { try ResultFolder(path: folder.path) }
  }

  @Test func `a run that two parts have in common is drawn in both`() throws {
    let folder = try TemporaryFolder()
    let plan = """
      parts:
      - {name: sizes, parameters: {model: [mlp:8, mlp:16]}}
      - {name: depths, parameters: {model: [mlp:16, mlp:16x16]}}
      """
    try folder.write(plan, to: "plan.yaml")
    let planned = try SweepPlan(contentsOf: folder.path + "/plan.yaml").runs()
    let lines = try planned.distinct.map { run in
      try encoded(StoredRun(id: run.id, part: run.part, axes: run.axes, record: record()))
    }
    try folder.write(lines.joined(), to: "results.jsonl")
    let read = try ResultFolder(path: folder.path)
    #expect(read.runs.count == 3)
    let sections = Section.cut(read.placedRuns, parts: read.parts)
    #expect(sections.map(\.name) == ["sizes", "depths"])
    #expect(
      sections.map { $0.axis("model")?.values } == [["mlp:8", "mlp:16"], ["mlp:16", "mlp:16x16"]])
  }

  private func record() -> RunRecord { SyntheticResults.run(1, [:]).record }
}
