import Histogram
import LockstepCore

/// Counts how often each staleness τ was seen: exactly below 2,048, within 0.1 % above.
///
/// **Concurrency:** a value; each worker has its own, and they are added up after the run.
public struct StalenessHistogram: Sendable {
  /// The largest staleness that is told apart from larger ones.
  public static let largest = 1 << 40

  private var histogram = Histogram<UInt64>(
    highestTrackableValue: UInt64(largest), numberOfSignificantValueDigits: .three)
  private var sum = 0.0

  /// Creates an empty histogram.
  public init() {}

  /// The number of observations.
  public var count: Int { Int(histogram.totalCount) }

  /// Counts one observation.
  ///
  /// - Parameter staleness: at least 0; clipped at ``largest``.
  public mutating func record(_ staleness: Int) {
    _ = histogram.record(UInt64(min(max(0, staleness), Self.largest)))
    sum += Double(staleness)
  }

  /// Counts several observations of one staleness.
  ///
  /// - Parameters:
  ///   - staleness: at least 0; clipped at ``largest``.
  ///   - count: how often it was seen.
  public mutating func record(_ staleness: Int, count: Int) {
    _ = histogram.record(
      UInt64(min(max(0, staleness), Self.largest)), count: UInt64(max(0, count)))
    sum += Double(staleness) * Double(count)
  }

  /// Adds another worker's observations.
  public mutating func add(_ other: StalenessHistogram) {
    for bucket in other.histogram.recordedValues() {
      _ = histogram.record(
        min(bucket.value, UInt64(Self.largest)), count: UInt64(bucket.count))
    }
    sum += other.sum
  }

  /// Sums it up for the run record.
  ///
  /// - Parameter sampledEvery: one iteration in how many was looked at.
  public func record(sampledEvery: Int) -> StalenessRecord {
    guard count > 0 else {
      return StalenessRecord(
        mean: nil, max: nil, p50: nil, p90: nil, p99: nil, histogram: [],
        sampledEvery: sampledEvery)
    }
    func percentile(_ value: Double) -> Double {
      Double(histogram.valueAtPercentile(value))
    }
    return StalenessRecord(
      mean: sum / Double(count), max: Double(histogram.max), p50: percentile(50),
      p90: percentile(90), p99: percentile(99),
      histogram: histogram.recordedValues().map { [Int($0.value), Int($0.count)] },
      sampledEvery: sampledEvery)
  }
}

extension StalenessHistogram: Archivable {
  /// Transfers how often each staleness was seen, as far as they are told apart.
  package mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    var (values, counts): ([Int], [Int]) = ([], [])
    if !archive.isRestoring {
      for bucket in histogram.recordedValues() {
        values.append(min(Int(bucket.value), Self.largest))
        counts.append(Int(bucket.count))
      }
    }
    try archive.list("values", &values)
    try archive.list("counts", &counts)
    try archive.require(
      values.count == counts.count && counts.allSatisfy { $0 > 0 }, "counts")
    if archive.isRestoring {
      self = StalenessHistogram()
      for (value, count) in zip(values, counts) { record(value, count: count) }
    }
    try archive.number("sum", &sum)
  }
}
