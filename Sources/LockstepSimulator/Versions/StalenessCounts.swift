import LockstepCore
import LockstepTelemetry

/// Counts stalenesses: the small ones, which nearly all are, in a plain table.
struct StalenessCounts: ~Copyable {
  private let table: Table<Int>
  /// Whether no staleness is too large for the table.
  private let isBounded: Bool
  /// The rest; made when there is one, because it is large.
  private var larger: StalenessHistogram?

  /// Makes an empty table.
  ///
  /// - Parameter largest: no staleness is above it; `nil` where that isn't known.
  init(largest: Int?) {
    isBounded = largest != nil
    table = Table(repeating: 0, count: largest.map { $0 + 1 } ?? 2048)
  }

  /// Starts anew.
  mutating func reset() {
    table.fill(with: 0)
    larger = nil
  }

  /// Counts observations of one staleness.
  @inline(__always)
  mutating func record(_ staleness: Int, count: Int = 1) {
    if staleness < table.count {
      table[staleness] &+= count
    } else {
      recordLarger(staleness, count: count)
    }
  }

  @inline(never)
  private mutating func recordLarger(_ staleness: Int, count: Int) {
    assert(!isBounded, "no staleness is above the largest")
    var histogram = larger ?? StalenessHistogram()
    larger = nil
    histogram.record(staleness, count: count)
    larger = histogram
  }

  /// Sums it up for the run record: exactly where all fit in the table, however large they are.
  func record() -> StalenessRecord {
    let seen = (0..<table.count).filter { table[$0] > 0 }
    guard isBounded else {
      var histogram = larger ?? StalenessHistogram()
      for staleness in seen { histogram.record(staleness, count: table[staleness]) }
      return histogram.record(sampledEvery: 1)
    }
    let total = seen.reduce(0) { $0 + table[$1] }
    // The smallest value that at least so many per cent are not above.
    func percentile(_ percent: Int) -> Double? {
      let (whole, rest) = (total / 100, total % 100)
      let rank = max(1, whole * percent + (rest * percent + 99) / 100)
      var below = 0
      return seen.first {
        below += table[$0]
        return below >= rank
      }.map(Double.init)
    }
    let sum = seen.reduce(0) { $0 + Double($1) * Double(table[$1]) }
    return StalenessRecord(
      mean: total > 0 ? sum / Double(total) : nil, max: seen.last.map(Double.init),
      p50: percentile(50), p90: percentile(90), p99: percentile(99),
      histogram: seen.map { [$0, table[$0]] }, sampledEvery: 1)
  }
}

extension StalenessCounts: Archivable {
  mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.table("counts", table)
    var histogram = larger ?? StalenessHistogram()
    larger = nil
    try archive.part("larger", &histogram)
    if histogram.count > 0 { larger = histogram }
  }
}
