import Foundation
import Lockstep
import Testing

@Suite(.timeLimit(.minutes(15))) struct `Runs in virtual time` {
  /// 100 updates of 8 workers are 12.5 rounds.
  @Test(arguments: [
    ("--workers 8 --updates 100 --policy barrier --engine virtual", 400),
    ("--workers 8 --updates 100 --policy barrier", 400),
    ("--workers 8 --updates 100 --delay constant:0 --engine virtual", 400),
    ("--workers 5 --updates 1 --batch 3 --engine virtual", 1),
    ("--workers 2 --updates 1 --batch 1", 1),
    ("--workers 2 --updates 12 --policy hogwild --service per-worker:1;3 --engine virtual", 192),
  ])
  func `count an example in blocks by the parts that workers have had of it`(
    _ options: String, _ samples: Int
  ) throws {
    let record = try runRecord("--model mlp:8 --decomposition blocks \(options)")
    #expect(record.samples == samples)
  }

  @Test(arguments: ["barrier", "sequential"], ["blocks", "samples"])
  func `save the same bytes as the threads where the schedule leaves no choice`(
    policy: String, decomposition: String
  ) throws {
    let folder = try CommandFolder()
    let options =
      "--model mlp:6 --policy \(policy) --decomposition \(decomposition) --workers 3 "
      + "--epochs 1 --batch 64 --kernels portable --precision double --pin none"
    _ = try runRecord("\(options) --save threads.npy", in: folder.path)
    let virtual = options.replacing(" --precision double --pin none", with: "")
    let simulated = try runRecord(
      "\(virtual) --engine virtual --service lognormal:1,1 --save virtual.npy", in: folder.path)
    #expect(try folder.read("threads.npy") == folder.read("virtual.npy"))
    #expect(simulated.configuration["precision"] == .text("double"))
    #expect(simulated.configuration["pin"] == .null && simulated.placement.isEmpty)
    #expect(simulated.virtualTime ?? 0 > 0)
  }

  @Test(arguments: [
    "--model mlp:8 --policy hogwild --decomposition samples --workers 5 --updates 60 "
      + "--service exponential:2",
    "--model mlp:8 --policy bounded:1 --workers 4 --updates 60 --service gamma:1,0.5",
    "--model quadratic:dimension=3,noise=1 --workers 3 --updates 300 --replicas 20 --warmup 90 "
      + "--decomposition samples --delay uniform:0..4",
    "--model quadratic:dimension=3,noise=1 --workers 3 --updates 300 --replicas 20 --warmup 90 "
      + "--decomposition samples --policy hogwild --service exponential:1",
  ])
  func `are the same on any number of threads of the host`(_ options: String) throws {
    var texts: Set<Data> = []
    for threads in [1, 2, 4] {
      var record = try runRecord(
        "\(options) --kernels portable --engine virtual --host-threads \(threads)")
      (record.wallSeconds, record.cpuSeconds) = (0, 0)
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      texts.insert(try encoder.encode(record))
    }
    #expect(texts.count == 1)
  }

  // Kuruklis, 1994: x ← x − a·x(t − τ) is stable iff a < 2 sin(π / (2(2τ + 1))), here .347296.
  // The growth is that of the largest root of z⁵ = z⁴ − a.
  @Test(arguments: [
    (0.3465, -0.000365133), (0.3480, 0.000321957), (0.05, -0.067836024), (0.7, 0.113044885),
  ])
  func `grow as the largest root of their recursion says`(rate: Double, growth: Double) throws {
    let record = try runRecord(
      "--engine virtual --model quadratic:eigenvalues=1 --decomposition samples "
        + "--delay constant:4 --updates 2000 --warmup 100 --learning-rate \(rate)")
    let found = try #require(record.ensemble.growthRate)
    #expect((found - growth).magnitude < 1e-9)
    #expect(record.ensemble.growthRateError == 0)
    // Nothing is random, so the path that was simulated grows so, too; its oscillation doesn't quite
    // average out. A run that has diverged is over before the end of the warm-up.
    if record.status != .diverged {
      let path = try #require(record.ensemble.pathGrowthRate)
      #expect((path - growth).magnitude < 1.5e-4 && (path > 0) == (growth > 0))
    }
    #expect(record.virtualTime == nil && record.throughput.updatesPerSecond == nil)
    #expect(record.configuration["policy"] == .text("hogwild"))
  }

  // Varga, Matrix Iterative Analysis, 2000: a sweep contracts by cos(π/(n + 1)), or its square.
  @Test(arguments: [("barrier", 1.0), ("sequential", 2)])
  func `contract on the Laplacian as Jacobi and Gauss-Seidel do`(policy: String, power: Double)
    throws
  {
    let record = try runRecord(
      "--engine virtual --model quadratic:laplacian=8 --workers 8 --policy \(policy) "
        + "--learning-rate 0.5 --updates 8000 --warmup 2000")
    let growth = try #require(record.ensemble.pathGrowthRate)
    #expect(abs(exp(growth * 8) / pow(cos(.pi / 9), power) - 1) < 1e-4)
    // Only behind a barrier are all views those of a round.
    let exact = record.ensemble.growthRate.map { exp($0 * 8) / cos(.pi / 9) }
    #expect(policy == "barrier" ? abs((exact ?? 0) - 1) < 1e-9 : exact == nil)
  }

  // Rare paths carry the mean square: a simulation of 1,000 replicas said −.064.
  // A rate below ½ no longer moves the smallest number of all, where the path then stays.
  @Test(arguments: ["single", "double"])
  func `shrink at one rate until they are too small for their precision`(
    _ precision: String
  ) throws {
    let folder = try CommandFolder()
    let run =
      "--engine virtual --model quadratic:eigenvalues=1 --decomposition samples --learning-rate 0.3 "
      + "--precision \(precision)"
    for updates in [400, 4000] {
      let rate =
        try runRecord("\(run) --updates \(updates)", in: folder.path)
        .ensemble.pathGrowthRate ?? 0
      #expect((rate - log(0.7)).magnitude < 1e-4, "\(updates): \(rate)")
    }
    // After the warm-up there is nothing left that could look as if it didn't shrink.
    let late = try runRecord("\(run) --updates 4000 --warmup 1500", in: folder.path).ensemble
    #expect(late.pathGrowthRate == nil)
  }

  @Test func `have a mean square that grows though their paths shrink`() throws {
    let record = try runRecord(
      "--engine virtual --model quadratic:eigenvalues=1 --decomposition samples --policy hogwild "
        + "--workers 2 --service exponential:1 --learning-rate 1.345 --updates 2000 --warmup 500 "
        + "--replicas 20")
    let ensemble = record.ensemble
    #expect(abs((ensemble.growthRate ?? 0) - 0.0197) < 5e-5)
    #expect((ensemble.pathGrowthRate ?? 0) < -0.05 && (ensemble.meanGrowthRate ?? 0) < 0)
    #expect((ensemble.pathGrowthRateError ?? 1) < 0.02)
    // What has too many states is measured along paths only.
    let bounded = try runRecord(
      "--engine virtual --model quadratic:eigenvalues=1 --decomposition samples "
        + "--policy bounded:2 --workers 2 --service exponential:1 --learning-rate 0.1 "
        + "--updates 500 --replicas 5")
    #expect(bounded.ensemble.growthRate == nil && (bounded.ensemble.pathGrowthRate ?? 0) < 0)
  }

  @Test func `take as many workers as there are numbers for`() throws {
    let record = try runRecord(
      "--engine virtual --model quadratic:dimension=2 --decomposition samples --policy hogwild "
        + "--workers 65536 --updates 131072 --service constant:1 --learning-rate 1e-6")
    #expect(record.virtualTime == 2 && record.workers.count == 65_536)
    #expect(record.throughput.updatesPerSecond == 65_536)
    // Everybody reads at once, and applies after all those before it.
    #expect(record.staleness.max == 65_535)
  }

  @Test func `average what --replicas and --warmup say`() throws {
    // Unit curvature, noise of variance 1, fresh views: a/(2 − a) = 1/19 for a = 0.1.
    let record = try runRecord(
      "--engine virtual --model quadratic:eigenvalues=1,noise=1 --updates 2000 --warmup 200 "
        + "--replicas 200 --learning-rate 0.1")
    let square = try #require(record.ensemble.stationaryMeanSquare)
    let error = try #require(record.ensemble.stationaryMeanSquareError)
    #expect(record.ensemble.replicas == 200 && error > 0 && error < 0.001)
    #expect((square - 1.0 / 19).magnitude < 4 * error)
  }

  @Test func `print a report in units of virtual time`() throws {
    let result = try lockstep(
      typed: "run --engine virtual --model quadratic:dimension=4 --decomposition samples "
        + "--policy bounded:1 --workers 2 --service per-worker:1;3 --updates 12 --record loss=6 "
        + "--learning-rate 0.5")
    #expect(result.code == 0 && result.errors.isEmpty)
    for line in [
      "bounded:1 in virtual time, service per-worker:1.0;3.0, samples, 2 workers",
      "completed after 12 updates, 18.00 units of time, simulated in ",
      "worker  updates  compute    wait", "updates    time",
      "throughput  0.667 updates per unit of time",
    ] {
      #expect(result.output.contains(line), "\(line)\n\(result.output)")
    }
  }

  @Test func `say which worker the others wait for`() throws {
    let start =
      "--engine virtual --model quadratic:dimension=8 --decomposition samples --workers 4 "
      + "--updates 100 --fault worker=3,at=5,kind=crash"
    for (policy, status) in [
      ("barrier", RunStatus.stalled), ("bounded:2", .stalled), ("hogwild", .completed),
    ] {
      let record = try runRecord("\(start) --policy \(policy)")
      #expect(record.status == status && record.stall?.worker == (status == .stalled ? 3 : nil))
      // One unit an iteration, and the fault comes first of its tick: worker 3 is lost in its fifth,
      // and the others go on as far as they may.
      let since = ["barrier": 5.0, "bounded:2": 7.0][policy]
      #expect(record.stall?.since == since && record.stall?.crashedAt == since.map { _ in 5 })
      #expect(record.stall?.waiting == since.map { _ in 3 })
      #expect(record.updates == ["barrier": 4, "bounded:2": 25, "hogwild": 100][policy])
    }
    let result = try lockstep(typed: "run \(start) --policy bounded:2")
    #expect(result.output.contains("stalled     worker 3 crashed at 5.000; since "))
    #expect(!result.output.contains("\n\n\n"))
    let wrong = try lockstep(typed: "run \(start) --fault worker=4,at=5,kind=crash")
    #expect(wrong.code == 64 && wrong.errors.contains("workers are numbered from 0 to 3"))
  }

  @Test func `draw from what threads were measured to take`() throws {
    let folder = try CommandFolder()
    let model = "--model mlp:16 --decomposition samples --policy hogwild"
    _ = try runRecord(
      "\(model) --workers 1 --updates 300 --pin none --calibrate c.json", in: folder.path)
    let calibration = try JSONDecoder().decode(Calibration.self, from: folder.read("c.json"))
    #expect(calibration.iterations == 300 && calibration.service.count == 300)
    #expect(calibration.service == calibration.service.sorted())
    let one = try runRecord(
      "\(model) --engine virtual --workers 1 --updates 3000 --service calibrated:c.json",
      in: folder.path)
    // 3,000 draws of the mean measured duration, in microseconds.
    let mean = calibration.service.reduce(0, +) / 300
    let spread = calibration.service.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 299
    let time = try #require(one.virtualTime)
    #expect((time / 3000 - mean).magnitude < 5 * (spread / 3000).squareRoot() + 1e-5)
    try folder.write("not.json", "{}")
    for (file, code) in [("not.json", Int32(65)), ("none.json", 66)] {
      let wrong = try lockstep(
        typed: "run --engine virtual --service calibrated:\(file)", in: folder.path)
      #expect(wrong.code == code && wrong.errors.contains(file))
    }
    let wrong = try lockstep(typed: "run --engine virtual --calibrate c.json", in: folder.path)
    #expect(wrong.code == 64 && wrong.errors.contains("--calibrate measures real threads"))
  }
}
