import LockstepCore
import LockstepModels
import LockstepSimulator

/// A short run under the worst order of events that its policy admits; a number says which.
package struct ExploredSchedule {
  /// The policies whose schedules are explored, as after `--policy`.
  package static let policies = [
    "barrier", "sequential", "bounded:0", "bounded:1", "bounded:2", "bounded:5", "hogwild",
    "locked",
  ]

  /// The number of the schedule, which is also the adversary's seed.
  package let number: Int
  /// What the workers divide.
  package let decomposition: Decomposition
  /// The policy, as after `--policy`.
  package let policy: String
  /// The number of workers.
  package let workers: Int
  /// The number of updates.
  package let updates: Int

  // Not the command's defaults, and with noise: a replay that leaves an option out has other bits.
  private static let model = "quadratic:dimension=7,noise=1"
  private let rate = 0.01
  private let seed: UInt64 = 7

  /// Draws a schedule.
  package init(_ number: Int) {
    self.number = number
    var stream = RandomStream(seed: UInt64(number), purpose: .syntheticData)
    policy = Self.policies[stream.integer(below: Self.policies.count)]
    decomposition = stream.integer(below: 2) == 0 ? .blocks : .samples
    workers = 2 + stream.integer(below: 5)
    updates = 20 + stream.integer(below: 60)
  }

  /// The commands that make the same run and check its trace, `t.csv`, as they are typed.
  package var commands: [String] {
    [
      "lockstep run --engine virtual --model \(Self.model) --service adversarial:\(number) "
        + "--decomposition \(decomposition.rawValue) --policy \(policy) --workers \(workers) "
        + "--updates \(updates) --learning-rate \(rate) --seed \(seed) --trace t.csv",
      "lockstep trace check t.csv",
    ]
  }

  /// Makes the run, and traces it.
  package func run() throws -> SimulationOutcome<Double> {
    guard case .quadratic(let specification) = try ModelSpecification(Self.model).kind else {
      preconditionFailure("\(Self.model) is a quadratic")
    }
    let engine = try EventEngine(
      model: Quadratic<Double>(specification, seed: seed),
      configuration: EngineConfiguration(
        decomposition: decomposition, policy: PolicySpecification.parse(policy), workers: workers,
        optimizer: .sgd, learningRate: rate, batch: 1, updates: updates, lossEvery: updates,
        seed: seed, recordsTrace: true),
      service: .adversarial(seed: number))
    return try engine.run()
  }
}
