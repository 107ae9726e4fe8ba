import Foundation
import Testing

@Suite(.timeLimit(.minutes(15))) struct `A report from the command line` {
  /// A folder with lines that real runs have made.
  private func results(_ tail: String = "") throws -> CommandFolder {
    let folder = try CommandFolder()
    var lines = ""
    for workers in [1, 2] {
      let run = try lockstep(
        typed: "run --engine virtual --model quadratic:dimension=6 --decomposition samples "
          + "--policy hogwild --workers \(workers) --updates 40 --quiet --json", in: folder.path)
      var record = try run.document()
      record["id"] = "r-\(workers)"
      record["axes"] = ["workers": workers]
      lines += String(
        decoding: try JSONSerialization.data(withJSONObject: record, options: .sortedKeys),
        as: UTF8.self)
      lines += "\n"
    }
    try folder.write("results.jsonl", lines + tail)
    return folder
  }

  @Test func `is one page beside the results, and drawings where they are asked for`() throws {
    let folder = try results()
    let result = try lockstep(typed: "report . --svg figures", in: folder.path)
    #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
    #expect(result.output.hasPrefix("./index.html: "))
    #expect(result.output.contains(" of 2 runs, "))
    #expect(folder.names == ["figures", "index.html", "results.jsonl"])
    let page = String(decoding: try folder.read("index.html"), as: UTF8.self)
    #expect(page.hasPrefix("<!doctype html>") && page.hasSuffix("</html>\n"))
    #expect(page.contains("Throughput against workers"))
    let name = URL(fileURLWithPath: folder.path).lastPathComponent + "-throughput-workers.svg"
    let drawing = String(decoding: try folder.read("figures/\(name)"), as: UTF8.self)
    #expect(drawing.hasPrefix("<?xml"))
  }

  @Test(arguments: ["results.jsonl", "plan.yaml", "claims.json"])
  func `is not written over what it is about`(_ name: String) throws {
    let folder = try results()
    let before = try folder.read("results.jsonl")
    let result = try lockstep(typed: "report . --out ./\(name)", in: folder.path)
    #expect(result.code == 73 && result.errors.contains("go to this one file"), "\(result)")
    #expect(try folder.read("results.jsonl") == before)
    #expect(folder.names == ["results.jsonl"])
  }

  @Test(arguments: [
    // Iterates that double in each update, and a rate that leaves nothing of them.
    "learning-rate=3,0.1,0.9 --updates 500 --record loss=500",
    "learning-rate=1e150,0.1 --updates 20 --record loss=1",
    "target-loss=1e-300,1e300 --updates 20", "clip=1e-300,1e300 --updates 20 --record loss=1",
  ])
  func `shows numbers of any size`(_ sweep: String) throws {
    let folder = try CommandFolder()
    let run = try lockstep(
      typed: "sweep \(sweep) seed=1..2 --engine virtual --model quadratic:eigenvalues=1 "
        + "--decomposition samples --out o --quiet", in: folder.path)
    #expect(run.code == 0, "\(run.errors)")
    let report = try lockstep(typed: "report o --svg figures", in: folder.path)
    #expect(report.code == 0, "\(report.errors.prefix(300))")
    for name in folder.names(in: "figures") {
      let drawing = String(decoding: try folder.read("figures/\(name)"), as: UTF8.self)
      for word in ["\"nan", "\"inf", "\"-inf", " nan", " inf", " -inf", ",nan", ",inf"] {
        #expect(!drawing.contains(word), "\(name): \(word)")
      }
    }
  }

  @Test(arguments: [
    "[[0,9223372036854775807],[1,9223372036854775807]]", "[[9223372036854775807,5]]",
    "[[-1,2],[3,4]]",
  ])
  func `shows a staleness of any size`(_ histogram: String) throws {
    let folder = try results()
    let lines = String(decoding: try folder.read("results.jsonl"), as: UTF8.self)
    let changed = lines.replacing(
      /"histogram":\[\[[\[\]0-9,]*\]\]/, with: "\"histogram\":\(histogram)")
    #expect(changed != lines)
    try folder.write("results.jsonl", changed)
    let report = try lockstep(typed: "report .", in: folder.path)
    #expect(report.code == 0, "\(report.errors.prefix(300))")
  }

  @Test func `of the same results is the same page, wherever it goes`() throws {
    let folder = try results()
    _ = try lockstep(typed: "report .", in: folder.path)
    let result = try lockstep(typed: "report . --out again.html", in: folder.path)
    #expect(result.code == 0)
    #expect(try folder.read("index.html") == folder.read("again.html"))
  }

  @Test func `leaves out a torn last line, and says so`() throws {
    let folder = try results("{\"id\":\"r-3\",\"ax")
    let result = try lockstep(typed: "report .", in: folder.path)
    #expect(result.code == 0)
    #expect(result.errors.contains("The last line of results.jsonl is not complete"))
  }

  @Test func `without results, of broken ones, or to nowhere is refused`() throws {
    let folder = try results("nonsense\n\n")
    try folder.write("file", "x")
    for (arguments, code, message) in [
      ("report none", Int32(66), "none/results.jsonl: no such file; give the folder"),
      ("report file", 66, "file/results.jsonl: no such file; give the folder"),
      ("report .", 65, "./results.jsonl, line 3: it is not JSON"),
      ("report . --out file/index.html", 73, "file/index.html: cannot be written"),
      ("report . --svg file", 73, "file: cannot be written (is a file, not a folder)"),
      ("report", 64, "Missing expected argument"),
    ] {
      let result = try lockstep(typed: arguments, in: folder.path)
      #expect(result.code == code, "\(arguments): \(result.errors)")
      #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
      #expect(result.output.isEmpty)
    }
    #expect(!folder.names.contains("index.html"))
  }
}
