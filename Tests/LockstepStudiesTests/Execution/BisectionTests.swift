import Foundation
import LockstepCore
import LockstepRuns
import LockstepTopology
import Testing

@testable import LockstepStudies

@Suite(.timeLimit(.minutes(15))) struct `A search for the largest stable rate` {
  @Test(arguments: [1e-9, 0.003, 0.1, 0.7, 30, 1e6], [0.01, 1e-6])
  func `finds a border wherever it is`(_ border: Double, _ tolerance: Double) throws {
    var search = Bisection(first: 0.1, tolerance: tolerance)
    var tries = 0
    while let rate = search.next, tries < 100 {
      search.note(isStable: rate <= border)
      tries += 1
    }
    #expect(search.result == .found)
    let stable = try #require(search.stable)
    let unstable = try #require(search.unstable)
    #expect(stable <= border && border < unstable)
    #expect(unstable <= stable * (1 + tolerance))
  }

  @Test(arguments: [0.003, 0.9, 40]) func `encloses what runs don't tell`(_ border: Double) throws {
    var search = Bisection(first: 0.1, tolerance: 0.01)
    var tries = 0
    while let rate = search.next, tries < 100 {
      // Within ten per cent nobody can tell.
      search.note(isStable: rate < border / 1.1 ? true : rate > border * 1.1 ? false : nil)
      tries += 1
    }
    #expect(search.result == .bracketed)
    let (stable, unstable) = (try #require(search.stable), try #require(search.unstable))
    #expect(stable < border && border < unstable)
    #expect(stable > border / 1.1 / 1.02 && unstable < border * 1.1 * 1.02)
  }

  // Runs near a border tell now this and now that; the search must not go round in circles.
  @Test(arguments: [true, false])
  func `ends where rates beyond the undecided are judged as on this side`(_ answer: Bool) throws {
    var search = Bisection(first: 0.5, tolerance: 0.01)
    var tries = 0
    while let rate = search.next, tries < 100 {
      let isUndecided = (0.51...0.53).contains(rate)
      let isLate = answer ? (0.53...0.56).contains(rate) : (0.48...0.51).contains(rate)
      search.note(isStable: isUndecided ? nil : isLate ? answer : rate < 0.52)
      tries += 1
    }
    #expect(tries < 40 && search.result != nil)
  }

  /// Blocks behind a barrier are gradient descent: stable up to 2/λ, also where the start excites no mode
  /// of the largest λ (here 3).
  @Test func `is exact for blocks behind a barrier`() throws {
    let plan = try SweepPlan(
      axes: ["learning-rate=0.6656,0.6677"],
      options: Trial.options([
        ("engine", "virtual"), ("decomposition", "blocks"), ("policy", "barrier"),
        ("model", "quadratic:laplacian=2"), ("workers", "2"), ("updates", "100"),
      ]))
    let rates = try plan.runs().distinct.map { run in
      try #require(ExactGrowth(run.configuration)).moments.meanSquare
    }
    #expect(rates.count == 2 && rates[0] < 0 && rates[1] > 0)
    // Half a round each.
    #expect((rates[0] - 0.5 * log(3 * 0.6656 - 1)).magnitude < 1e-12)
  }

  @Test func `gives up where no run tells anything`() {
    var search = Bisection(first: 0.1, tolerance: 0.01)
    var tries = 0
    while search.next != nil, tries < 100 {
      search.note(isStable: nil)
      tries += 1
    }
    #expect(search.result == .undecided && search.stable == nil && search.unstable == nil)
  }

  /// Eight exponential workers: the mean square is stable up to .5664, paths up to .6887, the mean up to 30.
  @Test(arguments: [(Stability.meanSquare, 0.566391), (.path, 0.6887), (.mean, 30)])
  func `finds the border of the stability that is asked for`(
    _ stability: Stability, _ border: Double
  ) throws {
    let folder = try TemporaryFolder()
    var plan = try SweepPlan(
      axes: ["workers=8"],
      options: Trial.options([
        ("engine", "virtual"), ("decomposition", "samples"), ("policy", "hogwild"),
        ("model", "quadratic:eigenvalues=1"), ("service", "exponential:1"),
        ("updates", stability == .path ? "3000" : "50"), ("record", "loss=3000"),
        ("replicas", stability == .path ? "20" : "2"), ("learning-rate", "0.6"),
      ]))
    let tolerance = stability == .path ? 0.04 : 0.002
    plan.bisectionTolerance = tolerance
    plan.stability = stability
    let runs = try plan.runs()
    let store = try ResultStore(opening: folder.path, document: "hash: x\n", digest: "x")
    let outcome = try SweepExecutor().bisect(
      runs.inPlanOrder(runs.distinct), tolerance: tolerance, stability: stability, into: store,
      on: Topology(.live))
    let result = try #require(outcome.results.first)
    #expect(result.stability == stability)
    let (stable, unstable) = (try #require(result.stable), try #require(result.unstable))
    #expect(stable <= border && border <= unstable, "\(stable) to \(unstable)")
    #expect(unstable < 1.3 * stable)
    if stability != .path { #expect(result.result == .found) }
  }

  @Test(arguments: [
    ("bounded:2", "quadratic:eigenvalues=1", Stability.meanSquare, "too many states"),
    ("hogwild", "mlp:4", .mean, "no quadratic"),
    ("bounded:2", "quadratic:eigenvalues=1,noise=1", .path, "leave the quadratic's noise out"),
  ])
  func `refuses what cannot be decided`(
    _ policy: String, _ model: String, _ stability: Stability, _ words: String
  ) throws {
    var plan = try SweepPlan(
      axes: ["workers=2"],
      options: Trial.options([
        ("engine", "virtual"), ("decomposition", "samples"), ("policy", policy),
        ("model", model), ("service", "exponential:1"), ("updates", "10"),
      ]))
    plan.bisectionTolerance = 0.01
    plan.stability = stability
    let error = #expect(throws: PlanError.self) { try plan.runs() }
    #expect("\(try #require(error))".contains(words))
  }

  @Test(arguments: [0.01, 1e-6]) func `knows how many rates are left once it has both kinds`(
    _ tolerance: Double
  ) {
    var search = Bisection(first: 0.1, tolerance: tolerance)
    #expect(search.expectedCount >= 3)
    search.note(isStable: true)
    search.note(isStable: false)
    while search.next != nil {
      let expected = search.expectedCount
      search.note(isStable: expected % 2 == 0)
      #expect(search.expectedCount == expected - 1)
    }
    #expect(search.expectedCount == 0)
  }

  @Test(arguments: [(true, Bisection.Result.alwaysStable), (false, .neverStable)])
  func `ends where there is no border`(_ answer: Bool, _ result: Bisection.Result) {
    var search = Bisection(first: 0.1, tolerance: 0.01)
    var tries = 0
    while search.next != nil, tries < 100 {
      search.note(isStable: answer)
      tries += 1
    }
    #expect(search.result == result)
  }

  /// A constant delay τ on an eigenvalue of 1 is stable up to `2·sin(π/(2(2τ + 1)))`.
  ///
  /// **Reference:** Arjevani, Shamir and Srebro, *A Tight Convergence Analysis for Stochastic Gradient
  /// Descent with Delayed Updates*, 2020; the roots of `z^(τ+1) − z^τ + η` on the unit circle.
  @Test func `finds what the recursion with a constant delay allows`() throws {
    let folder = try TemporaryFolder()
    var plan = try SweepPlan(
      axes: ["delay=constant:0,constant:1,constant:3,constant:6"],
      options: Trial.options([
        ("engine", "virtual"), ("decomposition", "samples"),
        ("model", "quadratic:eigenvalues=1"), ("updates", "1200"), ("record", "loss=1"),
        ("warmup", "600"),
      ]))
    plan.bisectionTolerance = 0.002
    let runs = try plan.runs()
    let topology = try Topology(.live)
    let store = try ResultStore(opening: folder.path, document: "hash: x\n", digest: "x")
    let outcome = try SweepExecutor().bisect(
      runs.inPlanOrder(runs.distinct), tolerance: 0.002, into: store, on: topology)
    #expect(outcome.results.map(\.result) == [.found, .found, .found, .found])
    for (result, delay) in zip(outcome.results, [0.0, 1, 3, 6]) {
      let border = 2 * sin(Double.pi / (2 * (2 * delay + 1)))
      let (stable, unstable) = (result.stable ?? 0, result.unstable ?? 0)
      #expect(abs(stable / border - 1) < 0.005, "delay \(delay): \(stable), not \(border)")
      #expect(abs(unstable / border - 1) < 0.005, "delay \(delay): \(unstable), not \(border)")
    }
    // Again: everything is there, and nothing is run.
    let count = store.count
    let again = try SweepExecutor().bisect(
      runs.inPlanOrder(runs.distinct), tolerance: 0.002, into: store, on: topology)
    #expect(again.results == outcome.results)
    #expect(store.count == count)
  }
}
