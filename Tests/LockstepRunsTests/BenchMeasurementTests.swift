import LockstepCore
import LockstepTopology
import Testing

@testable import LockstepRuns

@Suite struct BenchMeasurementTests {
  private func plan(
    model: String = "quadratic:dimension=64", workers: [Int] = [1, 2],
    length: BenchPlan.Length = .updates(40), runs: Int = 2
  ) throws -> BenchPlan {
    let model = try ModelSpecification(model)
    return try BenchPlan(
      models: [model], policies: [Barrier(), Hogwild()], decompositions: [.blocks],
      workers: workers, pins: ["compact"], shared: RunConfiguration(model: model),
      length: length, runs: runs, limitSeconds: 0.001)
  }

  @Test(.timeLimit(.minutes(15)))
  func `every configuration is measured once per repetition, in the plan's order`() throws {
    let plan = try plan()
    let outcome = try BenchMeasurement().execute(plan, on: Topology(.live))
    let expected = (0..<2).flatMap {
      BenchPlan.order(ofRepetition: $0, of: 4, runs: 2)
    }
    #expect(outcome.runs.map(\.configuration) == expected)
    #expect(outcome.runs.allSatisfy { $0.updates == 40 })
    #expect(outcome.limits.map(\.workers) == [1, 2])
    #expect(outcome.limits[0].barrierNanoseconds == nil)
    #expect(outcome.limits[1].barrierNanoseconds != nil)
    #expect(!outcome.isInterrupted)
  }

  @Test(.timeLimit(.minutes(15)))
  func `a length in seconds becomes a number of updates`() throws {
    let plan = try plan(workers: [1], length: .seconds(0.01), runs: 1)
    let outcome = try BenchMeasurement().execute(plan, on: Topology(.live))
    #expect(outcome.runs.count == 2)
    #expect(outcome.runs.allSatisfy { $0.updates > 0 })
  }

  @Test func `a configuration that cannot be is named before anything runs`() throws {
    let plan = try plan(model: "quadratic:dimension=2", workers: [1, 3])
    let topology = try Topology(.live)
    #expect(
      throws: ConfigurationError.conflict(
        reason: "quadratic:dimension=2, barrier, blocks, 3 workers, pin compact: with "
          + "--decomposition blocks every worker owns at least one parameter, and this model has "
          + "2")
    ) { try BenchMeasurement().execute(plan, on: topology) }
  }

  @Test func `interrupted before it begins, it measures nothing`() throws {
    let measurement = BenchMeasurement()
    measurement.interrupt()
    let outcome = try measurement.execute(try plan(), on: Topology(.live))
    #expect(outcome.isInterrupted)
    #expect(outcome.runs.isEmpty)
  }
}
