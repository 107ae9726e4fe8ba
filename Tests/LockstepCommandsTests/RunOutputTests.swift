import Foundation
import Lockstep
import Testing

@Suite(.timeLimit(.minutes(15))) struct `What a run prints` {
  @Test(arguments: [
    ("--version", "0.1.0"), ("", "OVERVIEW: Measure what updating in parallel costs"),
    ("--help", "OVERVIEW: Measure what updating in parallel costs"),
    ("run --help", "OVERVIEW: Train a model with pinned workers under a policy."),
    ("help run", "OVERVIEW: Train a model with pinned workers under a policy."),
    ("topology --help", "OVERVIEW: Show the machine, and which worker a --pin puts where."),
  ])
  func `help and version go to standard output`(_ typed: String, _ start: String) throws {
    let result = try lockstep(typed: typed)
    #expect(result.code == 0)
    #expect(result.output.hasPrefix(start))
    #expect(result.errors.isEmpty)
  }

  @Test func `help names every option of a run`() throws {
    let help = try lockstep(typed: "run --help").output
    for option in [
      "model", "data", "held-out", "engine", "decomposition", "policy", "workers", "optimizer",
      "learning-rate", "schedule", "clip", "batch", "sampling", "updates", "epochs", "target-loss",
      "seed", "kernels",
      "precision", "pin", "service", "delay", "delay-per", "replicas", "warmup", "host-threads",
      "record", "init", "save", "batches", "json", "progress", "quiet", "out",
    ] {
      #expect(help.contains("--\(option) ") || help.contains("--\(option)\n"), "\(option)")
    }
  }

  @Test func `a report is the same text every time but for the times`() throws {
    let result = try lockstep(
      typed: "run --model quadratic:dimension=8 --policy barrier --workers 2 --updates 8 "
        + "--learning-rate 0.5 --pin none --record loss=4")
    #expect(result.code == 0)
    #expect(result.errors.isEmpty)
    // The one sentence that depends on the machine.
    let text = result.output.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("More workers than processing units") }.joined(separator: "\n")
    let masked =
      text
      .replacing(#/\d[\d.]* (s|ms|µs|ns)\b/#, with: "TIME")
      .replacing(#/[\d.]+ [kMG]?updates\/s/#, with: "RATE updates/s")
      .replacing(#/(?m)^(\d +any +4).*$/#) { "\($0.output.1)  SHARES" }
      .replacing(#/(?m)^worker .*$/#, with: "worker HEADINGS")
      .replacing(#/(?m)^(\d) +\d\.\d{3} /#) { "\($0.output.1)  TIME " }
    #expect(
      masked == """
        quadratic:dimension=8, 8 parameters
        barrier, blocks, 2 workers, sgd at rate 0.5000, single, seed 1
        completed after 8 updates, TIME

        loss        4.000 → 0.01562

        throughput  RATE updates/s

        staleness   mean 0, median 0, 90 % 0, 99 % 0, max 0
        torn views  0 of 16 shard copies

        worker HEADINGS
        0        any        4  SHARES
        1        any        4  SHARES

        updates  seconds     loss
        0  TIME    4.000
        4  TIME   0.2500
        8  TIME  0.01562

        """)
  }

  @Test func `a run on data says what it is on`() throws {
    let result = try lockstep(typed: "run --model mlp:0 --updates 3 --pin none")
    #expect(
      result.output.hasPrefix(
        """
        mlp:0 on digits, 650 parameters
        barrier, blocks, 1 worker, sgd at rate 0.1000, batch 32, single, seed 1
        completed after 3 updates, 96 samples,
        """))
    #expect(result.output.contains("held-out accuracy"))
    #expect(result.output.contains("staleness   – (nobody else updates)\n"))
  }

  /// Every key of the record, `[]` for the elements of an array.
  private static let keys: Set<String> = [
    "schema", "configuration", "machine", "machine.processor", "machine.cores",
    "machine.processingUnits", "machine.numaNodes", "machine.memoryBytes", "machine.kernel",
    "placement", "placement[].worker", "placement[].logical", "placement[].os",
    "placement[].numaNode", "oversubscribed", "status", "parameterCount", "updates", "samples",
    "wallSeconds", "cpuSeconds", "virtualTime", "throughput", "throughput.updatesPerSecond",
    "throughput.samplesPerSecond", "loss", "loss.initial", "loss.final", "loss.heldout",
    "loss.accuracy", "loss.curve", "loss.curve[].update", "loss.curve[].time", "loss.curve[].loss",
    "staleness", "staleness.mean", "staleness.max", "staleness.p50", "staleness.p90",
    "staleness.p99", "staleness.histogram", "staleness.sampledEvery", "tornViews",
    "tornViews.reads", "tornViews.torn", "workers", "workers[].worker", "workers[].updates",
    "workers[].computeSeconds", "workers[].readSeconds", "workers[].applySeconds",
    "workers[].waitSeconds", "ensemble", "ensemble.replicas", "ensemble.stationaryMeanSquare",
    "ensemble.stationaryMeanSquareError", "ensemble.mean", "noise",
  ]

  private static func keys(of value: Any, under prefix: String = "") -> Set<String> {
    if let object = value as? [String: Any] {
      return object.reduce(into: []) { keys, pair in
        let path = prefix.isEmpty ? pair.key : "\(prefix).\(pair.key)"
        keys.insert(path)
        keys.formUnion(Self.keys(of: pair.value, under: path))
      }
    }
    if let array = value as? [Any] {
      return array.reduce(into: []) { $0.formUnion(Self.keys(of: $1, under: prefix + "[]")) }
    }
    return []
  }

  @Test(arguments: [
    "--model quadratic:dimension=9 --updates 30", "--model quadratic --target-loss 1e9",
    "--model mlp:4 --updates 20 --batch full", "--model quadratic --learning-rate 1e9 --seed 7",
    "--model svm --data synthetic:density=0.1 --policy hogwild --updates 50",
    "--model mlp:4 --workers 3 --decomposition samples --policy locked --updates 20",
  ])
  func `JSON is one document with every key and nothing else`(_ options: String) throws {
    let result = try lockstep(typed: "run --workers 2 --pin none --quiet --json \(options)")
    #expect(result.code == 0)
    #expect(result.errors.isEmpty)
    #expect(result.output.hasPrefix("{") && result.output.hasSuffix("}\n"))
    let document = try result.document()
    #expect(Self.keys.subtracting(Self.keys(of: document)).sorted() == [])
    #expect(document["schema"] as? String == "lockstep.run/1")
    let configuration = try #require(document["configuration"] as? [String: Any])
    for option in [
      "model", "data", "heldOut", "engine", "decomposition", "policy", "workers", "optimizer",
      "learningRate", "schedule", "clip", "batch", "sampling", "updates", "epochs", "targetLoss",
      "seed", "kernels",
      "precision", "pin", "service", "delay", "delayPer", "replicas", "warmup", "record", "init",
      "save", "batches",
    ] {
      #expect(configuration[option] != nil, "\(option)")
    }
  }

  @Test func `a number that cannot be had is null`() throws {
    let stopped = try lockstep(
      typed: "run --model quadratic --target-loss 1e9 --json --quiet"
    ).document()
    #expect(stopped["status"] as? String == "target-reached")
    #expect(stopped["updates"] as? Int == 0)
    let throughput = try #require(stopped["throughput"] as? [String: Any])
    #expect(throughput["updatesPerSecond"] is NSNull && throughput["samplesPerSecond"] is NSNull)
    #expect((stopped["staleness"] as? [String: Any])?["mean"] is NSNull)
    let diverged = try lockstep(
      typed: "run --model quadratic --learning-rate 1e30 --updates 1000 --json --quiet"
    ).document()
    #expect(diverged["status"] as? String == "diverged")
    #expect((diverged["loss"] as? [String: Any])?["final"] is NSNull)
    #expect(diverged["virtualTime"] is NSNull)
    let ensemble = try #require(diverged["ensemble"] as? [String: Any])
    #expect(ensemble["stationaryMeanSquare"] is NSNull)
    #expect(ensemble["replicas"] as? Int == 1)
  }

  @Test func `the record shows what was resolved`() throws {
    func configuration(_ options: String) throws -> [String: Any] {
      let result = try lockstep(typed: "run --json --quiet --pin none \(options)")
      return try #require(try result.document()["configuration"] as? [String: Any])
    }
    let clamped = try configuration("--model mlp:0 --batch 1000000 --updates 1")
    #expect(clamped["batch"] as? Int == 1437)
    #expect(clamped["data"] as? String == "digits")
    let full = try configuration("--model logistic --batch full --epochs 2 --workers 3")
    #expect(full["batch"] as? Int == 1437)
    #expect(full["updates"] as? Int == 6)
    #expect(full["positiveClass"] as? Int == 0)
    let seeded = try configuration("--model quadratic --updates 1 --seed 18446744073709551615")
    #expect(seeded["seed"] as? String == "18446744073709551615")
    #expect(seeded["batch"] is NSNull && seeded["data"] is NSNull)
    #expect(seeded["learningRate"] as? Double == 0.1)
  }

  @Test func `numbers are written so that they read back the same`() throws {
    let result = try lockstep(
      typed: "run --model quadratic --updates 9 --learning-rate 0.30000000000000004 --json")
    let record = try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
    #expect(record.configuration["learningRate"] == .number(0.1 + 0.2))
    #expect(record.loss.curve.count > 2)
    #expect(result.output.contains("\"final\" : \(try #require(record.loss.final))"))
  }

  @Test func `a terminal gets a progress bar and a file none`() throws {
    let process = try LockstepProcess(
      ["run", "--model", "quadratic", "--updates", "1000000000000", "--json"], terminal: true)
    try process.waitForErrors(toContain: " updates")
    process.send(SIGINT)
    let result = try process.finish()
    #expect(result.errors.contains("quadratic barrier ░"))
    #expect(try result.document()["status"] as? String == "interrupted")
    #expect(try lockstep(typed: "run --model quadratic --updates 100").errors.isEmpty)
  }
}
