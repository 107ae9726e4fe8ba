import Foundation
import Glibc
import Lockstep
import Testing

@Suite(.timeLimit(.minutes(15))) struct `An interrupted run` {
  /// Starts a run that would take days, interrupts it while its workers work, and takes what it says.
  private func interrupt(_ signal: Int32, _ options: String) throws {
    let folder = try CommandFolder()
    let arguments = "run --updates 1000000000000 --json --save w.npy --out o \(options)"
    let process = try LockstepProcess(
      arguments.split(separator: " ").map(String.init), in: folder.path, terminal: true)
    // The bar is drawn while the workers run, and the signals are caught from before that on.
    try process.waitForErrors(toContain: " updates")
    process.send(signal)
    let result = try process.finish()
    #expect(result.code == 130, "\(result)")
    let record = try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
    #expect(record.status == .interrupted)
    #expect(record.updates > 0 && record.updates < 1_000_000_000_000)
    #expect(record.loss.curve.last?.update == record.updates)
    #expect(record.workers.map(\.updates).reduce(0, +) >= record.updates)
    // What there is, is whole: files of the full size, no temporary ones.
    #expect(folder.names == ["o", "w.npy"])
    #expect(try folder.read("w.npy").count == 128 + 4 * record.parameterCount)
    #expect(try folder.read("o/record.json") == Data(result.output.utf8.dropLast()))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path + "/o").sorted()
        == ["loss.csv", "record.json"])
  }

  @Test(arguments: ["sequential", "barrier", "bounded:0", "bounded:3", "hogwild", "locked"])
  func `ends with what there is, whoever waits for whom`(_ policy: String) throws {
    try interrupt(
      SIGINT, "--policy \(policy) --workers 3 --model quadratic:dimension=30")
  }

  @Test(arguments: ["barrier", "locked"])
  func `ends at a polite kill too`(_ policy: String) throws {
    try interrupt(
      SIGTERM, "--policy \(policy) --workers 4 --decomposition samples --model mlp:4")
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `ends at once while it still reads its data`(_ signal: Int32) throws {
    let folder = try CommandFolder()
    let pipe = folder.path + "/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    let process = try LockstepProcess(
      ["run", "--model", "mlp:2", "--data", "csv:pipe", "--json", "--save", "w.npy"],
      in: folder.path)
    // Opens once the other end is open: the command reads.
    let descriptor = open(pipe, O_WRONLY | O_CLOEXEC)
    defer { close(descriptor) }
    process.send(signal)
    let result = try process.finish()
    #expect(result.code == 130)
    #expect(result.output.isEmpty)
    #expect(result.errors == "lockstep: interrupted before the run began\n")
    #expect(folder.names == ["pipe"])
  }

  @Test func `ends at a second signal, whatever it is doing`() throws {
    let process = try LockstepProcess(
      ["run", "--model", "mlp:64", "--updates", "1000000000000", "--json", "--workers", "3"],
      terminal: true)
    try process.waitForErrors(toContain: " updates")
    for _ in 0..<3 { process.send(SIGINT) }
    process.send(SIGTERM)
    let result = try process.finish()
    #expect(result.code == 130)
    #expect(!result.errors.contains("Fatal"))
  }

  @Test func `ends where the vector is updated in place`() throws {
    try interrupt(
      SIGINT,
      "--policy hogwild --workers 2 --decomposition samples --model svm --batch 1 "
        + "--data synthetic:examples=500,features=100,density=0.1")
  }
}

@Suite(.timeLimit(.minutes(15))) struct `Every command answers an interruption` {
  /// Interrupts a command after several times; each must end by itself, with no file half-written.
  @Test(arguments: [
    ("run --model mlp:64 --updates 1000000000 --save w.npy", [Int32(130)]),
    ("run --engine virtual --model mlp:512 --replicas 20000 --updates 2", [130]),
    ("run --engine virtual --model quadratic --delay constant:3 --replicas 1000000", [130]),
    ("run --model mlp:2048 --data synthetic:examples=20000,features=100 --batch full", [130]),
    ("noise --model mlp:64 --updates 1000000 --every 1 --out o", [130]),
    ("noise --engine virtual --model mlp:16 --updates 1000000 --noise-shards parameters", [130]),
    ("bench --model mlp:16 --out o", [130]),
    ("sweep seed=1..9 --model quadratic --updates 1000000000 --engine virtual --out o", [75, 130]),
    ("sweep seed=1..9 --model mlp:64 --updates 1000000000 --out o", [75, 130]),
    (
      "sweep --bisect learning-rate workers=1..8 --engine virtual --model quadratic:dimension=2000 "
        + "--updates 1000000 --out o", [75, 130]
    ),
    ("study run inherent-noise --out o", [75, 130]),
    ("sweep seed=1..9 --model mlp:512 --updates 100000 --engine virtual --dry-run", [0, 130]),
  ])
  func `within a moment`(_ typed: String, _ codes: [Int32]) throws {
    for seconds in [0.05, 0.6, 1.5] {
      let folder = try CommandFolder()
      let result = try lockstep(
        typed.split(separator: " ").map(String.init) + (typed.contains("--dry") ? [] : ["--quiet"]),
        in: folder.path, launcher: Surroundings.interrupted(after: seconds))
      #expect(codes.contains(result.code ?? -1), "\(typed) after \(seconds) s: \(result)")
      #expect(!result.errors.contains("Fatal"))
      for name in folder.names + folder.names(in: "o") {
        #expect(!name.hasSuffix(".partial"), "\(name)")
      }
    }
  }

  @Test func `also where it waits for somebody to read`() throws {
    let folder = try CommandFolder()
    try #require(mkfifo(folder.path + "/pipe", 0o600) == 0)
    let result = try lockstep(
      ["run", "--model", "quadratic", "--updates", "4", "--save", "pipe", "--quiet"],
      in: folder.path, launcher: Surroundings.interrupted(after: 0.5))
    #expect(result.code == 130, "\(result)")
  }
}
