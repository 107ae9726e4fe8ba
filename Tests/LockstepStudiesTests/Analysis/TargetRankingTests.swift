import LockstepTelemetry
import Testing

@testable import LockstepStudies

@Suite struct TargetRankingTests {
  /// A run that comes to a loss of 0.1 after some time, or ends before.
  private func run(
    _ policy: String, _ workers: Int, seed: Int, time: Double, rate: Double, reaches: Bool = true,
    part: String? = nil
  ) -> StoredRun {
    let axes: [String: ConfigurationValue] = ["seed": .integer(seed)]
    let options: [String: ConfigurationValue] = [
      "policy": .text(policy), "workers": .integer(workers), "targetLoss": .number(0.1),
      "learningRate": .number(0.3),
    ]
    let named = axes.merging(["policy": .text(policy), "workers": .integer(workers)]) { $1 }
    return SyntheticRun.make(
      part == nil ? named : axes, part: part, configuration: options
    ) { record in
      record.status = reaches ? .targetReached : .completed
      record.updates = Int(time * rate)
      record.wallSeconds = time
      record.throughput = ThroughputRecord(updates: record.updates, samples: 0, seconds: time)
      record.loss.curve = [LossPoint(update: 0, time: 0, loss: 2)]
      if reaches {
        record.loss.curve.append(LossPoint(update: record.updates, time: time, loss: 0.1))
      }
    }
  }

  @Test func `the soonest comes first, whatever it owes it to`() throws {
    // Twice the updates at three times the rate are sooner.
    var runs: [StoredRun] = []
    for seed in 1...6 {
      let luck = 1 + 0.01 * Double(seed)
      runs.append(run("barrier", 2, seed: seed, time: 1 * luck, rate: 100))
      runs.append(run("hogwild", 2, seed: seed, time: 2.0 / 3 * luck, rate: 300))
      runs.append(run("locked", 2, seed: seed, time: 5, rate: 10, reaches: seed > 5))
      runs.append(run("sequential", 2, seed: seed, time: 3 * luck, rate: 50, part: "one by one"))
    }
    let ranking = try #require(TargetRanking(runs))
    #expect(ranking.names == ["policy"] && !ranking.isVirtual && ranking.omitted == 0)
    #expect(
      ranking.entries.map(\.name) == [
        "policy hogwild", "policy barrier", "policy sequential", "policy locked",
      ])
    let second = ranking.entries[1]
    #expect(abs((second.ratio ?? 0) - 1.5) < 1e-9 && !second.isTied)
    #expect(second.updates == 103 || second.updates == 103.5)
    #expect(abs((second.rate ?? 0) - 100) < 1)
    #expect(ranking.entries[3].reached == 1 && ranking.entries[3].time == nil)
    #expect(ranking.sentence == "policy hogwild gets there first.")
  }

  @Test func `what the runs don't tell apart is not called slower`() throws {
    let runs = (1...6).flatMap { seed in
      [
        run("barrier", 1, seed: seed, time: 1 + 0.1 * Double(seed), rate: 100),
        run("barrier", 2, seed: seed, time: 1 + 0.1 * Double(7 - seed) + 0.01, rate: 100),
      ]
    }
    let ranking = try #require(TargetRanking(runs))
    #expect(ranking.entries.map(\.name) == ["workers 1", "workers 2"])
    #expect(ranking.entries[1].isTied)
    #expect(
      ranking.sentence
        == "workers 1 gets there first; these runs don't tell whether it is sooner than workers 2.")
  }

  @Test func `without a target, a second configuration or a clock there is none`() {
    let one = (1...3).map { run("barrier", 2, seed: $0, time: 1, rate: 10) }
    #expect(TargetRanking([]) == nil)
    #expect(TargetRanking(one) == nil)
    let both = one + (1...3).map { run("hogwild", 2, seed: $0, time: 2, rate: 10) }
    #expect(TargetRanking(both) != nil)
    func changed(_ change: (inout RunRecord) -> Void) -> [StoredRun] {
      both.map { run in
        var run = run
        change(&run.record)
        return run
      }
    }
    #expect(TargetRanking(changed { $0.configuration["targetLoss"] = .null }) == nil)
    #expect(TargetRanking(changed { $0.configuration["engine"] = .text("virtual") }) == nil)
    #expect(
      TargetRanking(
        changed {
          $0.loss.curve = []; $0.status = .completed
        }) == nil,
      "nobody got there")
  }

  @Test func `of those that rarely get there the one that does so more often comes first`() throws {
    var runs = (1...4).map { run("barrier", 2, seed: $0, time: 1 + 0.01 * Double($0), rate: 100) }
    runs += (1...4).map { run("hogwild", 2, seed: $0, time: 5, rate: 100, reaches: $0 == 1) }
    runs += (1...10).map { run("locked", 2, seed: $0, time: 5, rate: 100, reaches: $0 < 3) }
    let ranking = try #require(TargetRanking(runs))
    #expect(
      ranking.entries.map(\.name) == ["policy barrier", "policy hogwild", "policy locked"])
  }

  @Test func `a worker count per doubling of cores`() {
    #expect(MachineValue.doublings(to: 1) == ["1"])
    #expect(MachineValue.doublings(to: 2) == ["1", "2"])
    #expect(MachineValue.doublings(to: 6) == ["1", "2", "4", "6"])
    #expect(MachineValue.doublings(to: 16) == ["1", "2", "4", "8", "16"])
  }
}
