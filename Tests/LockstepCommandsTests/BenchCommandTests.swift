import ArgumentParser
import Foundation
import LockstepCore
import LockstepRuns
import Testing

@testable import LockstepCommands

@Suite struct BenchCommandTests {
  private func plan(_ arguments: String...) throws -> BenchPlan {
    try BenchOptions.parse(arguments).plan(processingUnits: 4)
  }

  @Test func `by default everything on 1 worker and on all processing units is measured`() throws {
    let plan = try plan()
    #expect(plan.models.map(\.specification) == ["mlp:128"])
    #expect(plan.policies.map(\.specification) == ["barrier", "bounded:4", "hogwild", "locked"])
    #expect(plan.decompositions == [.blocks, .samples])
    #expect(plan.workers == [1, 4])
    #expect(plan.pins == ["compact"])
    #expect(plan.length == .seconds(1))
    #expect(plan.runs == 5)
  }

  @Test func `quick is shorter, and gives way to what is said`() throws {
    #expect(try plan("--quick").length == .seconds(0.2))
    #expect(try plan("--quick").runs == 3)
    #expect(try plan("--quick", "--epochs", "2", "--runs", "7").length == .epochs(2))
    #expect(try plan("--quick", "--epochs", "2", "--runs", "7").runs == 7)
    #expect(try plan("--quick", "--policy", "locked").policies.map(\.specification) == ["locked"])
  }

  @Test func `what a run takes for learning, a bench takes, and says in its document`() throws {
    let plan = try plan(
      "--schedule", "cosine", "--clip", "2.5", "--optimizer", "momentum:0.5", "--learning-rate",
      "0.01", "--batch", "8", "--sampling", "replacement", "--seed", "7", "--precision", "double")
    for run in plan.configurations {
      #expect(run.resolvedSchedule == .cosine && run.clip == 2.5 && run.learningRate == 0.01)
      #expect(run.optimizer.specification == "momentum:0.5" && run.batch.specification == "8")
      #expect(run.sampling == .replacement && run.seed == 7 && run.resolvedPrecision == .double)
    }
    let document = BenchDocument.Plan(plan)
    #expect(document.schedule == "cosine" && document.clip == 2.5)
    #expect(try self.plan().configurations.allSatisfy { $0.resolvedPrecision == .single })
  }

  @Test func `models and pins keep their commas`() throws {
    let plan = try plan(
      "--model", "quadratic:dimension=8,condition=2", "--model", "mlp:8", "--pin", "core:0,1",
      "--pin", "none")
    #expect(plan.models.map(\.specification) == ["quadratic:dimension=8,condition=2", "mlp:8"])
    #expect(plan.pins == ["core:0,1", "none"])
  }

  @Test(arguments: [
    ["--policy", "fast"], ["--workers", "0"], ["--pin", "middle"], ["--model", "tree"],
    ["--seconds", "1", "--updates", "5"], ["--runs", "0"], ["--decomposition", "rows"],
    ["--batch", "0"], ["--seconds", "0"], ["--learning-rate", "0"],
    ["--learning-rate", "1e-400"], ["--clip", "0"], ["--schedule", "warmup:3+"],
  ])
  func `bad values are bad usage`(arguments: [String]) throws {
    let options = try BenchOptions.parse(arguments)
    let error = #expect(throws: ConfigurationError.self) {
      try options.plan(processingUnits: 4)
    }
    #expect(try ExitStatus.code(of: #require(error)) == 64)
  }

  @Test func `the report of a wide result stays within 120 columns`() throws {
    let estimate = #"{"median": 123456, "low": 1, "high": 123456, "samples": [1, 2, 3]}"#
    let speedup = #"{"median": 254.12, "low": 1, "high": 300, "samples": [1, 2, 3]}"#
    let text = """
      {"schema": "lockstep.bench/1",
       "machine": {"processor": "p", "cores": 255, "processingUnits": 255, "numaNodes": 1,
         "memoryBytes": 1, "kernel": "k"},
       "plan": {"models": [], "data": null, "heldOut": "automatic", "policies": [],
         "decompositions": [], "workers": [], "pins": [], "optimizer": "sgd",
         "learningRate": null, "schedule": null, "clip": null, "batch": "32", "sampling": "shuffled", "seed": 1,
         "kernels": "blas", "precision": "single", "runs": 3, "seconds": 1, "updates": null,
         "epochs": null},
       "status": "completed", "loadAverage": 500,
       "limits": [{"workers": 255, "pin": "compact", "copyBytesPerSecond": 1e11,
         "multiplyOperationsPerSecond": 1e12, "barrierNanoseconds": 1e5,
         "barrierParkedNanoseconds": null}],
       "configurations": [{"model": "mlp:128", "data": "digits", "policy": "bounded:16",
         "decomposition": "samples", "workers": 255, "pin": "compact",
         "updatesPerSecond": \(estimate), "samplesPerSecond": \(estimate),
         "speedup": \(speedup),
         "split": {"compute": 1, "read": 0, "apply": 0, "wait": 0},
         "staleness": {"mean": 128.25, "p99": 1024}, "loss": 0.012345, "accuracy": 0.999,
         "updates": 1000, "diverged": 0, "oversubscribed": true}]}
      """
    let document = try JSONDecoder().decode(BenchDocument.self, from: Data(text.utf8))
    let report = BenchReport(document).text
    for line in report.split(separator: "\n") { #expect(line.count <= 120, "\(line)") }
    #expect(report.contains("mlp:128 on digits, samples, pinned compact\n"))
    #expect(report.contains("255*"))
    #expect(report.contains("measure the operating system's scheduler"))
    #expect(report.contains("load average 500"))
  }
}
