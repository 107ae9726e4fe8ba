import LockstepCore
import LockstepTelemetry
import Testing

@testable import LockstepStudies

@Suite struct `A plan's file` {
  private static let plan = """
    name: demo
    title: somebody else's
    options: {engine: virtual, model: "quadratic:dimension=4,condition=10", updates: 40}
    parameters:
      seed: {range: [1, 2]}
    parts:
    - name: rates
      parameters:
        workers: [1, 2]
        learning-rate: {logspace: [-3, -1, 3]}
    - name: nets
      options: {updates: 10}
      zip: [{model: {values: [mlp:8, mlp:16]}, learning-rate: {values: [0.1, 0.05]}}]
      full: {parameters: {seed: 1..4}, options: {updates: 100}}
    claims: []
    """

  @Test func `has parts that inherit what the plan says`() throws {
    let runs = try SweepPlan(yaml: Self.plan, path: "p.yaml").runs().all
    #expect(runs.count == 2 * 2 * 3 + 2 * 2)
    #expect(runs.filter { $0.part == "rates" }.count == 12)
    let nets = runs.filter { $0.part == "nets" }
    #expect(nets.map { $0.configuration.updates } == [10, 10, 10, 10])
    #expect(
      nets.map { $0.configuration.model.specification + " \($0.configuration.learningRate ?? 0)" }
        == ["mlp:8 0.1", "mlp:16 0.05", "mlp:8 0.1", "mlp:16 0.05"])
    #expect(nets[1].axes["learning-rate"] == .number(0.05))
    #expect(nets[1].axes["updates"] == nil)
  }

  @Test func `has a long version`() throws {
    let plan = try SweepPlan(yaml: Self.plan, path: "p.yaml", variant: .full)
    let runs = try plan.runs().all
    #expect(runs.count == 12 + 4 * 2)
    #expect(runs.last?.configuration.updates == 100)
  }

  @Test func `is written so that it reads back as the same runs`() throws {
    for tolerance in [nil, 0.01] {
      var plan = try SweepPlan(
        yaml: """
          options: {record: [loss=3]}
          parameters: {workers: [1, 2], policy: 'barrier,bounded:4'}
          """, path: "p.yaml")
      plan.bisectionTolerance = tolerance
      let runs = try plan.runs()
      let text = PlanDocument.text(plan, digest: runs.digest)
      let again = try SweepPlan(yaml: text, path: "plan.yaml")
      #expect(again.bisectionTolerance == tolerance)
      #expect(try again.runs().digest == runs.digest)
      #expect(try again.runs().all.map(\.id) == runs.all.map(\.id))
      #expect(PlanDocument.digest(in: text) == runs.digest)
    }
  }

  @Test(arguments: [
    ("parameters:\n  worker: [1]", 2, "did you mean workers?"),
    ("parameters:\n  workers: []", 2, "no value is given"),
    ("parameters:\n  workers: {values: 3}", 2, "not a list"),
    ("parameters:\n  workers:\n    value: [1]", 3, "did you mean values?"),
    ("parameters:\n  workers: [1, two]", 2, "--workers two: write a whole number"),
    ("parameters:\n  workers: [1, 1]", 2, "twice"),
    ("parameters:\n  workers: [1, ~]", 2, "has no value"),
    ("parameters:\n  workers: [1, [2]]", 2, "not a single value"),
    ("parameters:\n  learning-rate: {logspace: [1, 2]}", 2, "write logspace("),
    ("parameters:\n  seed: 5..1", 2, "upwards"),
    ("parameters: [1]", 1, "NAME: VALUE"),
    ("options:\n  polcy: barrier", 2, "did you mean policy?"),
    ("options:\n  policy: barier", 2, "did you mean barrier?"),
    ("options:\n  save: w.npy", 2, "write over"),
    ("options:\n  record: [loss=1, trace]", 2, "keeps no traces"),
    ("options: {workers: 2}\nparameters:\n  workers: [1]", 3, "both an axis and fixed"),
    ("parameters: {workers: [1]}\nzip:\n- {workers: [1], seed: [1]}", 3, "an axis twice"),
    ("zip:\n- workers: [1, 2]\n  seed: [1, 2, 3]", 3, "equally many"),
    ("zip:\n- workers: [1, 2]", 2, "at least two"),
    ("name: a\nparamters: {workers: [1]}", 2, "did you mean parameters?"),
    ("name: a\nname: b", 1, "given twice"), ("options: [\n", 2, "is no YAML"),
    ("parts:\n- options: {workers: 2}", 2, "has no name"),
    ("parts:\n- name: a\n- name: a", 3, "two parts named a"),
    ("zip:\n- workers: [1, 2]\n  seed: [1, 2]\nfull: {parameters: {seed: [1]}}", 4, "together"),
    ("bisect: {learning-rate: 2}", 1, "at most 1"), ("parts: []", 1, "is an empty list"),
    ("parts:\n- name: ''", 2, "is empty"), ("name: a\ntitle: b\u{0}", 2, "control characters"),
    ("parameters:\n  workers: [1, 2, 01]", 2, "the value 01 is there twice"),
    ("parameters:\n  learning-rate: [0.1, 1e-1]", 2, "the value 1e-1 is there twice"),
    ("parameters:\n\tworkers: [1]", 2, "is no YAML here (found character"),
    ("options: {<<: *nowhere}", 1, "undefined alias"),
    ("name: a\n---\nname: b", 2, "another document"),
    ("parameters: {seed: 1..1000, workers: 1..1000}", 1, "1,000,000 runs, more than 100,000"),
    ("x: " + String(repeating: "[", count: 100_000), 1, "nesting"),
    (
      "options: {engine: threads}\nparameters:\n  seed: [1]\nparts:\n- name: a\n"
        + "  options: {delay: 'constant:1'}", 5, "--delay is for simulated time"
    ),
  ])
  func `that is wrong is told where and why`(_ text: String, _ line: Int, _ reason: String) {
    #expect {
      try SweepPlan(yaml: text, path: "p.yaml", variant: .full).runs()
    } throws: { error in
      guard case PlanError.file("p.yaml", let found, let why) = error else { return false }
      return (found == line && why.contains(reason))
        || {
          Issue.record("line \(found ?? 0): \(why)"); return false
        }()
    }
  }

  @Test func `that is not there is said so`() {
    #expect(throws: PlanError.notFound(path: "/none.yaml", reason: "no such file")) {
      try SweepPlan(contentsOf: "/none.yaml")
    }
  }
}
