import LockstepTelemetry
import Testing

@testable import LockstepStudies

struct ClaimReaderTests {
  /// A study whose one claim has some lines in place of, or beside, its own.
  private static func study(_ change: (String, String)) -> String {
    let text = """
      name: s
      parts: [{name: one, parameters: {workers: [1, 2]}}]
      claims:
      - id: a
        statement: b
        source: c
        let: {loss: loss.final}
        value: loss
        expect: {above: 0}
      """
    return change.0.isEmpty ? text + "\n" + change.1 : text.replacing(change.0, with: change.1)
  }

  @Test(arguments: [
    ("statement: b", "statment: b", 5, "did you mean statement?"),
    ("  expect: {above: 0}", "", 4, "no 'expect'"),
    ("{above: 0}", "{abov: 0}", 9, "did you mean above?"),
    ("{above: 0}", "{above: 0, below: 1}", 9, "one of above, below"),
    ("{above: 0}", "{above: .nan}", 9, "not a finite number"),
    ("{above: 0}", "{between: [2, 1]}", 9, "smaller one first"),
    ("loss.final", "loss.finl", 7, "did you mean 'loss.final'?"),
    ("loss.final", "axis.wrokers", 7, "did you mean 'axis.workers'?"),
    ("{loss: loss.final}", "{a-b: loss.final}", 7, "cannot be a name"),
    ("{loss: loss.final}", "{pi: updates, loss: loss.final}", 7, "cannot be a name"),
    ("{loss: loss.final}", "{x: updates, loss: loss.final}", 7, "'let' names x"),
    ("value: loss", "value: los", 8, "did you mean loss?"),
    ("value: loss", "value: sqr(loss)", 8, "did you mean sqrt?"),
    ("value: loss", "value: loss/", 8, "ends where a number"),
    ("", "  where: {part: two}", 10, "no part 'two'"),
    ("", "  where: {part: onr}", 10, "did you mean one?"),
    ("", "  where: {polcy: barrier}", 10, "did you mean policy?"),
    ("", "  where: {policy: barier}", 10, "did you mean barrier?"),
    ("", "  where: {policy: []}", 10, "no value is given"),
    ("", "  by: worker", 10, "did you mean workers?"),
    ("", "  by: seed", 10, "leave seed out"), ("", "  by: shards", 10, "over: shards"),
    ("", "  over: shard", 10, "write shards"), ("", "  summary: meen", 10, "did you mean mean?"),
    ("", "  summary: factor", 10, "need 'against'"), ("", "  against: loss", 10, "need 'against'"),
    ("", "  ratio: []", 10, "empty list"),
    ("", "  ratio: {axis: worker, of: 1, to: 2}", 10, "did you mean workers?"),
    ("", "  ratio: {axis: workers, of: two, to: 1}", 10, "write a whole number"),
    ("", "  ratio: {axis: workers, of: 1, to: 1}", 10, "the same"),
    ("", "  ratio: {axis: workers, of: 1}", 10, "'of' and 'to'"),
    ("", "bisect: {learning-rate: 0.1}", 10, "lockstep sweep"),
    ("name: s", "name: ../s", 1, "becomes a folder's name"), ("name: s\n", "", 1, "has a name"),
    ("claims:", "source: x\nquestion:", 1, "has claims"),
  ])
  func `what is wrong is told with its line and what was meant`(
    _ old: String, _ new: String, _ line: Int, _ reason: String
  ) {
    #expect {
      try Study(yaml: Self.study((old, new)), path: "s.yaml", variant: .quick)
    } throws: { error in
      guard case PlanError.file("s.yaml", let found, let why) = error else { return false }
      if found != line || !why.contains(reason) { Issue.record("line \(found ?? 0): \(why)") }
      return true
    }
  }

  @Test func `a list without a claim, and two claims with one id, are refused`() throws {
    let text = Self.study(("", ""))
    let claims = try #require(text.firstRange(of: "- id"))
    #expect(throws: PlanError.self) {
      try Study(
        yaml: text[..<claims.lowerBound] + "  []", path: "s.yaml", variant: .quick)
    }
    #expect {
      try Study(yaml: text + text[claims.lowerBound...], path: "s.yaml", variant: .quick)
    } throws: {
      "\($0)" == "s.yaml, line 10: there are two claims with the id a"
    }
  }

  @Test func `axes are the same with and without the name that metrics have for them`() throws {
    for name in ["workers", "axis.workers"] {
      let study = try Study(
        yaml: Self.study(("", "  by: \(name)\n  summary: mean")), path: "s.yaml", variant: .quick)
      #expect(study.claims[0].groups == ["workers"])
    }
  }

  @Test func `values are spelled as axes spell them`() throws {
    let study = try Study(
      yaml: Self.study(("", "  where: {learning-rate: [0.50, 1e-1], part: one}")), path: "s.yaml",
      variant: .quick)
    #expect(study.claims[0].filters == [.init(axis: "learning-rate", values: ["0.5", "0.1"])])
    #expect(study.claims[0].parts == ["one"])
  }
}
