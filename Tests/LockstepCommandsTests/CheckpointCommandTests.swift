import Foundation
import Glibc
import Lockstep
import Testing

/// Runs that are killed, interrupted and resumed, as processes.
@Suite(.timeLimit(.minutes(15))) struct `A run with a checkpoint` {
  /// A record without what depends on the time of the host: of a resumed run and of one that was never stopped
  /// it is the same.
  private static func facts(_ output: String) throws -> NSDictionary {
    var record = try #require(
      try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    let isVirtual = (record["virtualTime"] as? NSNumber) != nil
    for name in ["wallSeconds", "cpuSeconds", "noiseSeconds"] { record[name] = nil }
    if !isVirtual {
      // Times of threads, and what is looked at now and then only, depend on the machine.
      for name in ["throughput", "staleness"] { record[name] = nil }
      var loss = try #require(record["loss"] as? [String: Any])
      loss["curve"] = (loss["curve"] as? [[String: Any]])?.map { point in
        point.filter { $0.key != "time" }
      }
      record["loss"] = loss
      record["workers"] = (record["workers"] as? [[String: Any]])?.map { worker in
        worker.filter { $0.key == "worker" || $0.key == "updates" }
      }
    }
    return record as NSDictionary
  }

  /// Kills a command after a time that gets longer from one attempt to the next, so that it comes to an end on
  /// any machine.
  private static func killed(_ attempt: Int, _ signal: String) -> [String] {
    let seconds = 0.25 * pow(1.5, Double(attempt))
    return ["timeout", "--preserve-status", "-s", signal, "-k", "20", "\(seconds)"]
  }

  /// Kills a run again and again, each time going on from its checkpoint, until it has ended.
  ///
  /// - Returns: what it printed in the end, and how often it was stopped.
  private static func carryThrough(
    _ options: [String], in folder: CommandFolder, signals: [String]
  ) throws -> (output: String, stops: Int, codes: Set<Int32>) {
    var codes: Set<Int32> = []
    for attempt in 0..<60 {
      let isThere = folder.names.contains("run.ckpt")
      let begin = ["run"] + options + ["--checkpoint", "run.ckpt,every=0.02s"]
      let result = try lockstep(
        isThere ? ["run", "--resume", "run.ckpt", "--json", "--quiet"] : begin,
        in: folder.path, launcher: killed(attempt, signals[attempt % signals.count]))
      // `timeout` dies of the same signal as what it kills.
      let code = result.signal == SIGKILL ? 137 : try #require(result.code, "\(result)")
      if code == 0 { return (result.output, attempt, codes) }
      codes.insert(code)
      // 137: killed; 75: it can go on; 130: interrupted before there was a checkpoint.
      try #require([137, 75, 130].contains(code), "\(result)")
      try #require(code != 75 || folder.names.contains("run.ckpt"))
      #expect(!result.errors.contains("Fatal"))
    }
    Issue.record("it never came to an end")
    return ("", 0, codes)
  }

  @Test(arguments: [
    "--engine virtual --decomposition samples --policy hogwild --workers 5 --read-time constant:0.5 "
      + "--fault worker=1,at=40,kind=stall:9 --record noise=400",
    "--policy barrier --workers 2 --optimizer adam --pin none",
  ])
  func `that is killed again and again ends as if nothing had happened`(text: String) throws {
    let folder = try CommandFolder()
    let options =
      ["--model", "mlp:6", "--updates", "1600", "--json", "--save", "w.npy", "--quiet"]
      + ["--out", "results"]
      + text.split(separator: " ").map(String.init)
    let whole = try CommandFolder()
    let expected = try lockstep(["run"] + options, in: whole.path)
    try #require(expected.code == 0, "\(expected)")
    let found = try Self.carryThrough(
      options, in: folder, signals: ["KILL", "TERM", "KILL", "INT"])
    #expect(try Self.facts(found.output) == Self.facts(expected.output), "\(found.stops) stops")
    #expect(try folder.read("w.npy") == whole.read("w.npy"))
    #expect(folder.names(in: "results") == ["loss.csv", "record.json"])
    #expect(try folder.read("results/record.json") == Data(found.output.utf8.dropLast()))
    #expect(folder.names.allSatisfy { !$0.hasSuffix(".partial") || found.codes.contains(137) })
  }

  @Test(arguments: ["hogwild"])
  func `on threads that wait less goes on from where they stood`(policy: String) throws {
    let folder = try CommandFolder()
    let options =
      ["--model", "mlp:6", "--updates", "1600", "--json", "--quiet", "--policy", policy]
      + ["--workers", "2", "--decomposition", "samples", "--pin", "none"]
    let found = try Self.carryThrough(options, in: folder, signals: ["KILL", "INT"])
    let record = try JSONDecoder().decode(RunRecord.self, from: Data(found.output.utf8))
    #expect(record.status == .completed)
    #expect(record.updates == 1600)
    #expect(record.workers.map(\.updates).reduce(0, +) == 1600)
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `says how it goes on when it is interrupted`(signal: Int32) throws {
    let folder = try CommandFolder()
    for options in ["--policy barrier --workers 2", "--engine virtual --workers 3"] {
      let process = try LockstepProcess(
        ["run", "--model", "quadratic:dimension=30", "--updates", "1000000000000", "--json"]
          + ["--checkpoint", "c.ckpt"] + options.split(separator: " ").map(String.init),
        in: folder.path, terminal: true)
      try process.waitForErrors(toContain: " updates")
      process.send(signal)
      let result = try process.finish()
      #expect(result.code == 75, "\(result)")
      #expect(
        result.errors.contains("stopped early; go on with lockstep run --resume c.ckpt"))
      let record = try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
      #expect(record.status == .interrupted)
      #expect(folder.names == ["c.ckpt"])
      // Interrupted once more at once, it can still go on.
      let again = try LockstepProcess(
        ["run", "--resume", "c.ckpt"], in: folder.path, terminal: true)
      try again.waitForErrors(toContain: " updates")
      again.send(signal)
      #expect(try again.finish().code == 75)
    }
  }

  @Test func `is refused where the file is none, another one or damaged`() throws {
    let folder = try CommandFolder()
    let made = try lockstep(
      typed: "run --model quadratic --engine virtual --updates 9000 --quiet "
        + "--checkpoint c.ckpt,every=0.000001s", in: folder.path)
    try #require(made.code == 0, "\(made)")
    let bytes = [UInt8](try folder.read("c.ckpt"))
    try folder.write("cut.ckpt", Array(bytes.dropLast(20)))
    var damaged = bytes
    damaged[bytes.count / 2] ^= 1
    try folder.write("damaged.ckpt", damaged)
    try folder.write("none.ckpt", "update,loss\n")
    for (arguments, code, reason) in [
      ("--resume missing.ckpt", Int32(66), "missing.ckpt: no such file"),
      ("--resume none.ckpt", 65, "is no checkpoint"),
      ("--resume cut.ckpt", 65, "the checkpoint is cut off"),
      ("--resume damaged.ckpt", 65, "the checkpoint is damaged"),
      ("--resume c.ckpt --model mlp:3", 65, "with --model quadratic"),
      ("--resume c.ckpt --workers 3", 65, "with --workers 1, not with 3"),
      ("--resume c.ckpt --updates 10000", 64, "keeps its length"),
      ("--resume c.ckpt --trace t.csv", 64, "a checkpoint doesn't hold the iterations"),
      ("--model quadratic --checkpoint none.ckpt", 73, "there is a file that is no checkpoint"),
      ("--model quadratic --checkpoint x/c.ckpt", 73, "cannot be written"),
      ("--model quadratic --checkpoint c,every=never", 64, "every= takes a time"),
      ("--model quadratic --engine virtual --replicas 3 --checkpoint r.ckpt", 64, "--replicas 3"),
      ("--resume c.ckpt --quiet", 0, ""),
    ] {
      let result = try lockstep(typed: "run \(arguments)", in: folder.path)
      #expect(result.code == code, "\(arguments): \(result)")
      if code != 0 {
        #expect(result.errors.contains(reason), "\(arguments): \(result.errors)")
        #expect(isSentence(result.errors), "\(arguments): \(result.errors)")
      }
    }
  }
}
