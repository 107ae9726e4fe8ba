import LockstepStudies
import LockstepTelemetry
import Testing

@Suite struct MetricTests {
  @Test func `fields of the record are found by their paths`() throws {
    let run = SyntheticRun.make([:]) {
      $0.loss.heldout = 0.5
      $0.staleness.mean = 3
      $0.ensemble.growthRate = -0.25
      $0.virtualTime = 7
    }
    let expected: [(String, Double?)] = [
      ("loss.final", 1), ("loss.heldout", 0.5), ("loss.accuracy", nil),
      ("throughput.updatesPerSecond", 50), ("staleness.mean", 3), ("parameterCount", 10),
      ("virtualTime", 7), ("wallSeconds", 2), ("ensemble.growthRate", -0.25),
      ("ensemble.stationaryMeanSquare", nil), ("samples", 200),
    ]
    for (path, value) in expected { #expect(try Metric(path).value(in: run) == value, "\(path)") }
  }

  @Test func `a number that isn't finite cannot be had`() throws {
    let run = SyntheticRun.make([:]) { $0.loss.final = .infinity }
    #expect(try Metric("loss.final").value(in: run) == nil)
  }

  @Test(arguments: [
    ("axis.workers", 8.0), ("axis.learning-rate", 0.5), ("axis.delay", 4), ("axis.policy", 16),
    ("axis.model.width", 64), ("axis.model.depth", 2), ("axis.service", 1.5),
    ("axis.read-time", 12), ("axis.data.rows", 100), ("axis.batch", 32), ("axis.target-loss", 0.25),
  ])
  func `the number in an axis is found`(path: String, value: Double) throws {
    let run = SyntheticRun.make(
      [
        "workers": .integer(8), "learning-rate": .number(0.5), "delay": .text("constant:4"),
        "policy": .text("bounded:16"), "model": .text("mlp:64x32,activation=tanh"),
        "service": .text("gamma:1.5,0.5"), "read-time": .text("uniform:0..12"),
        "data": .text("synthetic:rows=100,columns=3"),
      ], configuration: ["batch": .integer(32), "targetLoss": .number(0.25)])
    #expect(try Metric(path).value(in: run) == value)
  }

  @Test func `text without a number has none`() throws {
    let run = SyntheticRun.make([
      "policy": .text("hogwild"), "model": .text("mlp:64x64"), "delay": .null,
    ])
    for path in ["axis.policy", "axis.model", "axis.delay", "axis.model.rank"] {
      #expect(try Metric(path).value(in: run) == nil, "\(path)")
    }
    let softmax = SyntheticRun.make(["model": .text("mlp:0")])
    #expect(try Metric("axis.model.depth").value(in: softmax) == 0)
    #expect(try Metric("axis.model.width").value(in: softmax) == nil)
  }

  @Test func `the slowest worker has made the fewest updates and been busy longest`() throws {
    let run = SyntheticRun.make([:]) {
      $0.workers = [
        SyntheticRun.worker(0, updates: 5, compute: 1),
        SyntheticRun.worker(1, updates: 3, compute: 2),
        SyntheticRun.worker(2, updates: 3, compute: 4),
        SyntheticRun.worker(3, updates: 9, compute: 1),
      ]
    }
    #expect(try Metric("workers[slowest].updates").value(in: run) == 3)
    #expect(try Metric("workers[slowest].computeSeconds").value(in: run) == 4)
    #expect(try Metric("workers[fastest].waitSeconds").value(in: run) == 3)
    #expect(try Metric("workers[all].updates").value(in: run) == 20)
    #expect(try Metric("workers[1].computeSeconds").value(in: run) == 2)
    #expect(try Metric("workers[7].updates").value(in: run) == nil)
  }

  @Test func `noise is averaged over the probes of its set and split`() throws {
    let run = SyntheticRun.make([:]) { record in
      record.workers = (0..<4).map { SyntheticRun.worker($0, updates: 1, compute: 1) }
      for update in 0..<3 {
        let size = Double(update + 1)
        record.noise += [
          SyntheticRun.probe(update, "current", shards: 4, interaction: size, promised: 2 * size),
          SyntheticRun.probe(update, "current", shards: 10, interaction: 10 * size, promised: 4),
          SyntheticRun.probe(update, "other", shards: 4, interaction: -size, promised: nil),
        ]
      }
    }
    let expected: [(String, Double?)] = [
      ("noise.interaction[current]", 2), ("noise.interaction", 2),
      ("noise.interaction[other]", -2), ("noise.interaction[heldout]", nil),
      ("noise.interaction[current].relative", 0.5), ("noise.interaction.relative[current]", 0.5),
      ("noise.interaction[current]@shards=parameters", 20),
      ("noise.interaction[current].relative@shards=10", 5),
      ("noise.interaction[current]@shards=workers", 2),
      ("noise.interaction[current]@shards=3", nil), ("noise.interaction[other].relative", nil),
      ("noise.sequentialGap[current]", nil),
    ]
    for (path, value) in expected { #expect(try Metric(path).value(in: run) == value, "\(path)") }
  }

  @Test func `times to a target are censored where it was not reached`() throws {
    func run(_ status: RunStatus, losses: [Double]) -> StoredRun {
      SyntheticRun.make([:], configuration: ["targetLoss": .number(0.5)]) {
        $0.status = status
        $0.loss.curve = losses.enumerated().map {
          LossPoint(update: 10 * $0, time: 0.1 * Double($0), loss: $1)
        }
      }
    }
    let metric = try Metric("updatesToTarget")
    #expect(
      metric.observation(in: run(.targetReached, losses: [1, 0.7, 0.4]))
        == .init(time: 20, isCensored: false))
    #expect(
      metric.observation(in: run(.completed, losses: [1, 0.7]))
        == .init(time: 100, isCensored: true))
    #expect(
      metric.observation(in: run(.diverged, losses: [1, 5]))
        == .init(time: .infinity, isCensored: true))
    #expect(metric.value(in: run(.completed, losses: [1, 0.7])) == nil)
    #expect(
      try Metric("timeToTarget").observation(in: run(.completed, losses: [1, 0.7]))
        == .init(time: 2, isCensored: true))
    #expect(
      try Metric("updatesToTarget@loss=0.7").value(in: run(.completed, losses: [1, 0.7])) == 10)
    #expect(metric.observation(in: SyntheticRun.make([:])) == nil)
  }

  @Test(arguments: [
    ("loss.finale", "loss.final"), ("throughput.updatePerSecond", "throughput.updatesPerSecond"),
    ("noise.interacton[other]", "noise.interaction[other]"), ("timeToTargt", "timeToTarget"),
    ("workers[slowest].update", "workers[slowest].updates"),
  ])
  func `an unknown path names the nearest`(path: String, nearest: String) {
    #expect(throws: MetricError.unknown(path: path, nearest: nearest)) { try Metric(path) }
  }

  @Test(arguments: [
    "noise.interaction[training]", "noise.interaction[current]@shards=0", "loss.final@shards=2",
    "updatesToTarget@loss=low", "workers[last].updates", "axis.", "loss.final@x",
  ])
  func `a path in the wrong form is refused`(path: String) {
    #expect {
      try Metric(path)
    } throws: { error in
      if case MetricError.malformed(let named, _) = error { return named == path }
      return false
    }
  }

  @Test func `an axis that is no option is refused, with the nearest one that is`() {
    #expect(throws: MetricError.unknown(path: "axis.worker", nearest: "axis.workers")) {
      try Metric("axis.worker")
    }
  }

  @Test func `at a loss, the three probes nearest to where the curve crossed it count`() throws {
    let run = SyntheticRun.make([:]) { record in
      record.loss.curve = [
        LossPoint(update: 0, time: 0, loss: 2), LossPoint(update: 100, time: 1, loss: 1),
        LossPoint(update: 200, time: 2, loss: 0.5),
      ]
      // The level 0.74 is crossed at update 152, and 1.48 at 52.
      record.noise = stride(from: 0, through: 200, by: 20).map {
        SyntheticRun.probe($0, "current", shards: 2, interaction: Double($0), promised: 1)
      }
    }
    #expect(try Metric("noise.interaction[current]@loss=0.74").value(in: run) == 160)
    #expect(try Metric("noise.interaction[current]@loss=0.4").value(in: run) == nil)
    #expect(try Metric("noise.interaction[current]@shards=2@loss=1.48").value(in: run) == 60)
  }
}
