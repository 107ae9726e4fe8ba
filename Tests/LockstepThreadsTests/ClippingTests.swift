import LockstepCore
import LockstepModels
import Testing

@testable import LockstepThreads

/// Gradients that are shortened to a norm, on threads.
@Suite(.timeLimit(.minutes(15))) struct `Clipped gradients` {
  @Test(arguments: ["barrier", "sequential", "hogwild", "locked", "bounded:1"])
  func `change nothing where none is too long`(policy: String) throws {
    let isRacy = ["hogwild", "locked", "bounded:1"].contains(policy)
    for decomposition in Decomposition.allCases {
      var trial = Trial(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy),
        workers: isRacy ? 1 : 3, updates: 90)
      let plain = try trial.run(Models.network()).parameters
      trial.clip = 1e9
      #expect(try trial.run(Models.network()).parameters == plain)
    }
  }

  // 12 coordinates of curvature 1 at 1: each of 3 workers' shards has a gradient of norm 2, together
  // they have √12.
  @Test func `are measured by the worker's own parameters in blocks, by all in samples`() throws {
    func step(_ decomposition: Decomposition) throws -> [Double] {
      try Trial(
        decomposition: decomposition, workers: 3, rate: 0.5,
        updates: decomposition == .blocks ? 3 : 1
      ).with(clip: 1).run(Models.quadratic("dimension=12")).parameters
    }
    #expect(try step(.blocks).allSatisfy { ($0 - (1 - 0.5 / 2)).magnitude < 1e-15 })
    let whole = 1 - 0.5 / 12.0.squareRoot()
    #expect(try step(.samples).allSatisfy { ($0 - whole).magnitude < 1e-15 })
  }

  // A joint step takes the mean of gradients each of which is shortened first: two of them are 1 and
  // −1 along one coordinate, and long.
  @Test func `are shortened one by one before a joint step averages them`() throws {
    let model = LinearModel<Double>(
      loss: .hinge,
      training: ExampleSet(
        offsets: [0, 1, 2], columns: [0, 1], values: [8, 1], featureCount: 2, targets: [1, 1],
        classes: nil),
      featureCount: 2)
    var trial = Trial(decomposition: .samples, workers: 2, rate: 1, batch: 1, updates: 1)
    trial.clip = 0.5
    let outcome = try trial.run(model)
    // Gradients (−8, 0) and (0, −1), whoever draws which: ½·(½, ½).
    #expect(outcome.parameters == [0.25, 0.25])
  }

  @Test func `keep sparse models from being updated in place`() throws {
    var configuration = Trial(decomposition: .samples, batch: 2, updates: 50).configuration
    let model = Models.sparse()
    #expect(ThreadEngine.updatesInPlace(model, configuration: configuration))
    configuration.clip = 0.01
    #expect(!ThreadEngine.updatesInPlace(model, configuration: configuration))
    let outcome = try Trial.run(model, configuration)
    #expect(outcome.updates == 50)
    // No more than 50 steps of rate 0.1 and length 0.01 at most.
    let length = outcome.parameters.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(length <= 50 * 0.1 * 0.01 * (1 + 1e-12))
  }

  @Test func `of sequential workers in samples are those of one worker`() throws {
    var trial = Trial(
      decomposition: .samples, policy: Sequential(), optimizer: "adamw:0.1", rate: 0.01,
      schedule: RateSchedule(.cosine, warmup: 9), updates: 120)
    trial.clip = 0.05
    let plain = try trial.run(Models.quadratic("dimension=9,condition=4")).parameters
    trial.workers = 3
    #expect(try trial.run(Models.quadratic("dimension=9,condition=4")).parameters == plain)
  }
}

extension Trial {
  /// The same run with clipped gradients.
  fileprivate func with(clip: Double) -> Trial {
    var trial = self
    trial.clip = clip
    return trial
  }
}
