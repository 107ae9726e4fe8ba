import LockstepCore
import LockstepTelemetry

/// Which configuration reaches the target loss first, and why: what it takes in updates, and how fast it
/// makes them.
///
/// The time to a loss is the statistical efficiency of a configuration (updates to the target) over its
/// hardware efficiency (updates per second).
public struct TargetRanking: Codable, Equatable, Sendable {
  /// A configuration, over its seeds.
  public struct Entry: Codable, Equatable, Sendable {
    /// What tells it from the others, by the option's name.
    public var settings: [String: ConfigurationValue]
    /// The number of runs.
    public var runs: Int
    /// How many of them reached the target.
    public var reached: Int
    /// The Kaplan–Meier median of the time to the target.
    ///
    /// In seconds on threads, in units of time in virtual time; `null` where half of the runs didn't get
    /// there.
    @ExplicitNull public var time: Double?
    /// The lower end of its interval.
    @ExplicitNull public var timeLow: Double?
    /// The upper end; `null` where it lies beyond the longest run.
    @ExplicitNull public var timeHigh: Double?
    /// What the interval is worth: `95 %` or more, `range` for fewer than six runs, or `none`.
    public var timeInterval: String
    /// The same median of the updates to the target.
    @ExplicitNull public var updates: Double?
    /// The median rate, in updates per unit of that time.
    @ExplicitNull public var rate: Double?
    /// The median rate in samples: a joint update counts once for all workers, a sample is a sample.
    @ExplicitNull public var sampleRate: Double?
    /// How many times as long it takes as the first: a ratio of medians.
    ///
    /// `null` where it isn't finite.
    @ExplicitNull public var ratio: Double?
    /// The lower end of its interval.
    @ExplicitNull public var ratioLow: Double?
    /// The upper end.
    @ExplicitNull public var ratioHigh: Double?
    /// What the ratio's interval is worth.
    public var ratioInterval: String

    /// Its settings as people write them.
    public var name: String {
      let values = settings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.spelling)" }
      return values.isEmpty ? "the configuration" : values.joined(separator: ", ")
    }

    /// Whether the runs don't tell whether it is slower than the first.
    public var isTied: Bool { ratioLow.map { $0 <= 1 } ?? false }
  }

  /// Whether times are those of the virtual engine.
  public let isVirtual: Bool
  /// The options whose values tell configurations apart, by name.
  public let names: [String]
  /// The configurations, the soonest first; those that didn't get there last.
  public let entries: [Entry]
  /// How many more there are, all of them later.
  public let omitted: Int
  /// How much earlier the target may have been reached, as a share of the updates.
  ///
  /// It is reached at the first look at the loss that finds it reached; this is the longest way from the look
  /// before. `null` where no look came before.
  @ExplicitNull public var resolution: Double?

  /// The largest number of entries.
  public static let largestCount = 12

  /// Ranks the configurations of some runs.
  ///
  /// - Returns: `nil` unless at least two configurations had a target and one of them got there, and where
  ///   no time passes (``Metric/observation(in:)``) or runs of both engines can't be compared.
  public init?(_ runs: [StoredRun]) {
    guard let time = try? Metric("timeToTarget"), let updates = try? Metric("updatesToTarget"),
      let rate = try? Metric("throughput.updatesPerSecond"),
      let sampleRate = try? Metric("throughput.samplesPerSecond")
    else { return nil }
    let timed = runs.filter { time.observation(in: $0) != nil }
    guard let first = timed.first,
      timed.allSatisfy({ $0.record.isVirtual == first.record.isVirtual })
    else { return nil }
    let axes = Set(timed.flatMap(\.axes.keys)).subtracting(["seed"])
    let names = axes.filter { name in
      Set(timed.map { $0.option(name)?.spelling ?? "" }).count > 1
    }.sorted()
    var groups: [[String]: [StoredRun]] = [:]
    for run in timed {
      groups[names.map { run.option($0)?.spelling ?? "" }, default: []].append(run)
    }
    let ranked = groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.compactMap { group in
      time.censoredSample(of: group.value).map { (runs: group.value, times: $0) }
    }.sorted { one, two in
      let (mine, theirs) = (one.times.median ?? .infinity, two.times.median ?? .infinity)
      return mine == theirs ? one.times.reachedShare > two.times.reachedShare : mine < theirs
    }
    guard ranked.count > 1, let soonest = ranked.first?.times, soonest.median != nil else {
      return nil
    }
    isVirtual = first.record.isVirtual
    resolution = timed.compactMap(\.record.targetResolution).max()
    self.names = names
    omitted = max(0, ranked.count - Self.largestCount)
    entries = ranked.prefix(Self.largestCount).enumerated().map { rank, group in
      let median = group.times.medianEstimate
      let ratio =
        rank == 0
        ? Estimate.exact(1, count: group.runs.count)
        : group.times.medianRatio(to: soonest)
      func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
      return Entry(
        settings: Dictionary(
          uniqueKeysWithValues: names.map { ($0, group.runs[0].option($0) ?? .null) }),
        runs: group.runs.count, reached: group.times.reached,
        time: median.value, timeLow: median.value.flatMap { _ in median.low },
        timeHigh: median.value.flatMap { _ in median.high },
        timeInterval: median.kind.name,
        updates: updates.censoredSample(of: group.runs)?.median,
        rate: rate.sample(of: group.runs)?.median,
        sampleRate: sampleRate.sample(of: group.runs)?.median,
        ratio: finite(ratio?.value), ratioLow: finite(ratio?.low), ratioHigh: finite(ratio?.high),
        ratioInterval: (ratio?.kind ?? .none).name)
    }
  }

  /// What the intervals are, in a sentence.
  public var intervals: String {
    let isRange = entries.contains { $0.timeInterval == "range" || $0.ratioInterval == "range" }
    return isRange
      ? "In parentheses: ranges where there are too few runs, otherwise intervals that cover 95 % or more."
      : "In parentheses: intervals that cover 95 % or more."
  }

  /// Which one to use, in a sentence.
  public var sentence: String {
    let first = "\(entries[0].name) gets there first"
    let tied = entries.dropFirst().filter(\.isTied).map(\.name)
    guard !tied.isEmpty else { return first + "." }
    return first + "; these runs don't tell whether it is sooner than "
      + tied.joined(separator: " or ") + "."
  }
}

extension RunRecord {
  /// How much earlier the run may have reached its target, as a share of its updates; `nil` where no look at the
  /// loss tells.
  var targetResolution: Double? {
    guard let missed = loss.targetMissedAt, updates > 0 else { return nil }
    return Double(updates - missed) / Double(updates)
  }
}

extension TargetRanking {
  /// What has to be said about the numbers of updates; `nil` where nothing has.
  public var resolutionSentence: String? {
    resolution.map {
      "Each is counted to the first look at the loss that found the target reached; it may have been reached "
        + "up to \(NumberText.short($0 * 100, digits: 2)) % earlier."
    }
  }
}

extension CensoredSample {
  fileprivate var reachedShare: Double { Double(reached) / Double(observations.count) }
}
