import LockstepCore
import LockstepTelemetry
import Testing

@testable import LockstepStudies

@Suite struct `A plan's runs` {
  private func plan(_ axes: String, _ options: KeyValuePairs<String, String> = [:]) throws
    -> SweepPlan
  {
    var given = RunOptions()
    for (name, text) in options { try given.set(name, text) }
    return try SweepPlan(axes: axes.split(separator: "|").map(String.init), options: given)
  }

  @Test func `are every combination, once each`() throws {
    let runs = try plan("workers=1,2|policy=barrier,hogwild|zip(seed=1,2 batch=8,16)").runs()
    let combinations = runs.all.map { run in
      let run = run.configuration
      return "\(run.workers) \(run.policy.specification) \(run.seed) \(run.batch.specification)"
    }
    var expected: [String] = []
    for workers in [1, 2] {
      for policy in ["barrier", "hogwild"] {
        for (seed, batch) in [(1, 8), (2, 16)] {
          expected.append("\(workers) \(policy) \(seed) \(batch)")
        }
      }
    }
    #expect(combinations == expected)
    #expect(Set(runs.distinct.map(\.id)) == Set(runs.all.map(\.id)))
    #expect(Set(runs.all.map(\.id)).count == 8)
  }

  @Test func `go seed by seed, and in no order of the axes within one`() throws {
    let runs = try plan("workers=1..20|seed=7,3,5").runs().distinct
    #expect(
      runs.map(\.configuration.seed).map(Int.init)
        == [7, 3, 5].flatMap { seed in
          [Int](repeating: seed, count: 20)
        })
    #expect(runs[..<20].map(\.configuration.workers) != Array(1...20))
    #expect(
      runs[..<20].map(\.configuration.workers) != runs[20..<40].map(\.configuration.workers))
  }

  @Test func `that are equal in two parts are carried out once and stand in both`() throws {
    let plan = try SweepPlan(
      yaml: """
        options: {engine: virtual}
        parts: [{name: a, parameters: {workers: [1, 2]}}, {name: b, parameters: {workers: [2, 3]}}]
        """, path: "p")
    let runs = try plan.runs()
    #expect(runs.all.count == 4)
    #expect(runs.distinct.count == 3)
  }

  @Test func `are dealt out into disjoint shares of nearly equal size`() throws {
    let runs = try plan("workers=1..10|seed=1..10").runs()
    for count in [1, 2, 3, 7] {
      let shares = (1...count).map { runs.share($0, of: count).map(\.id) }
      #expect(shares.flatMap { $0 }.sorted() == runs.distinct.map(\.id).sorted())
      let sizes = shares.map(\.count)
      #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    }
  }

  @Test func `have a hash that only what is asked for changes`() throws {
    let one = try plan("workers=1,2|seed=1..3").runs().digest
    #expect(try plan("seed=1,2,3|workers=2,1").runs().digest == one)
    #expect(try plan("seed=1,2|workers=2,1").runs().digest != one)
    #expect(try plan("workers=1,2|seed=1..3", ["updates": "7"]).runs().digest != one)
  }

  @Test(arguments: [
    ("workers=1..1000|seed=1..1000", "asks for 1,000,000 runs, more than 100,000"),
    (
      "workers=1..9999|seed=1..9999|batch=1..9999|updates=1..9999|warmup=1..9999",
      "more than 100,000"
    ),
    ("workers", "neither a plan file nor an axis"), ("=1", "neither"),
    ("workers=1|workers=2", "an axis twice"), ("zip(workers=1)", "at least two axes"),
    ("wrokers=1", "did you mean workers?"), ("workers=300", "255"),
    ("zip(workers=1,2 seed=1)", "equally many"),
  ])
  func `are refused`(_ axes: String, _ reason: String) {
    #expect {
      try plan(axes).runs()
    } throws: { error in
      guard case PlanError.argument(let why) = error else { return false }
      return why.contains(reason)
    }
  }

  @Test func `may be as many as somebody allows`() throws {
    #expect(throws: PlanError.self) { try plan("seed=1..11").runs(limit: 10) }
    #expect(try plan("seed=1..11").runs(limit: 11).all.count == 11)
  }
}
