import Foundation
import LockstepCore
import LockstepRuns
import LockstepStudies
import LockstepTelemetry
import LockstepTopology
import Testing

@testable import LockstepReports

@Suite struct ResultFolderTests {
  private func encoded(_ run: StoredRun) throws -> String {
    try SyntheticResults.lines([run])
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
