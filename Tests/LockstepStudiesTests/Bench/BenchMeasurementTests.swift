import LockstepCore
import LockstepTelemetry
import LockstepTopology
import Synchronization
import Testing

@testable import LockstepStudies

@Suite(.timeLimit(.minutes(15))) struct `A bench` {
  private let topology: Topology

  init() throws { topology = try Topology(.live) }

  private func bench(
    model: String = "quadratic:dimension=64", workers: String = "1,2",
    updates: String? = "40", runs: Int = 2, seconds: Double? = nil
  ) throws -> Bench {
    var plan = try SweepPlan(
      axes: ["model=[\(model)]", "policy=barrier,hogwild", "workers=\(workers)"],
      options: Trial.options(updates.map { [("updates", $0)] } ?? []))
    plan.repetitions = try Repetitions(runs: runs, seconds: seconds)
    return try Bench(plan, limitSeconds: 0.001)
  }

  @Test func `measures every configuration once a round`() throws {
    let bench = try bench()
    let store = MemoryStore()
    let (document, failures) = try bench.measure(into: store, on: topology)
    #expect(failures.isEmpty && document.status == .completed)
    let runs = store.runs()
    #expect(runs.map(\.id) == bench.runs.distinct.map(\.id))
    #expect(runs.map(\.repetition) == [0, 0, 0, 0, 1, 1, 1, 1])
    #expect(runs.allSatisfy { $0.record.updates == 40 })
    // The loss is not looked at while the clock runs.
    #expect(runs.allSatisfy { $0.record.loss.curve.count == 2 })
    #expect(document.limits.map(\.workers) == [1, 2])
    #expect(document.limits[0].barrierNanoseconds == nil)
    #expect(document.limits[1].barrierNanoseconds != nil)
    #expect(document.configurations.map(\.policy) == ["barrier", "barrier", "hogwild", "hogwild"])
    #expect(document.configurations.map(\.workers) == [1, 2, 1, 2])
    #expect(document.configurations.allSatisfy { $0.updatesPerSecond?.samples.count == 2 })
    #expect(document.configurations.map { $0.speedup != nil } == [true, true, true, true])
  }

  @Test func `makes of a length in seconds one number of updates`() throws {
    let store = MemoryStore()
    _ = try bench(workers: "1", updates: nil, seconds: 0.01).measure(into: store, on: topology)
    #expect(store.count == 4)
    let lengths = Dictionary(grouping: store.runs()) { $0.option("policy")?.text ?? "" }
      .mapValues { Set($0.map(\.record.updates)) }
    #expect(lengths.count == 2 && lengths.values.allSatisfy { $0.count == 1 && $0 != [0] })
  }

  @Test func `goes on where it was stopped, with runs of the same length`() throws {
    let folder = try TemporaryFolder()
    let bench = try bench(updates: nil, runs: 3, seconds: 0.01)
    let executor = bench.executor
    do {
      let store = try ResultStore(opening: folder.path, plan: bench.plan, runs: bench.runs)
      let document = try bench.measure(into: store, on: topology) { state in
        if state.finished == 6 { executor.interrupt() }
      }.document
      #expect(document.status == .interrupted && store.count == 6)
    }
    let again = try self.bench(updates: nil, runs: 3, seconds: 0.01)
    let store = try ResultStore(opening: folder.path, plan: again.plan, runs: again.runs)
    #expect(store.count == 6)
    let document = try again.measure(into: store, on: topology).document
    #expect(document.status == .completed && store.count == 12)
    let groups = Dictionary(grouping: try store.runs()) { $0.axes.setting() }
    #expect(groups.count == 4)
    for runs in groups.values { #expect(Set(runs.map(\.record.updates)).count == 1) }
  }

  @Test func `names a configuration that cannot be before anything runs`() throws {
    let bench = try bench(model: "quadratic:dimension=2", workers: "1,3")
    let store = MemoryStore()
    let error = #expect(throws: PlanError.self) {
      try bench.measure(into: store, on: topology) { _ in Issue.record("something runs") }
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.hasPrefix("the run with model=quadratic:dimension=2 policy=barrier workers=3: "))
    #expect(text.contains("every worker owns at least one parameter, and this model has 2"))
    #expect(store.count == 0)
  }

  @Test func `that is interrupted before it begins measures nothing`() throws {
    let bench = try bench()
    bench.executor.interrupt()
    let store = MemoryStore()
    let document = try bench.measure(into: store, on: topology).document
    #expect(document.status == .interrupted && document.configurations.isEmpty)
    #expect(store.count == 0 && document.limits.isEmpty)
  }

  @Test func `says what it does: limits, warm-ups, runs`() throws {
    let told = Mutex<[String]>([])
    _ = try bench(workers: "1", runs: 1).measure(into: MemoryStore(), on: topology) { state in
      if let activity = state.activity { told.withLock { $0.append(activity) } }
    }
    let kinds = told.withLock { $0 }.map { $0.prefix { $0 != " " } }
    #expect(kinds.first == "limits")
    #expect(Set(kinds) == ["limits", "warm-up", "model=quadratic:dimension=64"])
  }
}
