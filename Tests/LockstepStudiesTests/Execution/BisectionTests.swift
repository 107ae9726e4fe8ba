import Foundation
import LockstepCore
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
