import LockstepTelemetry
import Testing

@testable import LockstepStudies

/// Claims about how long runs take to a target that some of them don't reach.
struct CensoredClaimTests {
  private func run(
    _ seed: Int, workers: Int, updates: Int, status: RunStatus
  ) -> StoredRun {
    SyntheticRun.make(
      ["workers": .integer(workers), "seed": .integer(seed)],
      configuration: ["targetLoss": .number(0.1), "workers": .integer(workers)]
    ) {
      $0.updates = updates
      $0.status = status
      $0.loss.curve = []
    }
  }

  private func check(
    _ expectation: ClaimExpectation, _ metric: String, on runs: [StoredRun],
    change: (inout Claim) -> Void = { _ in }
  ) throws -> ClaimResult {
    var claim = Claim(
      id: "c", statement: "s", source: "t", value: try Expression("u"), expectation: expectation)
    claim.names = [
      Claim.Name(name: "u", metric: try Metric(metric)),
      Claim.Name(name: "n", metric: try Metric("axis.workers")),
    ]
    change(&claim)
    return claim.check(on: runs)
  }

  @Test func `the ratio of two numbers lies between the ratios of their ends`() throws {
    let two = ClaimItem(seed: 1, place: [:], value: 2)
    let six = ClaimItem(seed: 1, place: [:], value: 6)
    let plain = try #require(six.divided(by: two))
    #expect(plain.value == 3 && plain.least == 3 && plain.greatest == 3)
    var open = six
    open.widen(to: 10)
    let above = try #require(open.divided(by: two))
    #expect(above.value == 3 && above.least == 3 && above.greatest == 5)
    open.widen(to: 4)
    #expect(open.least == 4 && open.greatest == 6)
    let below = try #require(two.divided(by: open))
    #expect(below.least == 2.0 / 6 && below.greatest == 0.5)
    #expect(two.divided(by: ClaimItem(seed: 1, place: [:], value: 0)) == nil)
  }

  @Test(arguments: ["updatesToTarget", "updates"])
  func `a bound is enough for more, and not for less`(_ metric: String) throws {
    let runs = (1...6).map {
      run($0, workers: 1, updates: 1000, status: $0 <= 2 ? .targetReached : .completed)
    }
    let more = try check(.above(500), metric, on: runs)
    #expect(more.verdict == .reproduced && more.low == 1000 && more.high == nil)
    #expect(try check(.below(2000), metric, on: runs).verdict == .inconclusive)
    #expect(try check(.below(900), metric, on: runs).verdict == .notReproduced)
    #expect(more.remark?.contains("that stopped before their target: 4 of 6") == true)
  }

  @Test func `a run that diverged takes longer than any other`() throws {
    let runs = (1...5).map { run($0, workers: 1, updates: 3, status: .diverged) }
    let result = try check(.above(1e6), "updatesToTarget", on: runs)
    #expect(result.verdict == .reproduced && result.estimate == nil && result.low == nil)
  }

  @Test func `a ratio has a bound above where the one above the line stopped, and below below`()
    throws
  {
    func ratio(_ first: RunStatus, _ second: RunStatus) throws -> [ClaimVerdict] {
      let runs = (1...5).flatMap {
        [
          run($0, workers: 2, updates: 400, status: first),
          run($0, workers: 1, updates: 100, status: second),
        ]
      }
      return try [ClaimExpectation.above(3), .below(5)].map { expectation in
        try check(expectation, "updatesToTarget", on: runs) {
          $0.ratios = [PairedRatio(axis: "workers", numerator: "2", denominator: "1", ignored: [])]
        }.verdict
      }
    }
    #expect(try ratio(.targetReached, .targetReached) == [.reproduced, .reproduced])
    #expect(try ratio(.completed, .targetReached) == [.reproduced, .inconclusive])
    #expect(try ratio(.targetReached, .completed) == [.inconclusive, .reproduced])
    #expect(try ratio(.completed, .completed) == [.inconclusive, .inconclusive])
  }

  @Test(arguments: [
    (8, ClaimVerdict.reproduced, RunStatus.completed), (1, .inconclusive, .completed),
    (2, .inconclusive, .completed), (8, .reproduced, .diverged), (1, .notReproduced, .diverged),
  ])
  func `a trend holds if it holds whatever the bounds hide`(
    _ stopped: Int, _ verdict: ClaimVerdict, _ status: RunStatus
  ) throws {
    for summary in [ClaimSummary.exponent, .factor] {
      let runs = (1...5).flatMap { seed in
        [1, 2, 4, 8].map {
          run(
            seed, workers: $0, updates: 100 * $0, status: $0 == stopped ? status : .targetReached)
        }
      }
      let result = try check(.above(summary == .exponent ? 0 : 1), "updatesToTarget", on: runs) {
        $0.against = try? Expression("n")
        $0.summary = summary
      }
      #expect(result.verdict == verdict, "\(summary) \(result)")
      // Nothing bounds how much it falls: an exponent has no low end, a factor is above 0.
      if stopped <= 2 { #expect(result.low == (summary == .factor ? 0 : nil)) }
    }
  }
}
