import Foundation
import LockstepCore
import LockstepTelemetry
import LockstepTopology
import Testing

@testable import LockstepStudies

@Suite(.timeLimit(.minutes(15))) struct `A sweep` {
  private let topology: Topology

  init() throws { topology = try Topology(.live) }

  /// The records of a plan, without what the clock of the wall makes of them, by id.
  private func records(_ plan: SweepPlan, jobs: Int, in folder: TemporaryFolder) throws
    -> [String: String]
  {
    let runs = try plan.runs()
    let store = try ResultStore(opening: folder.path, document: "hash: x\n", digest: "x")
    var options = SweepExecutor.Options()
    options.jobs = jobs
    let outcome = try SweepExecutor().execute(
      runs.distinct, into: store, options: options, on: topology)
    #expect(outcome.failures.isEmpty)
    var result: [String: String] = [:]
    for var run in try store.runs() {
      run.record.wallSeconds = 0
      run.record.cpuSeconds = 0
      result[run.id] = String(decoding: try ResultStore.encode(run), as: UTF8.self)
    }
    return result
  }

  @Test func `records the same whatever the number of jobs`() throws {
    let plan = try SweepPlan(
      axes: ["workers=1,3", "policy=barrier,hogwild", "seed=1..3"],
      options: Trial.options([
        ("engine", "virtual"), ("model", "quadratic:dimension=6,condition=10,noise=0.1"),
        ("updates", "30"), ("service", "exponential:1"), ("replicas", "2"),
      ]))
    let one = try records(plan, jobs: 1, in: TemporaryFolder())
    #expect(one.count == 12)
    #expect(try records(plan, jobs: 3, in: TemporaryFolder()) == one)
  }

  @Test func `shares models only between runs that have the same`() throws {
    let plan = try SweepPlan(
      axes: ["seed=1..3", "data=[synthetic:task=regression,examples=40,features=3]"],
      options: Trial.options([
        ("engine", "virtual"), ("model", "least-squares"), ("updates", "5"),
      ]))
    let runs = try plan.runs().distinct
    #expect(Set(runs.map { ModelCache.key($0.configuration) }).count == 3)
    let digits = try SweepPlan(
      axes: ["seed=1..3", "workers=1,2"], options: Trial.options([("model", "mlp:4")]))
    #expect(Set(try digits.runs().distinct.map { ModelCache.key($0.configuration) }).count == 1)
  }

  @Test func `goes on after a run that fails, and tries it again next time`() throws {
    let folder = try TemporaryFolder()
    let plan = try SweepPlan(
      axes: ["init=none.npy,\(folder.path)/w.npy"], options: Trial.options)
    let runs = try plan.runs().distinct
    try Data(Self.numPy([0.5, 0.5, 0.5, 0.5])).write(
      to: URL(fileURLWithPath: "\(folder.path)/w.npy"))
    let store = try ResultStore(opening: folder.path, document: "hash: x\n", digest: "x")
    for executed in [1, 0] {
      let outcome = try SweepExecutor().execute(runs, into: store, on: topology)
      #expect(outcome.executed == executed)
      #expect(outcome.failures.map(\.axes) == ["init=none.npy"])
      #expect(store.count == 1)
    }
  }

  private static func numPy(_ values: [Double]) -> [UInt8] {
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(values.count),), }\n"
    return [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(header.utf8.count), 0]
      + Array(header.utf8) + values.withUnsafeBytes { Array($0) }
  }

  @Test func `that was stopped before it began does nothing`() throws {
    let folder = try TemporaryFolder()
    let runs = try SweepPlan(axes: ["seed=1..4"], options: Trial.options).runs().distinct
    let store = try ResultStore(opening: folder.path, document: "hash: x\n", digest: "x")
    let executor = SweepExecutor()
    executor.interrupt()
    let outcome = try executor.execute(runs, into: store, on: topology)
    #expect(outcome.isInterrupted)
    #expect(outcome.executed == 0 && store.count == 0)
  }

  @Test func `is summarized over its seeds`() throws {
    let folder = try TemporaryFolder()
    let store = try ResultStore(opening: folder.path, document: "hash: x\n", digest: "x")
    let runs = try SweepPlan(axes: ["seed=1..3", "workers=1,2"], options: Trial.options).runs()
    _ = try SweepExecutor().execute(runs.distinct, into: store, on: topology)
    var stored = runs.placed(try store.runs())
    for (index, loss) in zip(stored.indices, [3.0, 1.0, 1.0, 2.0, nil, 9.0]) {
      stored[index].record.loss.final = loss
    }
    let summaries = SweepSummary.of(stored, speedIn: .updates)
    #expect(summaries.map { $0.axes["workers"] } == [.integer(1), .integer(2)])
    #expect(summaries.map(\.runs) == [3, 3])
    #expect(summaries.map(\.medianFinalLoss) == [3, 2])
  }
}
