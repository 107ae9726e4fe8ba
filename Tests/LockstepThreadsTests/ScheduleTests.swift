import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepThreads

/// The learning rate on threads, which follows the run's updates.
@Suite(.timeLimit(.minutes(15))) struct `A schedule of rates` {
  /// A sparse model with one example whose hinge loss has the same gradient at each step.
  private static func slope() -> LinearModel<Double> {
    let features = 64
    return LinearModel(
      loss: .hinge,
      training: ExampleSet(
        offsets: [0, 2], columns: [3, 40], values: [1, -2], featureCount: features, targets: [1],
        classes: nil),
      featureCount: features)
  }

  // Every update moves the parameters by its rate, and the rates of N updates add up to η·(N + 1)/2.
  @Test(arguments: ["sequential", "bounded:0", "locked", "hogwild", "barrier"], [1, 3])
  func `gives every update of the run a rate of its own, in place`(
    policy: String, workers: Int
  ) throws {
    let isRacy = ["bounded:0", "hogwild"].contains(policy)
    // Racing updates of one coordinate may get lost.
    if isRacy, workers > 1 { return }
    for batch in [1, 2] {
      let updates = 999
      let trial = Trial(
        decomposition: .samples, policy: try PolicySpecification.parse(policy), workers: workers,
        rate: 1e-4, schedule: .linear, batch: batch, updates: updates)
      let outcome = try trial.run(Self.slope())
      let expected = 1e-4 * Double(updates + 1) / 2
      #expect((outcome.parameters[3] / expected - 1).magnitude < 1e-9, "batch \(batch)")
      #expect((outcome.parameters[40] / (-2 * expected) - 1).magnitude < 1e-9)
    }
  }

  // x ← x·(1 − η·factor) on unit curvature, at every clock.
  @Test(arguments: [
    "warmup:10", "cosine", "warmup:10+cosine", "step:every=16,factor=0.5", "warmup:7+linear",
  ])
  func `follows every kind of schedule`(text: String) throws {
    let schedule = try RateSchedule(text)
    for workers in [1, 4] {
      let updates = 48 * workers
      let trial = Trial(workers: workers, rate: 0.3, schedule: schedule, updates: updates)
      let outcome = try trial.run(Models.quadratic("dimension=8"))
      var expected = 1.0
      for clock in 0..<48 {
        // All workers of a round take the factor of its first update.
        expected *= 1 - 0.3 * schedule.factor(at: clock * workers, of: updates)
      }
      #expect(outcome.parameters.allSatisfy { ($0 - expected).magnitude < 1e-14 }, "\(text)")
    }
  }

  @Test(arguments: ["sequential", "barrier", "bounded:2", "locked", "hogwild"])
  func `numbers the updates of a run once each, and none has a rate of 0`(policy: String) throws {
    for decomposition in Decomposition.allCases {
      var configuration = Trial(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 4,
        rate: 0.1, schedule: .linear, updates: 90, lossEvery: 40
      ).configuration
      configuration.recordsTrace = true
      let outcome = try Trial.run(Models.network(), configuration)
      let numbers = try #require(outcome.trace).events.compactMap(\.number).sorted()
      switch (policy, decomposition) {
      case ("barrier", .samples): #expect(numbers == (0..<90).flatMap { [$0, $0, $0, $0] })
      case ("barrier", .blocks): #expect(numbers == (0..<90).map { $0 / 4 * 4 })
      default: #expect(numbers == Array(0..<90))
      }
      #expect(numbers.allSatisfy { RateSchedule.linear.factor(at: $0, of: 90) > 0 })
      if policy == "sequential" {
        for event in outcome.trace?.events ?? [] {
          #expect(event.number == event.clock * 4 + event.worker)
        }
      }
    }
  }

  @Test func `falls from the rate at the start towards 0 at the end`() {
    #expect(RateSchedule.linear.factor(at: 0, of: 50) == 1)
    #expect(RateSchedule.linear.factor(at: 25, of: 50) == 0.5)
    #expect(RateSchedule.linear.factor(at: 49, of: 50) > 0)
    #expect(RateSchedule.linear.factor(at: 50, of: 50) == 0)
    #expect(RateSchedule.constant.factor(at: 50, of: 50) == 1)
  }
}
