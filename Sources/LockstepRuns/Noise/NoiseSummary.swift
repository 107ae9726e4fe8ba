import LockstepCore
import LockstepTelemetry

/// The mean of one measure over the probes of several runs, on one evaluation set, for one number of
/// shards.
public struct NoiseSummary: Codable, Equatable, Sendable {
  /// The evaluation set: `current`, `other` or `heldout`.
  public var set: String
  /// The number of shards.
  public var shards: Int
  /// What was measured: the name of a ``NoiseRecord``'s number.
  public var measure: String
  /// The mean.
  @ExplicitNull public var mean: Double?
  /// The lower end of its 95 % interval; `null` for a single run.
  @ExplicitNull public var low: Double?
  /// The upper end of its 95 % interval; `null` for a single run.
  @ExplicitNull public var high: Double?
  /// The mean over the mean promised decrease, for penalties; `null` where none was promised.
  @ExplicitNull public var relative: Double?
  /// The lower end of its 95 % interval; `null` where nothing bounds it.
  @ExplicitNull public var relativeLow: Double?
  /// The upper end of its 95 % interval; `null` where nothing bounds it.
  @ExplicitNull public var relativeHigh: Double?
  /// Whether the runs are so skewed that one of the intervals covers less than 95 %.
  public var skewed: Bool
  /// The number of probes in which it is known.
  public var probes: Int

  /// What is averaged, in the order of the table: all but the loss, which is none of an update's.
  static let measures = NoiseRecord.numbers.filter { $0.path != "loss" }

  /// Averages the probes of some runs.
  ///
  /// - Parameters:
  ///   - runs: the records of each run, in their order along it.
  /// - Returns: every measure of every set and number of shards, in the order in which the sets and
  ///   the numbers first occur.
  ///
  /// **Determinism:** bit-exact.
  public static func summaries(of runs: [[NoiseRecord]]) -> [NoiseSummary] {
    var groups: [(set: String, shards: Int)] = []
    for record in runs.joined() {
      let isKnown = groups.contains { $0.set == record.set && $0.shards == record.shards }
      if !isKnown { groups.append((record.set, record.shards)) }
    }
    return groups.flatMap { group in
      let members = runs.map { run in
        run.filter { $0.set == group.set && $0.shards == group.shards }
      }
      return measures.map {
        NoiseSummary($0, of: members, group.set, group.shards)
      }
    }
  }

  private init(
    _ measure: RecordNumber<NoiseRecord>, of runs: [[NoiseRecord]], _ set: String, _ shards: Int
  ) {
    let values = runs.map { run in run.compactMap { measure.value($0) } }
    let estimate = Intervals.mean(ofClusters: values)
    var ratio: Estimate?
    if measure.role == .penalty {
      let pairs = runs.map { run in
        run.compactMap { record -> (Double, Double)? in
          guard let value = measure.value(record), let promise = record.promisedDecrease
          else { return nil }
          return (value, promise)
        }
      }
      let sums = pairs.filter { !$0.isEmpty }.map { pairs in
        pairs.reduce((0.0, 0.0)) { ($0.0 + $1.0, $0.1 + $1.1) }
      }
      ratio = Intervals.ratio(of: sums.map(\.0), to: sums.map(\.1))
    }
    self.set = set
    self.shards = shards
    self.measure = measure.path
    mean = estimate?.value
    low = Self.end(estimate, estimate?.low)
    high = Self.end(estimate, estimate?.high)
    relative = ratio?.value
    relativeLow = Self.end(ratio, ratio?.low)
    relativeHigh = Self.end(ratio, ratio?.high)
    skewed = estimate?.isSkewed == true || ratio?.isSkewed == true
    probes = values.map(\.count).reduce(0, +)
  }

  /// An end of an interval, where there is one that is bounded.
  private static func end(_ estimate: Estimate?, _ end: Double?) -> Double? {
    guard let estimate, let end, estimate.kind != .none, end.isFinite else { return nil }
    return end
  }
}
