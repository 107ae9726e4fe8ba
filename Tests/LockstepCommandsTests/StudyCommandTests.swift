import Foundation
import Glibc
import Testing

/// Small studies that tests run as they are typed.
enum SmallStudy {
  /// Gradient descent on a bowl: the loss falls by the same factor with each update.
  static func yaml(expect: String, full: String = "", seeds: Int = 3) -> String {
    """
    name: bowl
    title: How fast a ball rolls down
    options:
      engine: virtual
      model: quadratic:dimension=4,condition=10,start=normal
      decomposition: samples
      learning-rate: 0.1
      updates: 30
    parameters:
      workers: [1, 2]
      seed: {range: [1, \(seeds)]}
    \(full)
    claims:
    - id: falls
      statement: The loss falls
      source: calculus
      let: {first: loss.initial, last: loss.final}
      value: last/first
      expect: {below: 1}
    - id: second
      statement: Two workers end where one does
      source: barriers are gradient descent
      let: {last: loss.final}
      value: last
      ratio: {axis: workers, of: 2, to: 1}
      expect: \(expect)

    """
  }

  /// The claims of `claims.json`, each as its id and its verdict.
  static func verdicts(_ folder: CommandFolder, _ name: String) throws -> [String] {
    let claims = try JSONSerialization.jsonObject(with: folder.read("\(name)/claims.json"))
    return try #require(claims as? [[String: Any]]).map {
      "\($0["id"] ?? "") \($0["verdict"] ?? "")"
    }
  }

  static let files = [
    "claims.json", "index.html", "machine.xml", "plan.yaml", "results.csv", "results.jsonl",
    "study.yaml",
  ]
}

@Suite(.timeLimit(.minutes(15))) struct `The command study` {
  @Test func `list names every bundled study with what it asks`() throws {
    let lines = try lockstep(typed: "study list").output.split(separator: "\n")
    #expect(lines.count == 9)
    #expect(lines[0].hasPrefix("inherent-noise "))
    #expect(lines.allSatisfy { $0.hasSuffix(" claims)") && $0.contains(" runs, ") })
    let json = try lockstep(typed: "study list --json")
    let list = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
    #expect(list?.count == 9)
    #expect(list?.first?["fullRuns"] as? Int == 1380)
    #expect(list?.last { $0["name"] as? String == "jacobi-gauss-seidel" }?["fullRuns"] == nil)
    #expect(list?.allSatisfy { ($0["runs"] as? Int ?? 0) > 0 } == true)
  }

  @Test func `show prints a study that can be started from`() throws {
    let folder = try CommandFolder()
    let result = try lockstep(typed: "study show bounded-waiting")
    #expect(result.code == 0 && result.errors.isEmpty)
    try folder.write("copy.yaml", result.output)
    #expect(try lockstep(typed: "study show copy.yaml", in: folder.path).output == result.output)
    let preview = try lockstep(typed: "sweep copy.yaml --dry-run --json", in: folder.path)
    #expect((try preview.document()["runs"] as? Int ?? 0) > 0)
  }

  @Test(arguments: [
    ("show bounded-wating", 64, "did you mean bounded-waiting?"),
    ("run bounded-wating", 64, "did you mean bounded-waiting?"),
    ("run none.yaml", 66, "none.yaml: no such file"),
    ("run jacobi-gauss-seidel --full", 64, "jacobi-gauss-seidel has no long version"),
    ("run ./folder.yaml", 66, "is a folder, and a plan is a file"),
    ("run bad.yaml", 65, "bad.yaml, line 23: metric 'loss.finale'"),
    ("run bad.yaml", 65, "did you mean 'loss.final'?"),
    ("run latin.yaml", 65, "latin.yaml, line 2: is not UTF-8 text from here on"),
    ("run good.yaml --jobs 0", 64, "--jobs 0"), ("run good.yaml --job 2", 64, "--job"),
    ("run good.yaml --out good.yaml", 73, "is a file, not a folder"),
    ("run good.yaml --out /proc/x", 73, "/proc/x"), ("run", 64, "name"), ("rum", 64, "rum"),
  ])
  func `says what is wrong, and writes nothing`(
    _ arguments: String, _ code: Int32, _ text: String
  ) throws {
    let folder = try CommandFolder()
    let good = SmallStudy.yaml(expect: "{equal: 1}")
    try folder.write("good.yaml", good)
    try folder.write(
      "bad.yaml",
      good.replacing(
        "last: loss.final}\n  value: last\n", with: "last: loss.finale}\n  value: last\n"))
    try folder.write("latin.yaml", Array("name: x\ntitle: caf".utf8) + [0xE9, 0x0A])
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/folder.yaml", withIntermediateDirectories: true)
    let before = folder.names
    let result = try lockstep(typed: "study " + arguments, in: folder.path)
    #expect(result.code == code, "\(result)")
    #expect(result.errors.contains(text), "\(result.errors)")
    #expect(result.output.isEmpty)
    #expect(folder.names == before)
  }
}

@Suite(.timeLimit(.minutes(15))) struct `A study` {
  @Test func `whose claims are reproduced ends with 0, its table and its page`() throws {
    let folder = try CommandFolder()
    try folder.write("s.yaml", SmallStudy.yaml(expect: "{between: [0.999, 1.001]}"))
    let result = try lockstep(typed: "study run s.yaml", in: folder.path)
    #expect(result.code == 0, "\(result)")
    #expect(result.errors.isEmpty)
    let lines = result.output.split(separator: "\n")
    #expect(lines.first == "How fast a ball rolls down")
    #expect(lines.count { $0.hasPrefix("✓ reproduced") } == 2)
    #expect(result.output.contains("2 reproduced, 0 not reproduced, 0 inconclusive, on 6 runs"))
    #expect(lines.last == "results/bowl/index.html shows the figures")
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(folder.names(in: "results/bowl") == SmallStudy.files)
    let page = String(decoding: try folder.read("results/bowl/index.html"), as: UTF8.self)
    #expect(page.contains("Two workers end where one does"))
  }

  @Test func `with a claim that is not reproduced ends with 1, and keeps everything`() throws {
    let folder = try CommandFolder()
    try folder.write("s.yaml", SmallStudy.yaml(expect: "{above: 2}"))
    let result = try lockstep(typed: "study run s.yaml --out o", in: folder.path)
    #expect(result.code == 1, "\(result)")
    #expect(result.output.contains("✗ not reproduced"))
    #expect(folder.names(in: "o") == SmallStudy.files)
    #expect(try SmallStudy.verdicts(folder, "o") == ["falls reproduced", "second not reproduced"])
    #expect(try Sweep.records(folder, "o").count == 6)
    // The claims may change, and are checked on the results that are there.
    try folder.write("s.yaml", SmallStudy.yaml(expect: "{below: 2}"))
    let again = try lockstep(typed: "study run s.yaml --out o --json", in: folder.path)
    #expect(again.code == 0)
    #expect(try SmallStudy.verdicts(folder, "o") == ["falls reproduced", "second reproduced"])
    #expect(try Sweep.records(folder, "o").count == 6)
  }

  @Test func `that is inconclusive has not failed, and says so`() throws {
    let folder = try CommandFolder()
    let yaml = SmallStudy.yaml(expect: "{above: 0}").replacing("of: 2", with: "of: 3")
    try folder.write("s.yaml", yaml)
    let result = try lockstep(typed: "study run s.yaml --out o", in: folder.path)
    #expect(result.code == 0, "\(result)")
    #expect(result.output.contains("? inconclusive"))
    #expect(result.output.contains("no two runs differ in workers 3 and 1 only"))
    #expect(try SmallStudy.verdicts(folder, "o") == ["falls reproduced", "second inconclusive"])
  }

  @Test func `prints one document for scripts`() throws {
    let folder = try CommandFolder()
    try folder.write("s.yaml", SmallStudy.yaml(expect: "{above: 2}"))
    let result = try lockstep(typed: "study run s.yaml --out o --json --quiet", in: folder.path)
    #expect(result.code == 1 && result.errors.isEmpty)
    let document = try result.document()
    #expect(document["schema"] as? String == "lockstep.study/1")
    #expect(document["page"] as? String == "o/index.html")
    #expect(document["runs"] as? Int == 6)
    #expect(document["interrupted"] as? Bool == false)
    let claims = try #require(document["claims"] as? [[String: Any]])
    #expect(claims.map { $0["verdict"] as? String } == ["reproduced", "not reproduced"])
    let ratio = try #require(claims[1]["estimate"] as? Double)
    #expect(abs(ratio - 1) < 1e-9)
    #expect(claims[1]["source"] as? String == "barriers are gradient descent")
  }

  @Test func `has a long version in a folder of its own`() throws {
    let folder = try CommandFolder()
    try folder.write(
      "s.yaml",
      SmallStudy.yaml(expect: "{below: 2}", full: "full: {parameters: {seed: {range: [1, 5]}}}"))
    #expect(try lockstep(typed: "study run s.yaml", in: folder.path).code == 0)
    let full = try lockstep(typed: "study run s.yaml --full --json", in: folder.path)
    #expect(try full.document()["runs"] as? Int == 10)
    #expect(folder.names(in: "results") == ["bowl", "bowl-full"])
    // The long version contains the short one, and goes on in its folder; the other way round it can't.
    let other = try lockstep(typed: "study run s.yaml --out results/bowl-full", in: folder.path)
    #expect(other.code == 65 && other.errors.contains("holds the results of another plan"))
  }

  @Test func `counts runs that fail, checks its claims on the others, and ends with 1`() throws {
    let folder = try CommandFolder()
    let yaml = SmallStudy.yaml(expect: "{above: 0}")
      .replacing("workers: [1, 2]", with: "workers: [1, 2, 8]")
      .replacing("decomposition: samples", with: "decomposition: blocks")
    try folder.write("s.yaml", yaml)
    let result = try lockstep(typed: "study run s.yaml --out o", in: folder.path)
    #expect(result.code == 1, "\(result)")
    #expect(result.errors.contains("3 runs failed; the same command tries again"))
    #expect(result.output.contains("2 reproduced, 0 not reproduced, 0 inconclusive, on 6 runs"))
  }

  @Test func `without a single run that works has claims that are inconclusive, and no page`()
    throws
  {
    let folder = try CommandFolder()
    let yaml = SmallStudy.yaml(expect: "{below: 2}")
      .replacing("workers: [1, 2]", with: "workers: [8, 9]")
      .replacing("decomposition: samples", with: "decomposition: blocks")
    try folder.write("s.yaml", yaml)
    let result = try lockstep(typed: "study run s.yaml --out o --json", in: folder.path)
    #expect(result.code == 1, "\(result)")
    #expect(try result.document()["page"] == nil)
    #expect(
      try SmallStudy.verdicts(folder, "o") == ["falls inconclusive", "second inconclusive"])
  }

  @Test func `goes on where it was killed, and shows how far it is`() throws {
    let folder = try CommandFolder()
    let yaml = SmallStudy.yaml(expect: "{below: 2}", seeds: 20)
      .replacing("updates: 30", with: "updates: 2000")
    try folder.write("s.yaml", yaml)
    #expect(try lockstep(typed: "study run s.yaml --out whole", in: folder.path).code == 0)
    for count in [1, 15] {
      let process = try LockstepProcess(
        ["study", "run", "s.yaml", "--out", "o"], in: folder.path, terminal: true)
      try process.waitForErrors(toContain: "\(count) of 40 runs")
      process.send(SIGKILL)
      #expect(try process.finish().signal == SIGKILL)
    }
    #expect(!folder.names(in: "o").contains("claims.json"))
    let process = try LockstepProcess(
      ["study", "run", "s.yaml", "--out", "o"], in: folder.path, terminal: true)
    let result = try process.finish()
    #expect(result.code == 0, "\(result)")
    #expect(result.errors.contains("bowl █"))
    #expect(try Sweep.records(folder, "o") == Sweep.records(folder, "whole"))
    #expect(folder.names(in: "o") == SmallStudy.files)
  }

  @Test func `that is interrupted ends with 75 and goes on`() throws {
    let folder = try CommandFolder()
    let yaml = SmallStudy.yaml(expect: "{below: 2}", seeds: 50)
      .replacing("updates: 30", with: "updates: 2000")
    try folder.write("s.yaml", yaml)
    let process = try LockstepProcess(
      ["study", "run", "s.yaml", "--out", "o", "--json"], in: folder.path, terminal: true)
    try process.waitForErrors(toContain: "2 of 100 runs")
    process.send(SIGINT)
    let result = try process.finish()
    #expect(result.code == 75, "\(result)")
    #expect(result.errors.contains("stopped early; the same command resumes"))
    #expect(try result.document()["interrupted"] as? Bool == true)
    #expect(!folder.names(in: "o").contains("claims.json"))
    #expect(try lockstep(typed: "study run s.yaml --out o", in: folder.path).code == 0)
  }

  @Test func `of the documentation prints what stands there`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "Documentation/Studies.md"), encoding: .utf8)
    let blocks = text.components(separatedBy: "\n```")
    let yaml = try #require(blocks.first { $0.hasPrefix("yaml\n") })
    let shown = try #require(blocks.first { $0.contains("✓ reproduced") })
    let folder = try CommandFolder()
    try folder.write("second-worker.yaml", String(yaml.dropFirst(5)))
    let result = try lockstep(typed: "study run second-worker.yaml", in: folder.path)
    #expect(result.code == 1)
    #expect(result.output == shown.dropFirst() + "\n")
  }
}
