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
    /// What the interval is worth.
    public var kind: Estimate.Kind
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
    forEachStep { time, share in
      steps.append((time, share))
      return true
    }
    return steps
  }

  /// The time by which half of them happened; `nil` where that isn't known.
  ///
  /// Where the share is a half between two times, it is their middle, as it is for a sample without
  /// censoring.
  public var median: Double? {
    var half: Double?
    var median: Double?
    forEachStep { time, share in
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
  /// - Parameter body: returns whether to go on.
  private func forEachStep(_ body: (_ time: Double, _ share: Double) -> Bool) {
    var share = 1.0
    var atRisk = observations.count
    var index = 0
    while index < observations.count {
      let time = observations[index].time
      var (events, gone) = (0, 0)
      while index < observations.count, observations[index].time == time {
        if !observations[index].isCensored { events += 1 }
        gone += 1
        index += 1
      }
      if events > 0 {
        share *= Double(atRisk - events) / Double(atRisk)
        guard body(time, share) else { return }
      }
      atRisk -= gone
    }
  }

  /// Between what each time lies: what is censored may never happen.
  private var bounds: [(least: Double, greatest: Double)] {
    observations.map { ($0.time, $0.isCensored ? .infinity : $0.time) }
  }

  /// The median with its interval: order statistics, whatever the censored times may be, or the range of
  /// fewer than six.
  ///
  /// **Determinism:** bit-exact.
  public var medianEstimate: Median {
    let bounds = bounds
    var interval = Intervals.median(
      least: bounds.map(\.least), greatest: bounds.map(\.greatest))
    let median = median
    if let median { interval = interval.holding(median) }
    return Median(
      value: median, low: interval.low.isFinite ? interval.low : nil,
      high: interval.high.isFinite ? interval.high : nil, kind: interval.kind)
  }

  /// How many times as long this sample's median is as another's.
  ///
  /// - Returns: the ratio of the medians with the Mann–Whitney interval, whatever the censored times may be:
  ///   `infinity` where only this one's is not reached, 0 where only the other's is not; `nil` where neither
  ///   is.
  ///
  /// **Determinism:** bit-exact.
  public func medianRatio(to other: CensoredSample) -> Estimate? {
    let value: Double
    switch (median, other.median) {
    case (nil, nil): return nil
    case (nil, _): value = .infinity
    case (_, nil): value = 0
    case (let mine?, let theirs?):
      value = theirs == 0 ? (mine == 0 ? 1 : .infinity) : mine / theirs
    }
    return Intervals.factor(of: bounds, to: other.bounds).holding(value)
  }
}
