import ArgumentParser
import Foundation
import LockstepCore
import LockstepStudies
import Testing

@testable import LockstepCommands

@Suite struct BenchCommandTests {
  private func bench(_ arguments: String...) throws -> Bench {
    try BenchOptions.parse(arguments).bench(processingUnits: 4)
  }

  private func plan(_ arguments: [String], processingUnits: Int = 4) throws -> BenchDocument.Plan {
    BenchDocument.Plan(
      try BenchOptions.parse(arguments).bench(processingUnits: processingUnits))
  }

  @Test func `by default everything on 1 worker and on all processing units is measured`() throws {
    let plan = try plan([])
    #expect(plan.models == ["mlp:128"])
    #expect(plan.policies == ["barrier", "bounded:4", "hogwild", "locked"])
    #expect(plan.decompositions == ["blocks", "samples"])
    #expect(plan.workers == [1, 4])
    #expect(plan.pins == ["compact"])
    #expect(plan.seconds == 1 && plan.updates == nil && plan.epochs == nil)
    #expect(plan.runs == 5)
    #expect(try self.plan([], processingUnits: 1).workers == [1])
    #expect(try bench().runs.all.count == 80)
  }

  @Test func `quick is shorter, and gives way to what is said`() throws {
    #expect(try plan(["--quick"]).seconds == 0.2)
    #expect(try plan(["--quick"]).runs == 3)
    let longer = try plan(["--quick", "--epochs", "2", "--runs", "7"])
    #expect(longer.epochs == 2 && longer.seconds == nil && longer.runs == 7)
    #expect(try plan(["--quick", "--policy", "locked"]).policies == ["locked"])
  }

  @Test func `what a run takes for learning, a bench takes, and says in its document`() throws {
    let bench = try bench(
      "--schedule", "cosine", "--clip", "2.5", "--optimizer", "momentum:0.5", "--learning-rate",
      "0.01", "--batch", "8", "--sampling", "replacement", "--seed", "7", "--precision", "double")
    for run in bench.runs.all.map(\.configuration) {
      #expect(run.resolvedSchedule == .cosine && run.clip == 2.5 && run.learningRate == 0.01)
      #expect(run.optimizer.specification == "momentum:0.5" && run.batch.specification == "8")
      #expect(run.sampling == .replacement && run.seed == 7 && run.resolvedPrecision == .double)
    }
    let document = BenchDocument.Plan(bench)
    #expect(document.schedule == "cosine" && document.clip == 2.5)
    let usual = try plan([])
    #expect(usual.precision == "single" && usual.learningRate == nil && usual.schedule == nil)
  }

  @Test func `a given length is every run's`() throws {
    let runs = { (bench: Bench) in bench.runs.all.map(\.configuration) }
    #expect(try runs(bench("--updates", "7")).allSatisfy { $0.updates == 7 })
    #expect(try runs(bench("--epochs", "2")).allSatisfy { $0.epochs == 2 })
    #expect(try runs(bench()).allSatisfy { $0.updates == nil && $0.epochs == nil })
  }

  @Test func `models and pins keep their commas, and what is named twice counts once`() throws {
    let plan = try plan([
      "--model", "quadratic:dimension=8,condition=2", "--model", "mlp:8", "--pin", "core:0,1",
      "--pin", "none", "--pin", "core:0,1", "--policy", "barrier,hogwild", "--policy", "barrier",
      "--workers", "8,2..3", "--workers", "3,1",
    ])
    #expect(plan.models == ["quadratic:dimension=8,condition=2", "mlp:8"])
    #expect(plan.pins == ["core:0,1", "none"])
    #expect(plan.policies == ["barrier", "hogwild"])
    #expect(plan.workers == [8, 2, 3, 1])
  }

  @Test(arguments: [
    ["--policy", "fast"], ["--policy", "barrier,fast"], ["--pin", "middle"], ["--model", "tree"],
    ["--seconds", "1", "--updates", "5"], ["--runs", "0"], ["--decomposition", "rows"],
    ["--batch", "0"], ["--seconds", "0"], ["--seconds", "nan"], ["--updates", "0"],
    ["--epochs", "-1"], ["--learning-rate", "0"], ["--learning-rate", "1e-400"], ["--clip", "0"],
    ["--schedule", "warmup:3+"], ["--workers", ""], ["--workers", "0"], ["--workers", "256"],
    ["--workers", "2..1"], ["--workers", "1.."], ["--workers", "..2"], ["--workers", "1.5"],
    ["--workers", "1...3"], ["--workers", "-1"], ["--workers", "1,,2"], ["--workers", "a"],
  ])
  func `bad values are bad usage`(arguments: [String]) throws {
    let options = try BenchOptions.parse(arguments.map { $0 == "-1" ? "0" : $0 })
    let error = #expect(throws: (any Error).self) { try options.bench(processingUnits: 4) }
    #expect(try ExitStatus.code(of: #require(error)) == 64)
  }

  @Test(.timeLimit(.minutes(15)))
  func `the records of a bench are a result folder like any other`() throws {
    let folder = try CommandFolder()
    let bench =
      "bench --model quadratic:dimension=8 --updates 40 --runs 2 --workers 1,2 --policy hogwild "
      + "--decomposition samples --quick --quiet --out o"
    #expect(try lockstep(typed: bench, in: folder.path).code == 0)
    #expect(
      folder.names(in: "o").sorted() == [
        "bench.json", "machine.xml", "plan.yaml", "results.csv", "results.jsonl",
      ])
    let results = { String(decoding: try folder.read("o/results.jsonl"), as: UTF8.self) }
    let lines = try results()
    #expect(lines.split(separator: "\n").count == 4)
    let report = try lockstep(typed: "report o", in: folder.path)
    #expect(report.code == 0 && report.output.contains("figures of 4 runs"), "\(report)")
    // Its plan is one for a sweep, which finds everything there.
    let sweep = try lockstep(typed: "sweep o/plan.yaml --out o --quiet", in: folder.path)
    #expect(sweep.code == 0 && sweep.output.contains("4 were there already"), "\(sweep)")
    #expect(try results() == lines)
    // What is complete is measured again; what is not goes on.
    #expect(try lockstep(typed: bench, in: folder.path).code == 0)
    let again = try results().split(separator: "\n")
    #expect(again.count == 4 && again.joined(separator: "\n") + "\n" != lines)
    try folder.write("o/results.jsonl", again.prefix(3).joined(separator: "\n") + "\n")
    #expect(try lockstep(typed: bench, in: folder.path).code == 0)
    let resumed = try results().split(separator: "\n")
    #expect(resumed.count == 4 && resumed.prefix(3) == again.prefix(3))
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
