import Foundation
import Glibc
import Testing

/// A run that is over at once.
private let shortRun = ["run", "--model", "quadratic", "--updates", "4", "--quiet"]

@Suite(.timeLimit(.minutes(15))) struct `Where something is missing, a sentence says what` {
  @Test(.enabled(if: Surroundings.canBeSomebodyElse), arguments: [1, 2, 3])
  func `threads`(_ count: Int) throws {
    for arguments in [
      shortRun, shortRun + ["--engine", "virtual"],
      ["bench", "--quick", "--model", "quadratic", "--quiet"],
    ] {
      let result = try lockstep(
        arguments, launcher: Surroundings.processes(atMost: count))
      #expect(result.code == 69, "\(result)")
      #expect(isSentence(result.errors), "\(result.errors)")
      #expect(result.errors.contains("threads are needed, and only "))
    }
  }

  @Test(.enabled(if: Surroundings.canBeSomebodyElse))
  func `threads for the jobs of a sweep`() throws {
    let folder = try CommandFolder()
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o777], ofItemAtPath: folder.path)
    let result = try lockstep(
      [
        "sweep", "seed=1..4", "--model", "quadratic", "--engine", "virtual", "--updates", "4",
        "--jobs", "4", "--out", "o", "--quiet",
      ], in: folder.path, launcher: Surroundings.processes(atMost: 4))
    #expect(result.code == 69, "\(result)")
    #expect(isSentence(result.errors), "\(result.errors)")
    #expect(folder.names == [])
  }

  @Test(arguments: [4, 5, 6, 7, 8])
  func `files`(_ count: Int) throws {
    let folder = try CommandFolder()
    let result = try lockstep(
      shortRun + ["--out", "o"], in: folder.path, launcher: Surroundings.limits("-n \(count)"))
    #expect(result.code == 69, "\(result)")
    #expect(isSentence(result.errors), "\(result.errors)")
    #expect(result.errors.contains("ulimit -n"))
    #expect(folder.names == [])
  }

  @Test(arguments: [
    "run --model quadratic:dimension=20000000 --updates 1",
    "run --model svm --data synthetic:features=2000,examples=50000 --updates 1",
    "run --model quadratic --workers 200 --decomposition samples --updates 1",
    "noise --model mlp:60000 --updates 1",
    "bench --quick --model quadratic:dimension=20000000",
    "run --engine virtual --model quadratic --updates 1000000000 --record loss=1",
  ])
  func `memory`(_ typed: String) throws {
    let result = try lockstep(
      typed.split(separator: " ").map(String.init) + ["--quiet"],
      launcher: Surroundings.limits("-v 500000"))
    #expect([64, 65, 69].contains(result.code), "\(result)")
    #expect(isSentence(result.errors), "\(result.errors)")
  }

  @Test(arguments: [
    "run --model quadratic:matrix=array.npy", "run --model mlp:0 --init array.npy",
    "run --model mlp:0 --batches numbers", "run --model quadratic --schedule file:numbers",
    "run --engine virtual --model quadratic --service trace:numbers",
    "run --engine virtual --model quadratic --delay trace:numbers --decomposition samples",
    "run --engine virtual --model quadratic --service calibrated:numbers", "trace check numbers",
    "trace check trace", "topology --xml numbers", "sweep numbers --out o",
  ])
  func `memory for a file`(_ typed: String) throws {
    let folder = try CommandFolder()
    let array = CommandFolder.numPy([Double](), type: "<f8", shape: "(9000, 9000)")
    try folder.write("array.npy", array)
    try #require(truncate("\(folder.path)/array.npy", array.count + 9000 * 9000 * 8) == 0)
    let numbers = Array(String(repeating: "5\n", count: 1 << 18).utf8)
    try folder.write("numbers", numbers, times: 240)
    try folder.write("trace", "# {")
    try #require(truncate("\(folder.path)/trace", 400_000_000) == 0)
    let result = try lockstep(
      typed.split(separator: " ").map(String.init) + (typed.hasPrefix("run") ? ["--quiet"] : []),
      in: folder.path, launcher: Surroundings.limits("-v 500000"))
    #expect([64, 65, 66, 69].contains(result.code), "\(result)")
    #expect(isSentence(result.errors), "\(result.errors)")
  }

  @Test(arguments: [100_000, 150_000, 200_000, 300_000])
  func `memory to begin with`(_ kilobytes: Int) throws {
    let result = try lockstep(shortRun, launcher: Surroundings.limits("-v \(kilobytes)"))
    // A debug build may be too large for the loader, which then says so itself.
    if result.code == 127 { return }
    #expect([0, 64, 65, 69].contains(result.code), "\(result)")
    #expect(result.code == 0 || isSentence(result.errors), "\(result.errors)")
  }

  @Test func `data that grows beyond the memory`() throws {
    let folder = try CommandFolder()
    let line = (1...200).map { "\($0):0.\($0)" }.joined(separator: " ")
    let text = String(repeating: "1 \(line)\n-1 \(line)\n", count: 9000)
    try folder.write("data", text)
    let result = try lockstep(
      ["run", "--model", "svm", "--data", "libsvm:data", "--updates", "1", "--quiet"],
      in: folder.path, launcher: Surroundings.limits("-v 260000"))
    #expect([64, 65, 69].contains(result.code), "\(result)")
    #expect(isSentence(result.errors), "\(result.errors)")
  }

  @Test(
    .enabled(if: Surroundings.canHideProc), arguments: [shortRun, ["topology"], ["study", "list"]])
  func `and without /proc a command does what it always does`(_ arguments: [String]) throws {
    let result = try lockstep(arguments, launcher: Surroundings.withoutProc)
    #expect(result.code == 0, "\(result)")
    #expect(!result.output.contains("OVERVIEW"))
  }

  @Test func `a name that is not UTF-8 is refused`() throws {
    let folder = try CommandFolder()
    let result = try lockstep(
      shortRun, in: folder.path, launcher: ["bash", "-c", "exec \"$0\" \"$@\" --out $'o\\xff'"])
    #expect(result.code == 64, "\(result)")
    #expect(isSentence(result.errors), "\(result.errors)")
    #expect(folder.names == [])
  }
}

@Suite(.timeLimit(.minutes(15))) struct `Standard streams that are closed or full` {
  @Test(arguments: ["2>&-", "2>/dev/full"])
  func `lose what is said on standard error`(_ redirection: String) throws {
    let result = try lockstep(
      ["run", "--model", "bad"], launcher: Surroundings.streams(redirection))
    #expect(result.code == 64, "\(result)")
    #expect(result.errors.isEmpty)
  }

  @Test(arguments: [">&-", "<&- >&-"])
  func `lend no file their number`(_ redirection: String) throws {
    let folder = try CommandFolder()
    let arguments = [
      "sweep", "seed=1..2", "--model", "quadratic", "--updates", "4", "--out", "o", "--quiet",
    ]
    let first = try lockstep(
      arguments, in: folder.path, launcher: Surroundings.streams(redirection))
    #expect(first.code == 73, "\(first)")
    #expect(isSentence(first.errors), "\(first.errors)")
    let lines = String(decoding: try folder.read("o/results.jsonl"), as: UTF8.self)
      .split(separator: "\n")
    #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix("{\"axes\"") })
    let again = try lockstep(arguments, in: folder.path)
    #expect(again.code == 0, "\(again)")
  }

  @Test func `keep messages out of files`() throws {
    let folder = try CommandFolder()
    // Nobody reads standard output, so there is something to say when all is written.
    let result = try lockstep(
      shortRun + ["--out", "o"], in: folder.path,
      launcher: Surroundings.streams(">/dev/full 2>&-"))
    #expect(result.code == 73, "\(result)")
    for name in folder.names(in: "o") {
      #expect(!String(decoding: try folder.read("o/\(name)"), as: UTF8.self).contains("lockstep:"))
    }
  }

  @Test func `with nobody to read are an error and no signal`() throws {
    let folder = try CommandFolder()
    let pipe = folder.path + "/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    let process = try LockstepProcess(
      ["run", "--model", "mlp:512", "--updates", "1", "--quiet", "--save", "pipe"],
      in: folder.path)
    let reader = open(pipe, O_RDONLY | O_CLOEXEC)
    var byte: UInt8 = 0
    #expect(read(reader, &byte, 1) == 1)
    close(reader)
    let result = try process.finish()
    #expect(result.code == 73, "\(result)")
    #expect(isSentence(result.errors), "\(result.errors)")
    #expect(result.errors.contains("nobody reads it any more"))
  }
}

@Suite(.timeLimit(.minutes(15))) struct `Output goes where it was sent` {
  @Test func `through a symbolic link`() throws {
    let folder = try CommandFolder()
    for (link, target) in [("a", "there"), ("b", "new"), ("c", "a")] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(link)", withDestinationPath: target)
    }
    try folder.write("there", "old")
    for (option, file) in [("--save", "a"), ("--calibrate", "b"), ("--save", "c")] {
      let result = try lockstep(shortRun + [option, file], in: folder.path)
      #expect(result.code == 0, "\(result)")
      var status = stat()
      #expect(lstat("\(folder.path)/\(file)", &status) == 0)
      #expect(status.st_mode & S_IFMT == S_IFLNK)
    }
    #expect(folder.names == ["a", "b", "c", "new", "there"])
    #expect(try folder.doubles("there").count >= 0)
    #expect(String(decoding: try folder.read("new"), as: UTF8.self).contains("calibration/1"))
  }

  @Test(arguments: ["--save", "--trace", "--calibrate"])
  func `into a FIFO`(_ option: String) throws {
    let folder = try CommandFolder()
    let pipe = folder.path + "/pipe.csv"
    try #require(mkfifo(pipe, 0o600) == 0)
    let process = try LockstepProcess(shortRun + [option, "pipe.csv"], in: folder.path)
    let reader = open(pipe, O_RDONLY | O_CLOEXEC)
    defer { close(reader) }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    #expect(read(reader, &chunk, chunk.count) > 100)
    #expect(try process.finish().code == 0)
    var status = stat()
    #expect(lstat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
  }

  @Test(.enabled(if: Surroundings.isRoot), arguments: ["--save", "--trace", "--calibrate"])
  func `into a device, which stays`(_ option: String) throws {
    let folder = try CommandFolder()
    let device = folder.path + "/null.csv"
    // The numbers of /dev/null.
    try #require(mknod(device, S_IFCHR | 0o666, 1 << 8 | 3) == 0)
    let result = try lockstep(shortRun + [option, "null.csv"], in: folder.path)
    #expect(result.code == 0, "\(result)")
    var status = stat()
    #expect(lstat(device, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test func `a report's page and a machine through a link, too`() throws {
    let folder = try CommandFolder()
    for name in ["page", "machine"] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(name)", withDestinationPath: "real-\(name)")
    }
    #expect(
      try lockstep(
        typed: "sweep seed=1..2 --model quadratic --updates 4 --out o --quiet", in: folder.path
      ).code == 0)
    #expect(try lockstep(typed: "report o --out page", in: folder.path).code == 0)
    #expect(try lockstep(typed: "topology --export-xml machine", in: folder.path).code == 0)
    #expect(folder.names == ["machine", "o", "page", "real-machine", "real-page"])
  }

  @Test func `not at all beyond the limit on files, and nothing is left over`() throws {
    let folder = try CommandFolder()
    let result = try lockstep(
      ["run", "--model", "mlp:128", "--updates", "4", "--quiet", "--save", "w.npy"],
      in: folder.path, launcher: Surroundings.limits("-f 8"))
    #expect(result.code == 73, "\(result)")
    #expect(isSentence(result.errors), "\(result.errors)")
    #expect(result.errors.contains("ulimit -f"))
    #expect(folder.names == [])
  }

  @Test(arguments: [
    (["run", "--model", "quadratic", "--updates", "4"], "record.json"),
    (["noise", "--model", "quadratic", "--updates", "4", "--seeds", "1"], "noise.json"),
    (
      [
        "bench", "--model", "quadratic", "--updates", "4", "--runs", "1", "--workers", "1",
        "--policy", "hogwild", "--decomposition", "samples", "--quick",
      ], "bench.json"
    ),
  ])
  func `never over the results of something else`(_ arguments: [String], _ file: String) throws {
    let folder = try CommandFolder()
    let arguments = arguments + ["--out", "o", "--quiet"]
    #expect(try lockstep(arguments, in: folder.path).code == 0)
    // The same once more is welcome.
    #expect(try lockstep(arguments, in: folder.path).code == 0)
    let before = try folder.read("o/\(file)")
    let other = try lockstep(arguments + ["--seed", "7"], in: folder.path)
    #expect(other.code == 73, "\(other)")
    #expect(isSentence(other.errors), "\(other.errors)")
    #expect(other.errors.contains("\(file) there holds the results of something else"))
    #expect(try folder.read("o/\(file)") == before)
  }

  // Earlier versions knew fewer options.
  @Test func `over the results of the same options, where some are new`() throws {
    let folder = try CommandFolder()
    let run = ["run", "--model", "quadratic", "--updates", "4", "--out", "o", "--quiet"]
    #expect(try lockstep(run, in: folder.path).code == 0)
    var record = try #require(
      JSONSerialization.jsonObject(with: folder.read("o/record.json")) as? [String: Any])
    var options = try #require(record["configuration"] as? [String: Any])
    #expect(options.removeValue(forKey: "clip") is NSNull)
    record["configuration"] = options
    try folder.write(
      "o/record.json", Array(try JSONSerialization.data(withJSONObject: record)))
    #expect(try lockstep(run + ["--clip", "1"], in: folder.path).code == 73)
    #expect(try lockstep(run, in: folder.path).code == 0)
  }

  @Test func `beside what a killed run left, which goes`() throws {
    let folder = try CommandFolder()
    // No process has such a number, and this one is alive and holds its file.
    try folder.write(".lockstep-2147483600-1.partial", "")
    try folder.write(".lockstep-2147483600.partial", "")
    let mine = ".lockstep-\(getpid())-1.partial"
    try folder.write(mine, "")
    let result = try lockstep(shortRun + ["--out", "."], in: folder.path)
    #expect(result.code == 0, "\(result)")
    #expect(folder.names == [mine, "loss.csv", "record.json"])
  }
}

@Suite(.timeLimit(.minutes(15))) struct `A terminal` {
  @Test func `is shown no control codes from a file`() throws {
    let folder = try CommandFolder()
    try folder.write(
      "s.yaml",
      """
      name: s
      title: "red \\e[31m and \\u202E back"
      options: {model: quadratic, updates: 4}
      parameters: {seed: 1..2}
      claims:
        - id: c
          statement: "losses \\e[31m are finite"
          source: "nobody \\e[31m"
          let: {loss: loss.final}
          value: loss < 1e9
          summary: share
          expect: {equal: 1}

      """)
    for arguments in [
      ["study", "run", "s.yaml", "--out", "o", "--quiet"], ["run", "--model", "a\u{1B}[31m"],
    ] {
      let result = try lockstep(arguments, in: folder.path)
      let all = result.output + result.errors
      #expect(!all.contains("\u{1B}") && !all.contains("\u{202E}"), "\(result)")
      #expect(all.contains("\\u{1B}[31m"), "\(result)")
    }
  }

  /// What a bar wrote while a run lasted.
  private func bar(columns: Int, _ terminal: String) throws -> String {
    let process = try LockstepProcess(
      [
        "run", "--model", "quadratic:dimension=10", "--engine", "virtual", "--updates", "2000",
      ], terminal: true, columns: columns, environment: ["TERM=\(terminal)"])
    return try process.finish().errors
  }

  @Test func `that is narrow has a bar that fits`() throws {
    let text = try bar(columns: 20, "xterm")
    let lines = text.split(separator: "\r").map { $0.replacing("\u{1B}[K", with: "") }
    #expect(lines.contains { $0.contains("%") })
    for line in lines { #expect(line.count < 20, "\(line)") }
  }

  @Test func `that is dumb gets no control codes`() throws {
    let text = try bar(columns: 80, "dumb")
    #expect(!text.contains("\u{1B}"))
  }
}
