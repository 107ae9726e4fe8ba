import LockstepCore

/// How fast the iterates of an ensemble grow or shrink.
///
/// Half the slope of the least-squares line through `ln ⟨‖x‖²/n⟩` against the number of updates.
struct GrowthRate {
  /// The rate per update; `nil` where there are less than three points to draw a line through.
  let rate: Double?
  /// The jackknife's standard error over the groups; `nil` for less than two.
  let error: Double?

  /// Fits the rate.
  ///
  /// - Parameters:
  ///   - groups: for each group of replicas, the sums of `‖x‖²/n` at the points, `[groups × points]`.
  ///   - points: the numbers of updates; ascending.
  ///   - warmup: points up to this number of updates are left out.
  init(groups: [[Double]], points: [Int], warmup: Int) {
    var total = [Double](repeating: 0, count: points.count)
    for group in groups {
      for index in points.indices { total[index] += group[index] }
    }
    let used = points.indices.filter { points[$0] > warmup || warmup == 0 }
    let end = used.firstIndex { !total[$0].isFinite } ?? used.endIndex
    let kept = Array(used[..<end])
    rate = Self.halfSlope(total, at: kept, points: points)
    guard groups.count > 1, rate != nil else {
      error = nil
      return
    }
    let others = groups.compactMap { group in
      Self.halfSlope(zip(total, group).map { $0 - $1 }, at: kept, points: points)
    }
    guard others.count == groups.count else {
      error = nil
      return
    }
    let count = Double(others.count)
    let mean = others.reduce(0, +) / count
    let spread = others.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    error = (spread * (count - 1) / count).squareRoot()
  }

  private static func halfSlope(_ sums: [Double], at indices: [Int], points: [Int]) -> Double? {
    // A sum of 0 has no logarithm: the iterates have arrived, or shrunk below every number.
    let indices = indices.filter { sums[$0] > 0 }
    guard indices.count >= 3 else { return nil }
    let count = Double(indices.count)
    let times = indices.map { Double(points[$0]) }
    let logs = indices.map { PortableMath.log(sums[$0]) }
    let time = times.reduce(0, +) / count
    let height = logs.reduce(0, +) / count
    var covariance = 0.0
    var variance = 0.0
    for (t, y) in zip(times, logs) {
      covariance += (t - time) * (y - height)
      variance += (t - time) * (t - time)
    }
    return covariance / variance / 2
  }
}
