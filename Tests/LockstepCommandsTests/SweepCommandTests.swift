import Foundation
import Glibc
import Testing

/// Sweeps that tests start as they are typed.
enum Sweep {
  /// Sixty runs of a few milliseconds each.
  static let sixty =
    "sweep workers=1,2,3,4 policy=barrier,hogwild,bounded:2 seed=1..5 --engine virtual "
    + "--model quadratic:dimension=16,condition=10,noise=0.1 --service exponential:1 "
    + "--updates 400 --jobs 2"

  /// Four runs that take no time.
  static let four =
    "sweep seed=1..4 --engine virtual --model quadratic:dimension=4,condition=10 --updates 20"

  /// A folder's records, sorted, without what the clock of the wall makes of them.
  static func records(_ folder: CommandFolder, _ name: String) throws -> [String] {
    let text = String(decoding: try folder.read("\(name)/results.jsonl"), as: UTF8.self)
    #expect(text.hasSuffix("\n"))
    let clocks = try Regex("\"(wallSeconds|cpuSeconds)\":[^,}]*")
    return text.split(separator: "\n").map { String($0).replacing(clocks, with: "") }.sorted()
  }
}

@Suite(.timeLimit(.minutes(15))) struct `A sweep that is killed` {
  @Test func `goes on and ends with the records of one that was not`() throws {
    let folder = try CommandFolder()
    #expect(try lockstep(typed: Sweep.sixty + " --out whole", in: folder.path).code == 0)
    let whole = try Sweep.records(folder, "whole")
    #expect(whole.count == 60)
    let arguments = (Sweep.sixty + " --out killed").split(separator: " ").map(String.init)
    for count in [1, 17, 30, 44] {
      let process = try LockstepProcess(arguments, in: folder.path, terminal: true)
      try process.waitForErrors(toContain: "\(count) of 60 runs")
      process.send(SIGKILL)
      #expect(try process.finish().signal == SIGKILL)
    }
    let last = try lockstep(arguments + ["--json"], in: folder.path)
    #expect(last.code == 0)
    let present = try #require(try last.document()["present"] as? Int)
    #expect(present >= 44)
    #expect(try Sweep.records(folder, "killed") == whole)
    #expect(
      folder.names(in: "killed") == ["machine.xml", "plan.yaml", "results.csv", "results.jsonl"])
  }

  @Test func `politely says that it can be resumed, and finishes nothing half`() throws {
    let folder = try CommandFolder()
    let arguments = (Sweep.sixty + " --out o").split(separator: " ").map(String.init)
    let process = try LockstepProcess(arguments, in: folder.path, terminal: true)
    try process.waitForErrors(toContain: "3 of 60 runs")
    process.send(SIGINT)
    let result = try process.finish()
    #expect(result.code == 75, "\(result)")
    #expect(result.errors.contains("lockstep: stopped early; the same command resumes"))
    let rows =
      String(decoding: try folder.read("o/results.csv"), as: UTF8.self)
      .split(separator: "\n").count - 1
    #expect(try Sweep.records(folder, "o").count == rows)
    #expect(rows >= 3 && rows < 60)
    #expect(try lockstep(arguments, in: folder.path).code == 0)
    #expect(try Sweep.records(folder, "o").count == 60)
  }
}

@Suite(.timeLimit(.minutes(15))) struct `A sweep's folder` {
  @Test func `is refused while another sweep writes to it`() throws {
    let folder = try CommandFolder()
    let arguments = (Sweep.sixty + " --out o").split(separator: " ").map(String.init)
    let process = try LockstepProcess(arguments, in: folder.path, terminal: true)
    try process.waitForErrors(toContain: "1 of 60 runs")
    // Stopped, it keeps its lock however long the other one takes to start.
    process.send(SIGSTOP)
    let other = try lockstep(arguments, in: folder.path)
    process.send(SIGKILL)
    _ = try process.finish()
    #expect(other.code == 73, "\(other)")
    #expect(other.errors.contains("another sweep is writing to this folder"))
    // The lock went with the process.
    #expect(try lockstep(arguments, in: folder.path).code == 0)
  }

  @Test func `is refused for another plan`() throws {
    let folder = try CommandFolder()
    #expect(try lockstep(typed: Sweep.four + " --out o", in: folder.path).code == 0)
    let before = try folder.read("o/results.jsonl")
    let result = try lockstep(typed: Sweep.four + " --workers 2 --out o", in: folder.path)
    #expect(result.code == 65)
    #expect(result.errors.contains("holds the results of another plan"))
    #expect(try folder.read("o/results.jsonl") == before)
  }

  @Test func `that cannot be written is refused before anything runs`() throws {
    let folder = try CommandFolder()
    try folder.write("file", "")
    let result = try lockstep(typed: Sweep.four + " --out file", in: folder.path)
    #expect(result.code == 73)
    #expect(result.errors.contains("is a file, not a folder"))
    // /proc is read-only for everybody, root included.
    #expect(try lockstep(typed: Sweep.four + " --out /proc/o").code == 73)
  }

  @Test(arguments: [4096, 6000, 9001])
  func `holds whole lines when no more fits`(_ bytes: Int) throws {
    let folder = try CommandFolder()
    #expect(try lockstep(typed: Sweep.four + " --out whole", in: folder.path).code == 0)
    let whole = try Sweep.records(folder, "whole")
    let result = try lockstep(
      (Sweep.four + " --out o").split(separator: " ").map(String.init), in: folder.path,
      launcher: ["prlimit", "--fsize=\(bytes)"])
    #expect(result.code == 73, "\(result)")
    #expect(result.errors.contains("results.jsonl: cannot be written"))
    let text = try folder.read("o/results.jsonl")
    #expect(text.isEmpty || text.last == 0x0A)
    for line in text.split(separator: 0x0A) {
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line)) }
    }
    #expect(try lockstep(typed: Sweep.four + " --out o", in: folder.path).code == 0)
    #expect(try Sweep.records(folder, "o") == whole)
  }

  @Test func `is the sum of its shares`() throws {
    let folder = try CommandFolder()
    #expect(try lockstep(typed: Sweep.four + " --out whole", in: folder.path).code == 0)
    for number in 1...3 {
      let result = try lockstep(
        typed: Sweep.four + " --shard \(number)/3 --out s\(number)", in: folder.path)
      #expect(result.code == 0)
    }
    let merge = try lockstep(typed: "sweep merge s1 s2 s3 s1 --out all", in: folder.path)
    #expect(merge.code == 0)
    #expect(merge.output == "4 runs added, 2 were there already\n")
    #expect(try Sweep.records(folder, "all") == Sweep.records(folder, "whole"))
    let part = try lockstep(typed: "sweep merge s1 s2 --out part", in: folder.path)
    #expect(
      part.output
        == "3 runs added, 0 were there already\n1 run of 4 is missing; merge the other shares as well\n"
    )
  }
}

@Suite(.timeLimit(.minutes(15))) struct `A sweep's command` {
  @Test(arguments: ["sweep merge --help", "help sweep merge", "sweep merge -h"])
  func `merge has help of its own`(_ typed: String) throws {
    let folder = try CommandFolder()
    let result = try lockstep(typed: typed, in: folder.path)
    #expect(result.code == 0 && result.errors.isEmpty, "\(result)")
    #expect(result.output.contains("USAGE: lockstep sweep merge"), "\(result.output)")
    #expect(!result.output.contains("--policy"))
  }

  @Test func `resumes no folder with a record of another schema`() throws {
    let folder = try CommandFolder()
    let sweep =
      "sweep seed=1..2 --engine virtual --model quadratic:dimension=2 --updates 3 --out o"
    #expect(try lockstep(typed: sweep, in: folder.path).code == 0)
    let text = String(decoding: try folder.read("o/results.jsonl"), as: UTF8.self)
    var lines = text.split(separator: "\n").map(String.init)
    lines[1] = lines[1].replacing("lockstep.run/1", with: "lockstep.run/2")
    try folder.write("o/results.jsonl", lines.joined(separator: "\n") + "\n")
    for command in [sweep, "report o", "sweep merge o --out p"] {
      let result = try lockstep(typed: command, in: folder.path)
      #expect(result.code == 65, "\(command): \(result)")
      #expect(
        result.errors.contains(
          "o/results.jsonl, line 2: the record's schema is lockstep.run/2, and this version of Lockstep "
            + "reads lockstep.run/1; take a version that reads lockstep.run/2"),
        "\(command): \(result.errors)")
    }
  }

  @Test(arguments: [
    ("wrokers=1", 64, "did you mean workers?"), ("workers=", 64, "no value is given"),
    ("seed=1..1000000", 64, "more than 100,000 runs"), ("seed=1", 64, "add --out DIR"),
    ("seed=1 --seed 2 --out o", 64, "both an axis and fixed"),
    ("seed=1 --shard 3/2 --out o", 64, "I/N"), ("seed=1 --jobs 0 --out o", 64, "--jobs"),
    ("seed=1 --bisect policy --out o", 64, "learning-rate"),
    ("seed=1 --tolerance 0.1 --out o", 64, "--bisect"),
    ("learning-rate=1 --bisect learning-rate --out o", 64, "by bisection"),
    ("workers --out o", 64, "'workers' is neither a plan file nor an axis"),
    ("zip(seed=1,2 --out o", 64, "lacks a closing parenthesis"),
    ("seed=1,01 --out o", 64, "the value 01 is there twice"),
    ("/ --out o", 66, "is a folder, and a plan is a file"),
    ("none.yaml --out o", 66, "none.yaml: no such file"),
    (
      "bad.yaml --out o", 65, "bad.yaml, line 2: there is no option 'worker'; did you mean workers?"
    ),
    ("bad.yaml --full --out o", 65, "bad.yaml, line 2"),
    ("short.yaml --full --out o", 64, "short.yaml has no long version (no full block)"),
    ("bounded=1 --out o", 64, "there is no option 'bounded'; known: model, data, held-out"),
    ("save=a --out o", 64, "--save names one file"),
    ("policy=bounded:0..16 --out o", 64, "such as policy=bounded:1,bounded:4"),
    ("policy=bounded:0,1 --out o", 64, "such as policy=bounded:1,bounded:4"),
    ("delay=uniform:0..x --out o", 64, "write uniform:0..S with a whole number"),
    ("bad.yaml --workers 2 --out o", 64, "stands beside a plan's file"),
    ("merge --out o", 64, "DIR"), ("merge none --out o", 66, "no such folder"),
  ])
  func `says what is wrong, and starts nothing`(
    _ arguments: String, _ code: Int32, _ text: String
  ) throws {
    let folder = try CommandFolder()
    try folder.write("bad.yaml", "parameters:\n  worker: [1, 2]\n")
    try folder.write("short.yaml", "parameters:\n  workers: [1, 2]\n")
    let result = try lockstep(typed: "sweep " + arguments, in: folder.path)
    #expect(result.code == code, "\(result)")
    #expect(result.errors.contains(text), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(result.output.isEmpty)
    #expect(folder.names == ["bad.yaml", "short.yaml"])
    #expect(!result.errors.contains(", save") && !result.errors.contains(", calibrate"))
  }

  @Test func `previews without doing anything`() throws {
    let folder = try CommandFolder()
    let result = try lockstep(typed: Sweep.four + " --dry-run --json --out o", in: folder.path)
    let document = try result.document()
    #expect(document["runs"] as? Int == 4)
    #expect(document["present"] as? Int == 0)
    #expect(((document["estimate"] as? [String: Any])?["seconds"] as? Double ?? -1) > 0)
    #expect(folder.names.isEmpty)
    #expect(try lockstep(typed: Sweep.four + " --out o", in: folder.path).code == 0)
    let again = try lockstep(typed: Sweep.four + " --dry-run --json --out o", in: folder.path)
    #expect(try again.document()["present"] as? Int == 4)
  }

  @Test func `previews a search, and what is left of it`() throws {
    let folder = try CommandFolder()
    let search =
      "sweep workers=1,2 --bisect learning-rate --engine virtual --model quadratic:eigenvalues=1;4 "
      + "--updates 100 --out o"
    let before = try lockstep(typed: search + " --dry-run --json", in: folder.path).document()
    #expect(before["present"] as? Int == 0)
    let trials = try #require(before["trials"] as? Int)
    #expect(trials >= 16)
    #expect(((before["estimate"] as? [String: Any])?["seconds"] as? Double ?? -1) > 0)
    #expect(folder.names.isEmpty)
    #expect(try lockstep(typed: search, in: folder.path).code == 0)
    // As many as it says, give or take a step up or down for each search.
    #expect(try abs(Sweep.records(folder, "o").count - trials) <= 6)
    let after = try lockstep(typed: search + " --dry-run", in: folder.path)
    #expect(after.output.hasPrefix("2 searches; 2 are there already\n"))
    #expect(after.output.hasSuffix("nothing is left to do\n"))
  }

  @Test func `counts runs that fail, and ends with 1`() throws {
    let folder = try CommandFolder()
    let result = try lockstep(
      typed: Sweep.four + " --init none.npy --out o --json", in: folder.path)
    #expect(result.code == 1)
    #expect((try result.document()["failures"] as? [Any])?.count == 4)
    #expect(result.errors.contains("4 runs failed; the same command tries again"))
  }

  @Test func `prints a table of at most 120 columns`() throws {
    let folder = try CommandFolder()
    let result = try lockstep(
      typed: "sweep policy=barrier,hogwild workers=1,2 seed=1,2 optimizer=sgd,momentum:0.9 "
        + "model=[quadratic:dimension=4,condition=10,noise=0.125,start=normal] "
        + "service=exponential:1.000000000001,[gamma:1.0000000001,0.500000001] "
        + "decomposition=samples precision=double --engine virtual --updates 10 --out o",
      in: folder.path)
    #expect(result.code == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 2 + 16)
    #expect(lines.allSatisfy { $0.count <= 120 })
  }

  @Test func `searches, and writes what it found`() throws {
    let folder = try CommandFolder()
    let result = try lockstep(
      typed: "sweep decomposition=blocks,samples --bisect learning-rate --engine virtual "
        + "--model quadratic:eigenvalues=1;4 --updates 400 --out o --json", in: folder.path)
    #expect(result.code == 0)
    let rows = String(decoding: try folder.read("o/bisect.csv"), as: UTF8.self)
      .split(separator: "\n")
    #expect(rows.count == 3)
    // Gradient descent is stable up to 2 over the largest eigenvalue, and the interval contains that.
    for row in rows.dropFirst() {
      let cells = row.split(separator: ",")
      #expect(cells[1] == "path" && cells[2] == "found")
      let (stable, unstable) = (try #require(Double(cells[3])), try #require(Double(cells[4])))
      #expect(stable < 0.5 && stable > 0.5 / 1.02 && unstable > 0.5 && unstable < 0.5 * 1.02)
    }
  }
}
