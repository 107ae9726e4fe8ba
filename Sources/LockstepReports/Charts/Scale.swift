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
      (value < 0 ? -1 : 1) * Self.decades(beyond: threshold, to: value.magnitude)
    }
  }

  /// `log(1 + magnitude/threshold)`, also where the quotient is beyond all numbers.
  private static func decades(beyond threshold: Double, to magnitude: Double) -> Double {
    let quotient = magnitude / threshold
    return quotient.isFinite ? log10(1 + quotient) : log10(magnitude) - log10(threshold)
  }

  /// How far from one number to another a value is, as a share: 0 at the first, 1 at the last.
  ///
  /// Halves of numbers have differences where numbers have none.
  func share(of value: Double, from first: Double, to last: Double) -> Double {
    let start = transform(first) / 2
    let whole = transform(last) / 2 - start
    return whole > 0 ? (transform(value) / 2 - start) / whole : 0.5
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
    return .symmetric(threshold: pow(10, max(log10(typical).rounded(.down), -300)))
  }
}

/// The part of the number line that an axis shows.
struct Span: Equatable, Sendable {
  /// The smallest number.
  var low: Double
  /// The largest number; greater than `low`.
  var high: Double

  init(low: Double, high: Double) {
    let most = Double.greatestFiniteMagnitude
    self.low = max(low, -most)
    self.high = min(high, most)
  }

  /// The span of values with a little room around them, so that no mark touches the frame; its ends are
  /// finite, and positive on a logarithmic scale, however large or small the values are.
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
      let room = max(0.04 * (log10(high) - log10(low)), low == high ? 0.3 : 0.02)
      self.init(
        low: max(low * pow(10, -room), .leastNonzeroMagnitude), high: high * pow(10, room))
    case .linear:
      if includesZero {
        low = min(low, 0)
        high = max(high, 0)
      }
      if low == high {
        let room = max(low.magnitude * 0.1, low == 0 ? 1 : .leastNonzeroMagnitude)
        self.init(low: low - room, high: high + room)
        return
      }
      let room = (high / 2 - low / 2) * 0.1
      self.init(
        low: includesZero && low == 0 ? 0 : low - room,
        high: includesZero && high == 0 ? 0 : high + room)
    case .symmetric(let threshold):
      let room = 0.05 * max(scale.transform(high) - scale.transform(low), 0.1)
      func back(_ position: Double) -> Double {
        let factor = pow(10, position.magnitude) - 1
        let magnitude =
          factor.isFinite ? threshold * factor : pow(10, position.magnitude + log10(threshold))
        return position < 0 ? -magnitude : magnitude
      }
      self.init(low: back(scale.transform(low) - room), high: back(scale.transform(high) + room))
    }
  }
}
