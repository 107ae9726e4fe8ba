import Foundation
import Testing

@testable import LockstepCommands

/// What stands under a heading of a sweep's table, its CSV and its page.
@Suite(.timeLimit(.minutes(15))) struct `The numbers of a sweep` {
  private static let quadratic = "--model quadratic:dimension=4,condition=10 --updates 40"

  /// The cells of a printed table, by heading, row after row.
  private static func table(_ output: String) -> [[String: String]] {
    let lines = output.split(separator: "\n").drop { !$0.contains("final loss") }
    func cells(_ line: Substring) -> [String] {
      line.replacing(/\ {2,}/, with: "\t").split(separator: "\t").map(String.init)
    }
    guard let head = lines.first.map(cells) else { return [] }
    return lines.dropFirst().map { line in
      Dictionary(zip(head, cells(line)), uniquingKeysWith: { one, _ in one })
    }
  }

  @Test func `are speeds of virtual time in virtual time, and none where no time passes`() throws {
    let folder = try CommandFolder()
    let timed = try lockstep(
      typed: "sweep workers=1,8 --engine virtual \(Self.quadratic) --decomposition samples "
        + "--policy bounded:0 --out o", in: folder.path)
    let rows = Self.table(timed.output)
    #expect(rows.map { $0["updates/unit"] } == ["1.00", "8.00"], "\(timed.output)")
    #expect(rows.allSatisfy { $0["updates/s"] == nil })
    let delayed = try lockstep(
      typed: "sweep delay=constant:1,constant:2 --engine virtual \(Self.quadratic) --out d",
      in: folder.path)
    #expect(!delayed.output.contains("updates/"), "\(delayed.output)")
  }

  @Test func `have a column for each engine`() throws {
    let folder = try CommandFolder()
    let result = try lockstep(
      typed: "sweep engine=threads,virtual \(Self.quadratic) --workers 2 --out o", in: folder.path)
    let rows = Self.table(result.output)
    #expect(rows.count == 2)
    for row in rows {
      let other = row["engine"] == "threads" ? "updates/unit" : "updates/s"
      #expect(row[other] == "–", "\(result.output)")
    }
    #expect(rows.first { $0["engine"] == "virtual" }?["updates/unit"] == "2.00")
  }

  @Test func `compare policies by samples`() throws {
    let folder = try CommandFolder()
    let result = try lockstep(
      typed: "sweep policy=barrier,bounded:0 --engine virtual --model least-squares "
        + "--data synthetic:task=regression,examples=64,features=3 --decomposition samples "
        + "--workers 4 --batch 2 --updates 40 --out o", in: folder.path)
    let rows = Self.table(result.output)
    // A joint update takes a minibatch from each worker; both process 8 samples in a unit of time.
    #expect(rows.map { $0["samples/unit"] } == ["8.00", "8.00"], "\(result.output)")
    #expect(try lockstep(typed: "report o", in: folder.path).code == 0)
    let page = String(decoding: try folder.read("o/index.html"), as: UTF8.self)
    #expect(page.contains("<th>samples/time unit"))
    #expect(!page.contains("<th>updates/s"))
  }

  @Test func `have a column for what noise probes saw`() throws {
    let folder = try CommandFolder()
    let sweep = "sweep workers=1,2 --engine virtual \(Self.quadratic)"
    let probed = try lockstep(typed: "\(sweep) --record noise=2 --out o", in: folder.path)
    let rows = Self.table(probed.output)
    #expect(
      rows.count == 2 && rows.allSatisfy { $0["interaction"]?.hasSuffix("%") == true },
      "\(probed)")
    let plain = try lockstep(typed: "\(sweep) --out p", in: folder.path)
    #expect(Self.table(plain.output).allSatisfy { $0["interaction"] == nil })
  }

  @Test(arguments: [
    (2664.61, "44 min"), (4.04, "4.0 s"), (59.6, "60 s"), (7000, "1.9 h"), (0.0125, "12.50 ms"),
  ])
  func `are estimated to two digits`(_ seconds: Double, _ text: String) {
    #expect(Format.roughly(seconds) == text)
  }

  @Test func `grow with the plan, and stay its own`() throws {
    let folder = try CommandFolder()
    let sweep = "--engine virtual \(Self.quadratic) --out o"
    #expect(try lockstep(typed: "sweep seed=1..3 \(sweep)", in: folder.path).code == 0)
    let preview = try lockstep(typed: "sweep seed=1..5 \(sweep) --dry-run --json", in: folder.path)
    #expect(try preview.document()["present"] as? Int == 3)
    let larger = try lockstep(typed: "sweep seed=1..5 \(sweep) --json", in: folder.path)
    #expect(try larger.document()["executed"] as? Int == 2)
    #expect(try lockstep(typed: "sweep seed=1..3 \(sweep)", in: folder.path).code == 65)
    // A record of another plan, added to the file.
    #expect(
      try lockstep(
        typed: "sweep seed=77 --engine virtual \(Self.quadratic) --out other", in: folder.path
      ).code == 0)
    let foreign = String(decoding: try folder.read("other/results.jsonl"), as: UTF8.self)
    let own = String(decoding: try folder.read("o/results.jsonl"), as: UTF8.self)
    try folder.write("o/results.jsonl", own + "\n" + foreign + own)
    let again = try lockstep(typed: "sweep seed=1..5 \(sweep)", in: folder.path)
    #expect(again.code == 0, "\(again.errors)")
    #expect(again.errors.contains("o/results.jsonl holds 1 record of another plan (r-"))
    let rows = String(decoding: try folder.read("o/results.csv"), as: UTF8.self)
      .split(separator: "\n")
    #expect(rows.count == 6)
    let report = try lockstep(typed: "report o", in: folder.path)
    #expect(report.output.contains(" of 5 runs, "), "\(report.output)")
    #expect(report.errors.contains("1 record of results.jsonl is of another plan than plan.yaml"))
  }

  @Test func `may pair a value with several others`() throws {
    let folder = try CommandFolder()
    let result = try lockstep(
      [
        "sweep", "zip(model=mlp:2,mlp:3 batch=8,8)", "--engine", "virtual", "--updates", "4",
        "--out", "o",
      ],
      in: folder.path)
    #expect(result.code == 0, "\(result.errors)")
    let twice = try lockstep(
      ["sweep", "zip(model=mlp:2,mlp:2 batch=8,8)", "--engine", "virtual", "--out", "p"],
      in: folder.path)
    #expect(twice.code == 64)
    #expect(twice.errors.contains("zip: model=mlp:2 with batch=8 is there twice"))
  }
}

/// What a run says of its losses.
@Suite(.timeLimit(.minutes(15))) struct `The losses of a run` {
  @Test(arguments: [
    "--engine threads --policy barrier", "--engine virtual --policy hogwild",
    "--engine virtual --delay constant:1",
  ])
  func `diverge beyond a million times the start, in every engine`(options: String) throws {
    let result = try lockstep(
      typed: "run \(options) --model quadratic:eigenvalues=1 --learning-rate 3 --updates 100 "
        + "--record loss=1 --precision double --json --quiet")
    let document = try result.document()
    #expect(document["status"] as? String == "diverged", "\(options)")
    let loss = try #require(document["loss"] as? [String: Any])
    // Each step multiplies the parameter by −2, at first, and the loss by 4: 4¹⁰ is above 10⁶.
    #expect((document["updates"] as? Int ?? 0) < 25, "\(options)")
    #expect((loss["final"] as? Double ?? 0) > 0.5e6, "\(options)")
  }

  @Test func `have no accuracy where the model diverged`() throws {
    for options in ["--engine threads", "--engine virtual", "--engine virtual --delay constant:1"] {
      let result = try lockstep(
        typed: "run \(options) --model mlp:4 --learning-rate 1e30 --updates 60 --json --quiet")
      let document = try result.document()
      #expect(document["status"] as? String == "diverged", "\(options)")
      let loss = try #require(document["loss"] as? [String: Any])
      #expect(loss["accuracy"] is NSNull, "\(options)")
    }
  }

  @Test(arguments: ["--engine virtual", "--engine virtual --delay constant:0", "--engine threads"])
  func `see a target that is met early within a quarter of its updates`(options: String) throws {
    let run =
      "run \(options) --decomposition samples --model quadratic:eigenvalues=1 --precision double "
      + "--learning-rate 0.1 --target-loss 0.01 --updates 100000 --json --quiet"
    // ½·0.9²ᵏ ≤ 0.01 from k = 19 on.
    let document = try lockstep(typed: run).document()
    #expect(document["status"] as? String == "target-reached")
    let updates = try #require(document["updates"] as? Int)
    #expect((19...24).contains(updates), "\(options): \(updates)")
    let loss = try #require(document["loss"] as? [String: Any])
    let missed = try #require(loss["targetMissedAt"] as? Int)
    #expect(missed < 19 && missed >= 15, "\(missed)")
    let exact = try lockstep(typed: run + " --record loss=1").document()
    #expect(exact["updates"] as? Int == 19)
    let text = try lockstep(typed: run.replacing(" --json", with: "")).output
    #expect(text.contains("updates (missed at \(missed))"), "\(text)")
  }
}

@Suite(.timeLimit(.minutes(15))) struct `Help` {
  @Test func `begins with the usual options`() throws {
    for command in ["run", "noise"] {
      let text = try lockstep(typed: "\(command) --help").output
      let model = try #require(text.range(of: "--model"))
      let service = try #require(text.range(of: "--service"))
      #expect(model.lowerBound < service.lowerBound, "\(command)")
    }
  }

  @Test(arguments: [
    ("runn", "there is no command 'runn'; did you mean run?"),
    ("study lst", "there is no command 'lst'; did you mean list?"),
    ("zzzzzzzzzz", "there is no command 'zzzzzzzzzz'; known: run, noise"),
  ])
  func `suggests the command that was probably meant`(arguments: String, text: String) throws {
    let result = try lockstep(typed: arguments)
    #expect(result.code == 64)
    #expect(result.errors.contains(text), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1)
  }
}
