import LockstepCore

/// Sums over vectors of doubles, compensated.
enum VectorProducts {
  /// `aᵀb` over a range.
  static func dot(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, range: Range<Int>
  ) -> Double {
    var sum = CompensatedSum()
    for index in range { sum.add(a[index] * b[index]) }
    return sum.value
  }

  /// `Σ (a − b) / count` over the first `count`: the mean of differences, not the difference of
  /// means.
  static func meanDifference(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int
  ) -> Double {
    var sum = CompensatedSum()
    for index in 0..<count { sum.add(a[index] - b[index]) }
    return sum.value / Double(count)
  }

  /// The mean of the first `count`.
  static func mean(_ a: UnsafePointer<Double>, count: Int) -> Double {
    var sum = CompensatedSum()
    for index in 0..<count { sum.add(a[index]) }
    return sum.value / Double(count)
  }
}

extension Double {
  /// The number itself, or `nil` for what a record cannot hold.
  var ifFinite: Double? { isFinite ? self : nil }
}
