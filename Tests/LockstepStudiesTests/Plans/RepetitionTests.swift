import LockstepCore
import LockstepTelemetry
import Testing

@testable import LockstepStudies

@Suite struct `A plan that repeats its runs` {
  private func plan(_ axes: [String], runs: Int, seconds: Double? = nil) throws -> SweepPlan {
    var plan = try SweepPlan(axes: axes, options: Trial.options)
    plan.repetitions = try Repetitions(runs: runs, seconds: seconds)
    return plan
  }

  @Test func `has every configuration once a round, in another order each time`() throws {
    let runs = try plan(["workers=1..8", "policy=barrier,hogwild"], runs: 3).runs()
    #expect(runs.all.count == 48 && Set(runs.all.map(\.id)).count == 48)
    let rounds = (0..<3).map { number in runs.distinct[number * 16..<(number + 1) * 16] }
    for (number, round) in rounds.enumerated() {
      #expect(round.allSatisfy { $0.repetition?.number == number })
      #expect(Set(round.map(\.axisText)).count == 16)
    }
    #expect(Set(rounds.map { $0.map(\.axisText) }).count == 3)
    #expect(Set(rounds.map { $0.first?.axisText }).count > 1)
  }

  @Test func `reads back as the same runs`() throws {
    for seconds in [nil, 0.25] {
      let plan = try plan(["seed=1..2"], runs: 2, seconds: seconds)
      let runs = try plan.runs()
      let text = PlanDocument.text(plan, digest: runs.digest)
      let again = try SweepPlan(yaml: text, path: "plan.yaml")
      #expect(again.repetitions == plan.repetitions)
      #expect(try again.runs().digest == runs.digest)
    }
  }

  @Test func `contains the one with fewer repetitions, and none of another length`() throws {
    let three = try plan(["seed=1..2"], runs: 3, seconds: 1).runs()
    #expect(try three.contains(plan(["seed=1..2"], runs: 2, seconds: 1).runs()))
    #expect(try !three.contains(plan(["seed=1..2"], runs: 2, seconds: 2).runs()))
    #expect(try !three.contains(plan(["seed=1..2"], runs: 2).runs()))
  }

  @Test func `counts its repetitions among the runs, and searches nothing`() throws {
    let plan = try plan(["seed=1..4"], runs: 3)
    #expect(throws: PlanError.self) { try plan.runs(limit: 11) }
    #expect(try plan.runs(limit: 12).all.count == 12)
    var search = plan
    search.bisectionTolerance = 0.1
    #expect(throws: PlanError.self) { try search.runs() }
  }

  @Test(arguments: [
    "{runs: 0}", "{runs: 10001}", "{runs: x}", "{seconds: 1}", "{runs: 2, seconds: 0}", "3",
    "{runs: 2, seconds: x}", "{runs: 2, seconds: 86401}", "{runs: 2, often: 3}",
  ])
  func `that cannot be is refused with its place`(text: String) {
    let error = #expect(throws: PlanError.self) {
      try SweepPlan(yaml: "name: p\nrepetitions: \(text)\n", path: "p.yaml")
    }
    #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("p.yaml, line 2: "))
  }

  @Test func `names its repetition in the table of results`() throws {
    var run = SyntheticRun.make(["workers": .integer(1)])
    #expect(!ResultTable.csv([run], axes: ["workers"]).contains("repetition"))
    run.repetition = 4
    let lines = ResultTable.csv([run], axes: ["workers"]).split(separator: "\n")
    #expect(lines[0].hasPrefix("id,repetition,workers,") && lines[1].hasPrefix("r-0,4,1,"))
  }
}
