import LockstepCore
import LockstepStudies
import Testing

@Suite struct MatchedPairsTests {
  private func run(_ policy: String, workers: Int, seed: Int, loss: Double) -> StoredRun {
    SyntheticRun.make([
      "policy": .text(policy), "workers": .integer(workers), "seed": .integer(seed),
    ]) { $0.loss.final = loss }
  }

  @Test func `runs are matched on the other axes and the seed`() throws {
    var runs: [StoredRun] = []
    for seed in 1...6 {
      for workers in [1, 2] {
        let base = Double(seed * 10 + workers)
        runs.append(run("barrier", workers: workers, seed: seed, loss: base))
        runs.append(run("hogwild", workers: workers, seed: seed, loss: 2 * base))
      }
    }
    runs.append(run("hogwild", workers: 3, seed: 1, loss: 1))
    let metric = try Metric("loss.final")
    let groups = Dictionary(grouping: runs) { $0.option("policy")?.spelling ?? "" }
    let pairs = MatchedPairs(
      metric, of: groups["hogwild"] ?? [], and: (groups["barrier"] ?? []).reversed(),
      apart: ["policy"])
    #expect(pairs.pairs.count == 12)
    #expect(pairs.unmatched == 1)
    #expect(pairs.ratio == Estimate(value: 2, low: 2, high: 2, count: 12))
    // Differences are the barrier's own losses: 11, 12, 21, …, 62.
    #expect(pairs.difference?.value == 36.5)
  }

  @Test func `two numbers of the same runs are compared`() throws {
    let runs = (1...4).map { seed in
      SyntheticRun.make(["seed": .integer(seed)]) {
        $0.loss.initial = 3 * Double(seed)
        $0.loss.final = seed == 4 ? nil : Double(seed)
      }
    }
    let pairs = MatchedPairs(
      try Metric("loss.initial"), try Metric("loss.final"), within: runs)
    #expect(pairs.ratio == Estimate(value: 3, low: 3, high: 3, count: 3))
    #expect(pairs.unmatched == 1)
  }

  @Test func `nothing to compare gives nothing`() throws {
    let pairs = MatchedPairs(try Metric("loss.final"), of: [], and: [], apart: [])
    #expect(pairs.ratio == nil)
    #expect(pairs.difference == nil)
  }

  @Test func `a growth is fitted from runs`() throws {
    let runs = (1...5).flatMap { seed in
      [10, 100, 1000].map { count in
        SyntheticRun.make(["seed": .integer(seed)]) {
          $0.parameterCount = count
          $0.loss.final = Double(seed) * Double(count) * Double(count)
        }
      }
    }
    let law = try #require(
      PowerLaw(try Metric("loss.final"), against: try Metric("parameterCount"), in: runs))
    #expect(abs(law.exponent.value - 2) < 1e-12)
    #expect(law.interval == .seeds(5))
  }
}
