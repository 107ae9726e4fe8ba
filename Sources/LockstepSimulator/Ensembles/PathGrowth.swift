import LockstepCore
import LockstepTelemetry

/// How fast the iterates of single runs grow or shrink: the Lyapunov exponent.
///
/// The slope of the least-squares line through `½·ln(‖x‖²/n)` of one path against the number of updates. Under
/// random delays it is less than that of the mean square, which rare paths carry.
enum PathGrowth {
  /// The largest number of points that the line of one path among many is drawn through.
  static let pointCount = 64
  /// The number of parts of a single path whose slopes are compared.
  static var partCount: Int { EnsembleRecord.pathPartCount }

  /// The slope of one path, per update.
  ///
  /// - Parameters:
  ///   - squares: `‖x‖²/n` at the points. The first that is 0 or not finite ends the path: it has arrived, or
  ///     overflowed.
  ///   - points: the numbers of updates; ascending.
  ///   - warmup: points up to this number of updates are left out, unless it is 0.
  ///   - largestCount: the largest number of points that are used, evenly spaced.
  /// - Returns: `nil` where fewer than three points are left.
  static func slope(
    _ squares: ArraySlice<Double>, points: [Int], warmup: Int, atMost largestCount: Int = pointCount
  ) -> Double? {
    let kept = usable(squares, points: points, warmup: warmup)
    let step = max(1, (kept.count - 1) / largestCount + 1)
    return slope(squares, at: stride(from: kept.lowerBound, to: kept.upperBound, by: step), points)
  }

  /// The standard error of a single path's slope, from the slopes of its parts.
  ///
  /// - Returns: `nil` where the parts have fewer than three points.
  static func error(_ squares: ArraySlice<Double>, points: [Int], warmup: Int) -> Double? {
    let kept = usable(squares, points: points, warmup: warmup)
    let length = kept.count / partCount
    let slopes = (0..<partCount).compactMap { part in
      let start = kept.lowerBound + part * length
      return slope(squares, at: stride(from: start, to: start + length, by: 1), points)
    }
    return standardError(slopes)
  }

  /// The standard error of the mean of independent numbers; `nil` for fewer than two.
  static func standardError(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / (count - 1) / count).squareRoot()
  }

  private static func usable(
    _ squares: ArraySlice<Double>, points: [Int], warmup: Int
  ) -> Range<Int> {
    let first = squares.indices.first { warmup == 0 || points[$0] > warmup } ?? squares.endIndex
    let end = squares[first...].firstIndex { !($0 > 0 && $0.isFinite) } ?? squares.endIndex
    return first..<end
  }

  private static func slope(
    _ squares: ArraySlice<Double>, at indices: StrideTo<Int>, _ points: [Int]
  ) -> Double? {
    var (count, time, height) = (0.0, 0.0, 0.0)
    var logs: [(time: Double, height: Double)] = []
    for index in indices {
      let place = (time: Double(points[index]), height: PortableMath.log(squares[index]) / 2)
      logs.append(place)
      count += 1
      time += place.time
      height += place.height
    }
    guard count >= 3 else { return nil }
    (time, height) = (time / count, height / count)
    var (covariance, variance) = (0.0, 0.0)
    for place in logs {
      covariance += (place.time - time) * (place.height - height)
      variance += (place.time - time) * (place.time - time)
    }
    return covariance / variance
  }
}
