import Foundation
import LockstepTelemetry
import Testing

@Suite(.timeLimit(.minutes(15))) struct `Reads and updates that take virtual time` {
  @Test(arguments: ["blocks", "samples"]) func `are traced, checked and executed again`(
    decomposition: String
  ) throws {
    let folder = try CommandFolder()
    for policy in ["barrier", "bounded:2", "hogwild", "locked"] {
      let record = try runRecord(
        "--engine virtual --model mlp:8 --kernels portable --decomposition \(decomposition) "
          + "--policy \(policy) --workers 3 --updates 60 --service exponential:1 "
          + "--read-time gamma:0.5,1 --apply-time constant:0.5 --trace t.csv", in: folder.path)
      #expect(record.configuration["readTime"] == .text("gamma:0.5,1.0"))
      #expect(record.configuration["applyTime"] == .text("constant:0.5"))
      let isRacing = policy == "bounded:2" || policy == "hogwild"
      #expect((record.tornViews.torn ?? 0 > 0) == isRacing, "\(policy)")
      #expect(record.workers.allSatisfy { $0.readSeconds > 0 && $0.applySeconds > 0 })
      let check = try lockstep(typed: "trace check t.csv", in: folder.path)
      #expect(check.code == 0, "\(policy): \(check.output)")
      let replay = try lockstep(typed: "trace replay t.csv", in: folder.path)
      #expect(replay.code == 0 && replay.output.contains("the same bits as recorded"), "\(policy)")
    }
  }

  @Test(arguments: ["blocks", "samples"])
  func `are probed for noise, and no bit of the run changes`(
    decomposition: String
  ) throws {
    let folder = try CommandFolder()
    for policy in ["barrier", "bounded:2", "hogwild", "locked"] {
      let options =
        "--engine virtual --model mlp:8 --kernels portable --decomposition \(decomposition) "
        + "--policy \(policy) --workers 3 --updates 60 --service exponential:1 "
        + "--read-time gamma:0.5,1 --apply-time constant:0.5 --save w.npy"
      let plain = try runRecord(options, in: folder.path)
      let parameters = try folder.read("w.npy")
      let probed = try runRecord("\(options) --record noise=6", in: folder.path)
      #expect(try folder.read("w.npy") == parameters, "\(policy)")
      #expect(probed.virtualTime == plain.virtualTime && probed.loss.final == plain.loss.final)
      let current = probed.noise.filter { $0.set == "current" }
      #expect(current.map(\.update) == (0..<10).map { $0 * 6 }, "\(policy)")
      let errors = current.compactMap(\.gradientError)
      #expect(errors.contains { $0 > 0 } == (policy != "barrier"), "\(policy)")
    }
  }

  @Test func `are struck by faults`() throws {
    let folder = try CommandFolder()
    let start =
      "--engine virtual --model quadratic:dimension=8 --decomposition samples --workers 4 "
      + "--updates 100 --read-time constant:1 --apply-time constant:1 --trace t.csv"
    // Under locked worker 0 reads over 0 to 1 and applies over 4 to 5.
    for (policy, fault, status) in [
      ("barrier", "at=5.25", RunStatus.stalled), ("bounded:2", "at=5.25", .stalled),
      ("hogwild", "at=2.25", .completed), ("locked", "at=0.5", .stalled),
      ("locked", "at=4.5", .stalled), ("locked", "at=1.5", .completed),
    ] {
      let record = try runRecord(
        "\(start) --policy \(policy) --fault worker=0,\(fault),kind=crash", in: folder.path)
      #expect(record.status == status, "\(policy), \(fault)")
      #expect(record.stall?.worker == (status == .stalled ? 0 : nil), "\(policy), \(fault)")
      let check = try lockstep(typed: "trace check t.csv", in: folder.path)
      #expect(check.code == 0, "\(policy), \(fault): \(check.output)")
      let replay = try lockstep(typed: "trace replay t.csv", in: folder.path)
      #expect(replay.code == 0, "\(policy), \(fault): \(replay.output)")
    }
  }

  // Worker 0 dies with the lock when it has written one of two shards: no update was made, but the
  // parameters have moved, from a loss of 4 to one of 4·½·0.9² + 4·½.
  @Test func `leave the loss of what a crash left half-way`() throws {
    let folder = try CommandFolder()
    for looks in ["", " --record loss=1"] {
      let record = try runRecord(
        "--engine virtual --model quadratic:eigenvalues=1;1;1;1;1;1;1;1 --decomposition samples "
          + "--policy locked --workers 2 --updates 40 --apply-time constant:2 --learning-rate 0.1 "
          + "--fault worker=0,at=2.5,kind=crash --save w.npy\(looks)", in: folder.path)
      #expect(record.status == .stalled && record.updates == 0)
      #expect(record.loss.initial == 4)
      #expect(((record.loss.final ?? 0) - 3.62).magnitude < 1e-12, "\(record.loss)")
      #expect(record.loss.curve.map(\.update) == [0])
      let again = try runRecord(
        "--engine virtual --model quadratic:eigenvalues=1;1;1;1;1;1;1;1 --updates 1 --init w.npy",
        in: folder.path)
      #expect(again.loss.initial == record.loss.final)
    }
  }

  @Test func `are drawn from what threads were measured to take`() throws {
    let folder = try CommandFolder()
    let model = "--model mlp:16 --decomposition samples --policy hogwild"
    _ = try runRecord(
      "\(model) --workers 2 --updates 400 --pin none --calibrate c.json", in: folder.path)
    let calibration = try JSONDecoder().decode(Calibration.self, from: folder.read("c.json"))
    let parts = try #require(calibration.parts)
    #expect(parts.count == 2)
    #expect(parts.map(\.read.count) == calibration.workers.map(\.count))
    // The parts' means add up to that of the whole.
    func mean(_ list: [Double]) -> Double { list.reduce(0, +) / Double(list.count) }
    for (parts, whole) in zip(parts, calibration.workers) {
      let sum = mean(parts.read) + mean(parts.compute) + mean(parts.apply)
      #expect((sum / mean(whole) - 1).magnitude < 1e-9)
    }
    let record = try runRecord(
      "\(model) --engine virtual --workers 2 --updates 2000 --service calibrated:c.json "
        + "--read-time calibrated:c.json --apply-time calibrated:c.json", in: folder.path)
    for (worker, parts) in zip(record.workers, parts) {
      let updates = Double(worker.updates)
      // The means of draws lie within the range of what they are drawn from.
      let read = worker.readSeconds / updates
      #expect(read >= (parts.read.first ?? 0) && read <= (parts.read.last ?? 0) * 1.01 + 1e-3)
      let apply = worker.applySeconds / updates
      #expect(apply >= (parts.apply.first ?? 0) && apply <= (parts.apply.last ?? 0) * 1.01 + 1e-3)
    }
  }

  @Test(arguments: [
    ("--read-time constant:-1", Int32(64), "'-1' is not a number above 0"),
    ("--apply-time exponential:nan", 64, "'nan' is not a number above 0"),
    ("--read-time per-worker:1;2;3", 64, "--read-time per-worker:1.0;2.0;3.0: 3 durations for 2"),
    ("--apply-time trace:empty.txt", 65, "empty.txt: the file is empty"),
    ("--apply-time trace:none.txt", 66, "none.txt"),
    ("--read-time adversarial:1", 64, "not one of constant:T"),
    ("--read-time constant:1 --delay constant:1", 64, "--read-time is a time, and under --delay"),
    ("--apply-time constant:1 --service adversarial:3", 64, "an adversary doesn't keep to times"),
    ("--read-time constant:1 --service calibrated:c.json", 64, "give both or neither"),
    (
      "--read-time constant:1 --workers 9000 --model quadratic:dimension=9000", 64,
      "each of 9,000 views holds versions of 9,000 shards"
    ),
  ])
  func `that make no sense are refused`(_ options: String, _ code: Int32, _ text: String) throws {
    let folder = try CommandFolder()
    try folder.write("empty.txt", "")
    let given = options.contains("--workers") ? "" : "--workers 2 --model quadratic:dimension=4 "
    let result = try lockstep(
      typed: "run --engine virtual \(given)--updates 10 --quiet \(options)", in: folder.path)
    #expect(result.code == code && result.output.isEmpty, "\(result.errors)")
    #expect(result.errors.contains(text), "\(result.errors)")
    let threads = try lockstep(typed: "run --quiet --read-time constant:1", in: folder.path)
    #expect(threads.code == 64 && threads.errors.contains("--read-time is for simulated time"))
  }
}
