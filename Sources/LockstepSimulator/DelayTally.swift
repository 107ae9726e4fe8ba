import LockstepTelemetry

/// Counts small whole numbers exactly, one cell each: cheaper than a histogram with buckets.
///
/// **Concurrency:** belongs to one replica.
final class DelayTally {
  private let cells: UnsafeMutableBufferPointer<Int>

  /// Makes room for `0 … largest`.
  init(largest: Int) {
    cells = .allocate(capacity: largest + 1)
    cells.initialize(repeating: 0)
  }

  deinit { cells.deallocate() }

  /// Counts some equal observations.
  @inline(__always)
  func record(_ value: Int, times: Int = 1) { cells[value] &+= times }

  /// Starts anew.
  func reset() { cells.update(repeating: 0) }

  /// Sums it up for the run record.
  func record() -> StalenessRecord {
    var total = 0
    var sum = 0.0
    var histogram: [[Int]] = []
    for (value, count) in cells.enumerated() where count > 0 {
      total += count
      sum += Double(value) * Double(count)
      histogram.append([value, count])
    }
    // The smallest value that at least so many per cent are not above.
    func percentile(_ percent: Int) -> Double? {
      let (whole, rest) = (total / 100, total % 100)
      let rank = max(1, whole * percent + (rest * percent + 99) / 100)
      var below = 0
      for entry in histogram {
        below += entry[1]
        if below >= rank { return Double(entry[0]) }
      }
      return nil
    }
    return StalenessRecord(
      mean: total > 0 ? sum / Double(total) : nil, max: histogram.last.map { Double($0[0]) },
      p50: percentile(50), p90: percentile(90), p99: percentile(99), histogram: histogram,
      sampledEvery: 1)
  }
}
