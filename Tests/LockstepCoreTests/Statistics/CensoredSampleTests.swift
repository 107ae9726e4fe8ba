import Testing

@testable import LockstepCore

@Suite struct CensoredSampleTests {
  private func sample(_ times: [Double], censored: [Double] = []) -> CensoredSample {
    CensoredSample(
      times.map { .init(time: $0, isCensored: false) }
        + censored.map { .init(time: $0, isCensored: true) })
  }

  /// Remission times of 21 leukaemia patients under 6-mercaptopurine (Freireich et al., 1963).
  private var treated: CensoredSample {
    sample(
      [6, 6, 6, 7, 10, 13, 16, 22, 23],
      censored: [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
  }

  /// The 21 under placebo.
  private var placebo: CensoredSample {
    sample([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23])
  }

  @Test func `survival is that of the textbook`() {
    let expected: [(Double, Double)] = [
      (6, 0.8571), (7, 0.8067), (10, 0.7529), (13, 0.6902), (16, 0.6275), (22, 0.5378),
      (23, 0.4482),
    ]
    let steps = treated.survival
    #expect(steps.count == expected.count)
    for (step, (time, share)) in zip(steps, expected) {
      #expect(step.time == time)
      #expect(abs(step.share - share) < 5e-5)
    }
    #expect(treated.median == 23)
    #expect(placebo.median == 8)
    #expect(treated.reached == 9)
  }

  @Test func `without censoring the median is that of a sample`() {
    for values in [[5.0], [1, 2], [3, 1, 2], [4, 1, 9, 2], [2, 2, 2, 5], [1, 1, 7, 8, 9, 9]] {
      #expect(sample(values).median == Sample(values).median)
    }
  }

  @Test func `a median that half of them don't reach is not known`() {
    #expect(sample([1], censored: [2, 3]).median == nil)
    #expect(sample([], censored: [2, 3]).median == nil)
    let estimate = sample([1, 2], censored: [.infinity, .infinity, .infinity]).medianEstimate
    #expect(estimate.value == nil)
    #expect(estimate.high == nil)
    #expect(estimate.low == 1 && estimate.kind == .range)
    // Those who dropped out early don't count as never.
    #expect(sample([3, 4], censored: [1, 1, 1]).median == 3.5)
  }

  @Test func `medians are compared also where one is not reached`() throws {
    let fast = sample([1, 1, 1, 1, 1, 1])
    let slow = sample([4, 4, 4, 4, 4, 4])
    let never = sample([], censored: Array(repeating: .infinity, count: 6))
    #expect(
      slow.medianRatio(to: fast)
        == Estimate(
          value: 4, low: 4, high: 4, count: 12, kind: slow.medianRatio(to: fast)?.kind ?? .none))
    #expect(never.medianRatio(to: fast)?.low == .infinity)
    #expect(fast.medianRatio(to: never)?.high == 0)
    #expect(never.medianRatio(to: never) == nil)
    let mixed = sample([2, 2, 2], censored: [9, 9])
    let ratio = try #require(mixed.medianRatio(to: fast))
    #expect(ratio.value == 2 && ratio.low == 2 && ratio.high == .infinity)
  }
}
