import LockstepTelemetry

/// Counts stalenesses: the small ones, which nearly all are, in a plain table.
struct StalenessCounts {
  private static let tableSize = 2048

  private let table: UnsafeMutablePointer<Int>
  /// The rest; made when there is one, because it is large.
  private var larger: StalenessHistogram?

  init() {
    table = .allocate(capacity: Self.tableSize)
    table.initialize(repeating: 0, count: Self.tableSize)
  }

  func deallocate() { table.deallocate() }

  /// Counts observations of one staleness.
  @inline(__always)
  mutating func record(_ staleness: Int, count: Int) {
    if staleness < Self.tableSize {
      table[staleness] &+= count
    } else {
      recordLarger(staleness, count: count)
    }
  }

  @inline(never)
  private mutating func recordLarger(_ staleness: Int, count: Int) {
    var histogram = larger ?? StalenessHistogram()
    larger = nil
    histogram.record(staleness, count: count)
    larger = histogram
  }

  /// Sums it up for the run record.
  func record() -> StalenessRecord {
    var histogram = larger ?? StalenessHistogram()
    for staleness in 0..<Self.tableSize where table[staleness] > 0 {
      histogram.record(staleness, count: table[staleness])
    }
    return histogram.record(sampledEvery: 1)
  }
}
