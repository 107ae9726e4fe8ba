import LockstepCore
import LockstepTelemetry
import LockstepTopology
import Testing

@testable import LockstepRuns

@Suite(.timeLimit(.minutes(15))) struct `Epochs` {
  // 100 examples in minibatches of 5, twice: 40 minibatches.
  @Test(
    arguments: [
      (Decomposition.samples, "hogwild", 40), (.samples, "bounded:1", 40),
      (.samples, "barrier", 10),
      (.blocks, "barrier", 160), (.blocks, "hogwild", 160),
    ], EngineChoice.allCases)
  func `are made of as many updates as process every example so often`(
    _ kind: (decomposition: Decomposition, policy: String, updates: Int), engine: EngineChoice
  ) throws {
    var run = RunConfiguration(
      model: try ModelSpecification("logistic"))
    run.data = try DataSpecification("synthetic:examples=100,features=6")
    run.policy = try PolicySpecification.parse(kind.policy)
    run.decomposition = kind.decomposition
    run.engine = engine
    run.workers = 4
    run.batch = .examples(5)
    run.epochs = 2
    if engine == .threads { run.pin = "none" }
    let record = try TrainingRun().execute(run, PreparedModel(run), on: Topology(.live))
    #expect(record.updates == kind.updates)
    #expect(record.samples == 200)
    #expect((record.virtualTime != nil) == (engine == .virtual))
    if let time = record.virtualTime, let rate = record.throughput.updatesPerSecond {
      #expect(time > 0 && abs(rate * time - Double(record.updates)) < 1e-9)
    }
  }
}
