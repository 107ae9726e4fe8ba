import Foundation

/// Times until something happened, of which some are only known to be longer: right-censored.
public struct CensoredSample: Equatable, Sendable {
  /// One time.
  public struct Observation: Equatable, Sendable {
    /// When it happened, or until when it had not; `infinity` where it never will.
    public var time: Double
    /// Whether it had not happened by then.
    public var isCensored: Bool

    /// Creates an observation.
    public init(time: Double, isCensored: Bool) {
      self.time = time
      self.isCensored = isCensored
    }
  }

  /// A median with its 95 % interval, in which `nil` means: not reached by half of them.
  public struct Median: Equatable, Sendable {
    /// The median.
    public var value: Double?
    /// The lower end.
    public var low: Double?
    /// The upper end.
    public var high: Double?
  }

  /// The observations by time; at equal times what happened stands before what is censored.
  public let observations: [Observation]

  /// Sorts observations.
  ///
  /// - Parameter observations: at least one, none with a time that isn't a number.
  public init(_ observations: [Observation]) {
    precondition(!observations.isEmpty, "a sample holds at least one observation")
    self.observations = observations.sorted {
      ($0.time, $0.isCensored ? 1 : 0) < ($1.time, $1.isCensored ? 1 : 0)
    }
  }

  /// How many are not censored.
  public var reached: Int { observations.count { !$0.isCensored } }

  /// The share that has not happened after each time at which something did.
  ///
  /// **Reference:** Kaplan, Meier, *Nonparametric Estimation from Incomplete Observations*, 1958.
  public var survival: [(time: Double, share: Double)] {
    var steps: [(time: Double, share: Double)] = []
    forEachStep(of: counts) { time, share in
      steps.append((time, share))
      return true
    }
    return steps
  }

  /// The time by which half of them happened; `nil` where that isn't known.
  ///
  /// Where the share is a half between two times, it is their middle, as it is for a sample without
  /// censoring.
  public var median: Double? { median(of: counts) }

  /// How often each observation is in the sample: once.
  private var counts: [Int] { Array(repeating: 1, count: observations.count) }

  /// The median of a sample that holds each observation as often as `counts` says.
  private func median(of counts: [Int]) -> Double? {
    var half: Double?
    var median: Double?
    forEachStep(of: counts) { time, share in
      if let half {
        median = (half + time) / 2
      } else if share < 0.5 - 1e-9 {
        median = time
      } else if share <= 0.5 + 1e-9 {
        half = time
      }
      return median == nil
    }
    return median ?? half
  }

  /// Goes through the times at which something happened, with the share that has not happened after each.
  ///
  /// - Parameters:
  ///   - counts: how often each observation is in the sample.
  ///   - body: returns whether to go on.
  @inline(__always)
  private func forEachStep(of counts: [Int], _ body: (_ time: Double, _ share: Double) -> Bool) {
    var share = 1.0
    var atRisk = counts.reduce(0, +)
    var index = 0
    while index < observations.count {
      let time = observations[index].time
      var (events, gone) = (0, 0)
      while index < observations.count, observations[index].time == time {
        if !observations[index].isCensored { events += counts[index] }
        gone += counts[index]
        index += 1
      }
      if events > 0 {
        share *= Double(atRisk - events) / Double(atRisk)
        guard body(time, share) else { return }
      }
      atRisk -= gone
    }
  }

  /// The median with its 95 % bootstrap interval.
  ///
  /// **Determinism:** bit-exact.
  public var medianEstimate: Median {
    var counts = [Int](repeating: 0, count: observations.count)
    let (low, high) = Bootstrap.interval(count: observations.count) { indices in
      median(of: indices, counts: &counts) ?? .infinity
    }
    return Median(
      value: median, low: low.isFinite ? low : nil, high: high.isFinite ? high : nil)
  }

  /// How many times as long this sample's median is as another's.
  ///
  /// - Returns: the ratio of the medians with a 95 % bootstrap interval: `infinity` where only this
  ///   one's is not reached, 0 where only the other's is not; `nil` where neither is. Resamples in
  ///   which neither is reached count at both ends.
  ///
  /// **Determinism:** bit-exact.
  public func medianRatio(to other: CensoredSample) -> Estimate? {
    func ratio(_ mine: Double?, _ theirs: Double?) -> Double? {
      switch (mine, theirs) {
      case (nil, nil): nil
      case (nil, _): .infinity
      case (_, nil): 0
      case (let mine?, let theirs?): theirs == 0 ? (mine == 0 ? 1 : .infinity) : mine / theirs
      }
    }
    guard let value = ratio(median, other.median) else { return nil }
    let sizes = [observations.count, other.observations.count]
    var counts = sizes.map { [Int](repeating: 0, count: $0) }
    let (low, high) = Bootstrap.interval(counts: sizes) { indices in
      ratio(
        median(of: indices[0], counts: &counts[0]),
        other.median(of: indices[1], counts: &counts[1]))
    }
    return Estimate(
      value: value, low: max(0, low), high: high, count: sizes[0] + sizes[1])
  }

  /// The median of a resample, without sorting it: how often each observation is in it is enough.
  ///
  /// - Parameters:
  ///   - indices: the observations in the resample.
  ///   - counts: room for as many numbers as there are observations.
  private func median(of indices: [Int], counts: inout [Int]) -> Double? {
    for index in counts.indices { counts[index] = 0 }
    for index in indices { counts[index] += 1 }
    return median(of: counts)
  }
}
