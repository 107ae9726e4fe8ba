import LockstepCore
import Testing

@testable import LockstepRuns

@Suite struct BenchPlanTests {
  private func plan(
    models: [String] = ["mlp:8"], policies: [String] = ["barrier", "hogwild"],
    decompositions: [Decomposition] = [.blocks, .samples], workers: [Int] = [1, 2],
    pins: [String] = ["compact"], length: BenchPlan.Length = .seconds(1), runs: Int = 3
  ) throws -> BenchPlan {
    let models = try models.map { try ModelSpecification($0) }
    return try BenchPlan(
      models: models, policies: BenchAxes.policies(policies), decompositions: decompositions,
      workers: workers, pins: pins,
      shared: RunConfiguration(model: ModelSpecification("mlp:8")), length: length, runs: runs,
      limitSeconds: 0.1)
  }

  @Test func `a plan is the cross product of its axes, workers varying fastest`() throws {
    let configurations = try plan(models: ["mlp:8", "svm"], pins: ["none", "compact"])
      .configurations
    #expect(configurations.count == 2 * 2 * 2 * 2 * 2)
    #expect(
      configurations.prefix(4).map { BenchPlan.name(of: $0) } == [
        "mlp:8, barrier, blocks, 1 worker, pin none",
        "mlp:8, barrier, blocks, 2 workers, pin none",
        "mlp:8, hogwild, blocks, 1 worker, pin none",
        "mlp:8, hogwild, blocks, 2 workers, pin none",
      ])
    #expect(Set(configurations.map { BenchPlan.name(of: $0) }).count == configurations.count)
  }

  @Test func `a given length is every configuration's`() throws {
    #expect(try plan(length: .updates(7)).configurations.allSatisfy { $0.updates == 7 })
    #expect(try plan(length: .epochs(2)).configurations.allSatisfy { $0.epochs == 2 })
    #expect(try plan().configurations.allSatisfy { $0.updates == nil && $0.epochs == nil })
  }

  @Test func `each repetition makes every configuration once and begins further along`() {
    for count in 1...9 {
      for runs in 1...5 {
        let orders = (0..<runs).map {
          BenchPlan.order(ofRepetition: $0, of: count, runs: runs)
        }
        for order in orders { #expect(order.sorted() == Array(0..<count)) }
        if count >= runs { #expect(Set(orders.compactMap(\.first)).count == runs) }
      }
    }
    #expect(BenchPlan.order(ofRepetition: 1, of: 6, runs: 3) == [2, 3, 4, 5, 0, 1])
    #expect(BenchPlan.order(ofRepetition: 0, of: 0, runs: 3).isEmpty)
  }

  @Test func `plans that cannot be are refused`() {
    #expect(throws: ConfigurationError.self) { try plan(runs: 0) }
    #expect(throws: ConfigurationError.self) { try plan(length: .seconds(0)) }
    #expect(throws: ConfigurationError.self) { try plan(length: .seconds(.nan)) }
    #expect(throws: ConfigurationError.self) { try plan(length: .updates(0)) }
    #expect(throws: ConfigurationError.self) { try plan(length: .epochs(-1)) }
    #expect(throws: ConfigurationError.conflict(reason: "--workers needs at least one value")) {
      try plan(workers: [])
    }
    #expect(throws: ConfigurationError.self) { try plan(workers: [256]) }
  }
}

@Suite struct BenchAxesTests {
  @Test func `lists are split at commas and repeated options are joined`() throws {
    #expect(
      try BenchAxes.policies(["barrier,bounded:4", "hogwild", "barrier"]).map(\.specification)
        == ["barrier", "bounded:4", "hogwild"])
    #expect(try BenchAxes.decompositions(["samples,blocks"]) == [.samples, .blocks])
    #expect(BenchAxes.distinct(["core:0,1", "none", "core:0,1"]) == ["core:0,1", "none"])
  }

  @Test func `workers are numbers and ranges, each once`() throws {
    #expect(try BenchAxes.workers(["1..4"]) == [1, 2, 3, 4])
    #expect(try BenchAxes.workers(["8,2..3", "3,1"]) == [8, 2, 3, 1])
    #expect(try BenchAxes.workers(["255"]) == [255])
  }

  @Test(arguments: ["", "0", "256", "2..1", "1..", "..2", "1.5", "1...3", "-1", "+1", "1,,2", "a"])
  func `anything else is refused`(text: String) {
    #expect(throws: ConfigurationError.self) { try BenchAxes.workers([text]) }
  }

  @Test func `unknown names come with the nearest one`() {
    #expect(
      throws: ConfigurationError.unknown(
        option: "--decomposition", value: "block", choices: ["blocks", "samples"],
        nearest: "blocks")
    ) { try BenchAxes.decompositions(["block"]) }
    #expect(throws: ConfigurationError.self) { try BenchAxes.policies(["barrier,fast"]) }
  }
}
