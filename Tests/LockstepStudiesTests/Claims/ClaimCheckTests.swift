import LockstepTelemetry
import Testing

@testable import LockstepStudies

struct ClaimCheckTests {
  private func claim(
    _ value: String, _ names: [String: String], expect: ClaimExpectation,
    change: (inout Claim) -> Void = { _ in }
  ) throws -> Claim {
    var claim = Claim(
      id: "c", statement: "s", source: "t", value: try Expression(value), expectation: expect)
    claim.names = try names.sorted { $0.key < $1.key }.map {
      Claim.Name(name: $0.key, metric: try Metric($0.value))
    }
    change(&claim)
    return claim
  }

  private func run(
    _ seed: Int, _ axes: [String: ConfigurationValue], loss: Double, updates: Int = 100,
    reached: Bool? = nil, part: String? = nil
  ) -> StoredRun {
    var axes = axes
    axes["seed"] = .integer(seed)
    return SyntheticRun.make(
      axes, part: part, configuration: reached == nil ? [:] : ["targetLoss": .number(0.1)]
    ) {
      $0.loss.final = loss
      $0.updates = updates
      if reached == true { $0.status = .targetReached }
    }
  }

  @Test func `partners differ in one axis, and share the seed and all others`() throws {
    let runs = (1...5).flatMap { seed in
      [("a", 1.0), ("b", 3.0)].flatMap { name, factor in
        [1, 2].map { workers in
          run(
            seed, ["policy": .text(name), "workers": .integer(workers)],
            loss: factor * Double(seed * workers))
        }
      }
    }
    let claim = try claim("loss", ["loss": "loss.final"], expect: .between(2.99, 3.01)) {
      $0.ratios = [PairedRatio(axis: "policy", numerator: "b", denominator: "a", ignored: [])]
    }
    let result = claim.check(on: runs)
    #expect(result.estimate == 3 && result.low == 3 && result.high == 3)
    #expect(result.verdict == .reproduced && result.remark == nil)
  }

  @Test func `ratios of ratios leave out axes that go with theirs`() throws {
    var runs: [StoredRun] = []
    for seed in 1...5 {
      for (optimizer, rate, harm) in [("sgd", 0.1, 2.0), ("adam", 0.01, 6.0)] {
        for (delay, factor) in [("constant:0", 1.0), ("constant:8", harm)] {
          runs.append(
            run(
              seed,
              [
                "optimizer": .text(optimizer), "learning-rate": .number(rate),
                "delay": .text(delay),
              ],
              loss: 1, updates: Int(100 * factor)))
        }
      }
    }
    let claim = try claim("n", ["n": "updates"], expect: .above(2)) {
      $0.ratios = [
        PairedRatio(axis: "delay", numerator: "constant:8", denominator: "constant:0", ignored: []),
        PairedRatio(
          axis: "optimizer", numerator: "adam", denominator: "sgd", ignored: ["learning-rate"]),
      ]
    }
    let result = claim.check(on: runs)
    #expect(result.estimate == 3 && result.verdict == .reproduced)
  }

  @Test func `the worst group decides, and one that fails fails the claim`() throws {
    let runs = (1...5).flatMap { seed in
      [1, 2, 4].map { run(seed, ["workers": .integer($0)], loss: $0 == 4 ? 1.5 : 1) }
    }
    let claim = try claim("loss", ["loss": "loss.final"], expect: .between(0.9, 1.1)) {
      $0.summary = .furthestFromOne
    }
    let result = claim.check(on: runs)
    #expect(result.estimate == 1.5 && result.verdict == .notReproduced)
  }

  @Test func `runs that stopped before their target are said to be bounds`() throws {
    let runs = (1...5).map { run($0, [:], loss: 1, updates: 100 * $0, reached: $0 != 5) }
    let result = try claim("n", ["n": "updates"], expect: .above(0)).check(on: runs)
    #expect(
      result.remark
        == "bounds instead of numbers, from runs that stopped before their target: 1 of 5; the range "
        + "of 5 seeds, too few for a 95 % interval of a median (that takes 6)")
    #expect(result.interval == "range")
  }

  @Test func `filters and parts choose runs by the spelling of options`() throws {
    let runs = [
      run(1, ["learning-rate": .number(0.5)], loss: 7, part: "x"),
      run(1, ["learning-rate": .number(0.25)], loss: 8, part: "x"),
      run(1, ["learning-rate": .number(0.5)], loss: 9, part: "y"),
    ]
    let claim = try claim("loss", ["loss": "loss.final"], expect: .equal(7)) {
      $0.parts = ["x"]
      $0.filters = [Claim.Filter(axis: "learning-rate", values: ["0.5"])]
    }
    #expect(claim.check(on: runs).verdict == .reproduced)
    #expect(claim.check(on: []).verdict == .inconclusive)
    #expect(claim.check(on: []).remark == "there is no run")
  }

  @Test func `over shards, every number of shards is a point of the trend`() throws {
    let runs = (1...5).map { seed in
      SyntheticRun.make(["seed": .integer(seed)]) { record in
        record.noise = [2, 4, 8].flatMap { shards in
          ["current", "other"].map { set in
            SyntheticRun.probe(
              0, set, shards: shards, interaction: 3 * Double(shards * shards), promised: 1)
          }
        }
      }
    }
    let claim = try claim(
      "i", ["i": "noise.interaction[current]"], expect: .between(1.999, 2.001)
    ) {
      $0.isOverShards = true
      $0.against = try? Expression("shards")
      $0.summary = .exponent
    }
    let result = claim.check(on: runs)
    #expect(result.verdict == .reproduced)
  }

  @Test func `the shown group is one with the claim's verdict`() throws {
    // Workers 1 reach lower, but only workers 2 lie wholly where they should not.
    let spread = [-9.0, 9, -9, 9, -9, 9]
    let runs = (1...6).flatMap { seed in
      [
        run(seed, ["workers": .integer(1)], loss: spread[seed - 1]),
        run(seed, ["workers": .integer(2)], loss: -1),
      ]
    }
    let result = try claim("loss", ["loss": "loss.final"], expect: .above(0)) {
      $0.groups = ["workers"]
      $0.summary = .mean
    }.check(on: runs)
    #expect(result.verdict == .notReproduced && result.estimate == -1 && result.high == -1)
  }

  @Test func `numbers that cannot be had are said to be missing`() throws {
    let runs = (1...3).map { run($0, ["workers": .integer($0)], loss: Double($0 - 1)) }
    let names = ["loss": "loss.final", "n": "axis.workers"]
    let some = try claim("1/loss", ["loss": "loss.final"], expect: .above(0)).check(on: runs)
    #expect(some.estimate == 0.75 && some.remark?.hasPrefix("1 run has no such number") == true)
    let none = try claim("loss/0", ["loss": "loss.final"], expect: .above(0)).check(on: runs)
    #expect(none.verdict == .inconclusive && none.remark == "none of 3 runs has such a number")
    let trend = try claim("1/loss", names, expect: .above(0)) {
      $0.against = try? Expression("n")
      $0.summary = .exponent
    }.check(on: runs)
    #expect(trend.verdict == .inconclusive && trend.estimate == nil)
    #expect(trend.remark?.hasPrefix("a trend needs a number above 0 from every run") == true)
    let ratio = try claim("loss", ["loss": "loss.final"], expect: .above(0)) {
      $0.ratios = [PairedRatio(axis: "workers", numerator: "1", denominator: "7", ignored: [])]
    }.check(on: runs)
    #expect(ratio.remark == "no two runs differ in workers 1 and 7 only")
    let filtered = try claim("loss", ["loss": "loss.final"], expect: .above(0)) {
      $0.filters = [Claim.Filter(axis: "workers", values: ["7", "8"])]
    }.check(on: runs)
    #expect(filtered.remark == "no run has workers 7 or 8")
    let both = try claim("loss", ["loss": "loss.final"], expect: .above(0)) {
      $0.filters = [
        Claim.Filter(axis: "workers", values: ["1"]), Claim.Filter(axis: "seed", values: ["2"]),
      ]
    }.check(on: runs)
    #expect(both.remark == "no run has workers 1 and seed 2")
    let part = try claim("loss", ["loss": "loss.final"], expect: .above(0)) { $0.parts = ["x"] }
      .check(on: runs)
    #expect(part.remark == "no run is of the part x")
    let metric = try claim("t", ["t": "timeToTarget"], expect: .above(0)).check(on: runs)
    #expect(metric.remark == "none of 3 runs has timeToTarget")
  }
}
