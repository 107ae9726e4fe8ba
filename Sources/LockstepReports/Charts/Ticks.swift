import Foundation
import LockstepCore

/// Where an axis is marked.
struct Ticks: Equatable, Sendable {
  /// A marked number with what is written there.
  struct Mark: Equatable, Sendable {
    var value: Double
    var label: String
  }

  /// The marks, ascending.
  let marks: [Mark]

  /// How wide a letter is at most, which is on a phone, where text is larger than the drawing.
  private static let letterWidth = 9.5

  /// Chooses marks.
  ///
  /// - Parameters:
  ///   - span: the numbers that the axis shows.
  ///   - scale: the scale.
  ///   - count: about how many marks there is room for, at least 2.
  ///   - places: the few numbers that were measured at; if most of them fit, they are the marks.
  ///   - width: how long a horizontal axis is, for labels that must not touch; `nil` for a vertical
  ///     one.
  init(over span: Span, on scale: Scale, count: Int, places: [Double] = [], width: Double? = nil) {
    func label(_ value: Double) -> Mark {
      Mark(value: value, label: NumberText.short(value, digits: 4))
    }
    let inside = places.filter { $0 >= span.low && $0 <= span.high }.sorted().map(label)
    let kept = Self.apart(inside, span, scale, width)
    if !inside.isEmpty, inside.count <= count + 4, kept.count * 2 >= inside.count {
      marks = kept
      return
    }
    let values: [Double] =
      switch scale {
      case .linear: Self.linear(span, count)
      case .logarithmic: Self.logarithmic(span, count)
      case .symmetric(let threshold): Self.symmetric(span, threshold, count)
      }
    marks = Self.apart(values.map(label), span, scale, width)
  }

  /// The marks without those whose labels would touch the one before.
  private static func apart(
    _ marks: [Mark], _ span: Span, _ scale: Scale, _ width: Double?
  ) -> [Mark] {
    guard let width else { return marks }
    var kept: [Mark] = []
    for mark in marks {
      if let last = kept.last {
        let distance =
          (scale.share(of: mark.value, from: span.low, to: span.high)
            - scale.share(of: last.value, from: span.low, to: span.high)) * width
        let letters = Double(mark.label.count + last.label.count) / 2 + 0.8
        guard distance >= letters * letterWidth else { continue }
      }
      kept.append(mark)
    }
    return kept
  }

  /// Multiples of 1, 2 or 5 times a power of ten.
  private static func linear(_ span: Span, _ count: Int) -> [Double] {
    let raw = (span.high / 2 - span.low / 2) / Double(max(2, count)) * 2
    let power = pow(10, log10(raw).rounded(.down))
    let factor = [1.0, 2, 5, 10].first { $0 * power >= raw * 0.999 } ?? 10
    let step = factor * power
    // Among the smallest of all numbers there is nothing between.
    guard step > 0, step.isFinite else { return [] }
    let first = Int((span.low / step - 1e-9).rounded(.up))
    let last = Int((span.high / step + 1e-9).rounded(.down))
    guard first <= last else { return [] }
    return (first...last).map { Double($0) * step }.map { clean($0, power) }
  }

  /// Removes what rounding left behind a multiple of a power of ten.
  private static func clean(_ value: Double, _ power: Double) -> Double {
    guard power < 1 else { return value.rounded() }
    let places = (1 / power).rounded()
    return places.isFinite ? (value / power).rounded() / places : value
  }

  /// Powers of ten; with 2 and 5 times them, or evenly, where there are fewer than three.
  private static func logarithmic(_ span: Span, _ count: Int) -> [Double] {
    let first = Int((log10(span.low) - 1e-9).rounded(.up))
    let last = Int((log10(span.high) + 1e-9).rounded(.down))
    let decades = last - first + 1
    if decades >= 3 {
      let step = max(1, Int((Double(decades) / Double(max(2, count))).rounded(.up)))
      return stride(from: first, through: last, by: step).map { pow(10, Double($0)) }
    }
    let fine = ((first - 1)...(last + 1)).flatMap { decade -> [Double] in
      [1.0, 2, 5].map { $0 * pow(10, Double(decade)) }
    }.filter { $0.isFinite && $0 >= span.low * 0.999 && $0 <= span.high * 1.001 }
    return fine.count >= 3 ? fine : linear(span, count).filter { $0 > 0 }
  }

  /// 0 and powers of ten on both sides of it, beyond the threshold.
  private static func symmetric(_ span: Span, _ threshold: Double, _ count: Int) -> [Double] {
    func side(_ end: Double) -> [Double] {
      guard end >= threshold else { return [] }
      let last = Int((log10(end) - log10(threshold) + 1e-9).rounded(.down))
      let step = max(1, Int((Double(2 * last) / Double(max(2, count))).rounded(.up)))
      return stride(from: 0, through: last, by: step).map { place in
        let factor = pow(10, Double(place))
        return factor.isFinite ? threshold * factor : pow(10, Double(place) + log10(threshold))
      }
    }
    var marks: [Double] = side(-span.low).reversed().map { -$0 }
    if span.low <= 0, span.high >= 0 { marks.append(0) }
    return marks + side(span.high)
  }
}
