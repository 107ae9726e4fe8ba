import Foundation

/// How numbers become positions along an axis.
enum Scale: Equatable, Sendable {
  /// Evenly.
  case linear
  /// By their logarithm; positive numbers only.
  case logarithmic
  /// By `sign(v)·log(1 + |v|/threshold)`: nearly linear within the threshold, logarithmic beyond.
  case symmetric(threshold: Double)

  /// What is evenly spaced along the axis.
  func transform(_ value: Double) -> Double {
    switch self {
    case .linear: value
    case .logarithmic: log10(value)
    case .symmetric(let threshold):
      (value < 0 ? -1 : 1) * log10(1 + value.magnitude / threshold)
    }
  }

  /// Chooses a scale that shows all of the values.
  ///
  /// - Parameters:
  ///   - values: everything that is drawn, ends of bands included; all finite.
  ///   - prefersLogarithm: whether a power law or a factor is what the axis is about.
  /// - Returns: logarithmic if all are positive and span enough; symmetric if they span decades on
  ///   both sides of 0 or down to it; linear otherwise.
  static func choose(for values: [Double], prefersLogarithm: Bool) -> Scale {
    guard let low = values.min(), let high = values.max() else { return .linear }
    if low > 0 { return high / low >= (prefersLogarithm ? 3 : 30) ? .logarithmic : .linear }
    let magnitudes = values.map(\.magnitude).filter { $0 > 0 }.sorted()
    guard let largest = magnitudes.last, let smallest = magnitudes.first,
      largest / smallest >= (prefersLogarithm ? 100 : 1000)
    else { return .linear }
    // The lowest tenth must not stretch the axis over decades that hold almost nothing.
    let typical = magnitudes[magnitudes.count / 10]
    return .symmetric(threshold: pow(10, log10(typical).rounded(.down)))
  }
}

/// The part of the number line that an axis shows.
struct Span: Equatable, Sendable {
  /// The smallest number.
  var low: Double
  /// The largest number; greater than `low`.
  var high: Double

  init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }

  /// The span of values with a little room around them, so that no mark touches the frame.
  ///
  /// - Parameters:
  ///   - values: what must lie within; all finite, and positive on a logarithmic scale.
  ///   - scale: the scale.
  ///   - includesZero: whether 0 must be seen, which only a linear scale can promise.
  init(of values: [Double], on scale: Scale, includesZero: Bool = false) {
    var low = values.min() ?? 0
    var high = values.max() ?? 1
    switch scale {
    case .logarithmic:
      let room = max(0.04 * log10(high / low), low == high ? 0.3 : 0.02)
      self.low = low * pow(10, -room)
      self.high = high * pow(10, room)
    case .linear:
      if includesZero {
        low = min(low, 0)
        high = max(high, 0)
      }
      if low == high {
        let room = max(low.magnitude * 0.1, low == 0 ? 1 : 0)
        self.low = low - room
        self.high = high + room
        return
      }
      let room = (high - low) * 0.05
      self.low = includesZero && low == 0 ? 0 : low - room
      self.high = includesZero && high == 0 ? 0 : high + room
    case .symmetric(let threshold):
      let room = 0.05 * max(scale.transform(high) - scale.transform(low), 0.1)
      func back(_ position: Double) -> Double {
        (position < 0 ? -1 : 1) * threshold * (pow(10, position.magnitude) - 1)
      }
      self.low = back(scale.transform(low) - room)
      self.high = back(scale.transform(high) + room)
    }
  }
}
