import LockstepCore

/// Medians with the very intervals of `Sample.medianInterval`, fast for many small samples.
///
/// Which ranks a resample's middle falls on depends on the size of a sample alone, so the resampling
/// is done once for each size, and a sample only looks up how often each pair of ranks came.
struct MedianBands {
  /// The middle ranks of all resamples of one size, with how often each pair came.
  private var middles: [Int: [(low: Int, high: Int, times: Int)]] = [:]

  /// The median with its 95 % bootstrap interval.
  ///
  /// - Parameter values: at least one, all finite.
  /// - Complexity: O(n log n + min(n², resamples)), after the first sample of a size.
  mutating func estimate(_ values: [Double]) -> Estimate {
    let sorted = values.sorted()
    let count = sorted.count
    let median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    guard count > 1, let first = sorted.first, let last = sorted.last, first < last else {
      return Estimate(value: median, low: median, high: median, count: count)
    }
    let ranks = middles[count] ?? Self.resample(count)
    middles[count] = ranks
    let medians = ranks.map { ((sorted[$0.low] + sorted[$0.high]) / 2, $0.times) }
      .sorted { $0.0 < $1.0 }
    let tail = Int(Double(Bootstrap.resamples) * 0.025)
    func at(_ rank: Int) -> Double {
      var passed = 0
      for (value, times) in medians {
        passed += times
        if passed > rank { return value }
      }
      return last
    }
    return Estimate(
      value: median, low: at(tail), high: at(Bootstrap.resamples - 1 - tail), count: count)
  }

  private static func resample(_ count: Int) -> [(low: Int, high: Int, times: Int)] {
    var stream = RandomStream(seed: 0, purpose: .bootstrap)
    var times: [Int: Int] = [:]
    var ranks = Array(repeating: 0, count: count)
    for _ in 0..<Bootstrap.resamples {
      for index in ranks.indices { ranks[index] = stream.integer(below: count) }
      ranks.sort()
      times[ranks[(count - 1) / 2] * count + ranks[count / 2], default: 0] += 1
    }
    return times.sorted { $0.key < $1.key }.map { ($0.key / count, $0.key % count, $0.value) }
  }
}
