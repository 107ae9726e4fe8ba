import LockstepCore
import Testing

@testable import LockstepReports

@Suite struct ScaleTests {
  private static let least = Double.leastNonzeroMagnitude

  @Test func `numbers are written as people read them`() {
    let expected: [(Double, String)] = [
      (0, "0"), (1, "1"), (1024, "1,024"), (0.5, "0.5"), (0.012345, "0.0123"), (-2.5, "−2.5"),
      (1e6, "10⁶"), (1.5e-7, "1.5×10⁻⁷"), (123_456, "123,456"), (9.996, "10"), (999.6, "1,000"),
      (.nan, "–"), (.infinity, "∞"), (0.0001, "0.0001"), (2e-5, "2×10⁻⁵"),
    ]
    for (value, text) in expected { #expect(NumberText.short(value) == text) }
    #expect(NumberText.coordinate(12.34) == "12.3")
    #expect(NumberText.coordinate(-0.04) == "0")
    #expect(NumberText.coordinate(-0.16) == "-0.2")
    #expect(NumberText.exact(0.1) == "0.1")
    #expect(NumberText.exact(3) == "3")
  }

  @Test func `linear ticks are multiples of 1, 2 or 5 within the span`() {
    for (low, high) in [(0.0, 1.0), (-3.2, 7.9), (0.0012, 0.0019), (99.0, 101), (0, 12_345)] {
      let ticks = Ticks(over: Span(low: low, high: high), on: .linear, count: 6).marks
      #expect((3...12).contains(ticks.count), "\(low) to \(high): \(ticks.map(\.label))")
      #expect(ticks.allSatisfy { $0.value >= low - 1e-9 && $0.value <= high + 1e-9 })
      let steps = zip(ticks, ticks.dropFirst()).map { $1.value - $0.value }
      #expect(steps.allSatisfy { abs($0 - steps[0]) < 1e-9 * (high - low) + 1e-12 })
      #expect(Set(ticks.map(\.label)).count == ticks.count)
    }
  }

  @Test func `logarithmic ticks are powers of ten, or finer where decades are few`() {
    let wide = Ticks(over: Span(low: 0.5, high: 2e6), on: .logarithmic, count: 6).marks
    #expect(wide.map(\.label) == ["1", "100", "10,000", "10⁶"])
    let narrow = Ticks(over: Span(low: 0.9, high: 12), on: .logarithmic, count: 6).marks
    #expect(narrow.map(\.label) == ["1", "2", "5", "10"])
    let close = Ticks(over: Span(low: 0.011, high: 0.019), on: .logarithmic, count: 6).marks
    #expect(close.count >= 3)
  }

  @Test func `symmetric ticks stand on both sides of 0`() {
    let ticks = Ticks(
      over: Span(low: -0.5, high: 20), on: .symmetric(threshold: 0.1), count: 6
    ).marks.map(\.value)
    #expect(ticks.contains(0))
    #expect(ticks.contains { $0 < 0 } && ticks.contains { $0 > 1 })
    #expect(ticks == ticks.sorted())
  }

  @Test func `the places of measurements are marked if their labels fit`() {
    let span = Span(low: 0.9, high: 70)
    let few = Ticks(
      over: span, on: .logarithmic, count: 7, places: [1, 2, 4, 8, 16, 32, 64], width: 440)
    #expect(few.marks.map(\.label) == ["1", "2", "4", "8", "16", "32", "64"])
    let many = Ticks(
      over: span, on: .linear, count: 7, places: (1...60).map(Double.init), width: 440)
    #expect(many.marks.count < 12)
  }

  @Test func `scales are chosen so that everything can be shown`() {
    #expect(Scale.choose(for: [1, 2, 4, 8], prefersLogarithm: true) == .logarithmic)
    #expect(Scale.choose(for: [1, 2], prefersLogarithm: true) == .linear)
    #expect(Scale.choose(for: [1, 20], prefersLogarithm: false) == .linear)
    #expect(Scale.choose(for: [0, 1, 2, 4], prefersLogarithm: true) == .linear)
    #expect(
      Scale.choose(for: [0, -0.25, 10, 500], prefersLogarithm: true) == .symmetric(threshold: 0.1))
    #expect(Scale.choose(for: [], prefersLogarithm: true) == .linear)
  }

  @Test func `a span holds its values with room, on every scale`() {
    for scale in [Scale.linear, .logarithmic, .symmetric(threshold: 0.5)] {
      for values in [[3.0], [1, 1000], [0.2, 0.3, 5]] {
        let span = Span(of: values, on: scale)
        #expect(span.low < values[0] && span.high > (values.last ?? 0), "\(scale) \(values)")
      }
    }
    let span = Span(of: [0, 5], on: .linear, includesZero: true)
    #expect(span.low == 0 && span.high > 5)
    #expect(Span(of: [0], on: .linear).low < 0)
  }

  // Each of them ended a report with a trap: ends of spans and quotients were infinite, or 0.
  @Test(arguments: [
    [1e-300, 1e300], [least, 1.7e308], [1e299, 1e308], [1.7e308], [least], [least, 2 * least],
    [-1.7e308, 1.7e308], [-1e308, 0, least], [-1e300, 1e-300, 1e300], [0, 1e4 * least, 3],
    [1e14 * least, 4e14 * least],
  ])
  func `the largest and smallest of all numbers are drawn`(_ values: [Double]) {
    let chosen = [false, true].map { Scale.choose(for: values, prefersLogarithm: $0) }
    for scale in chosen + [.linear] {
      let span = Span(of: values, on: scale)
      #expect(span.low.isFinite && span.high.isFinite && span.low < span.high, "\(scale)")
      for value in values {
        let share = scale.share(of: value, from: span.low, to: span.high)
        #expect(share >= 0 && share <= 1, "\(scale): \(value) at \(share)")
      }
      for width in [nil, 440.0] {
        let marks = Ticks(over: span, on: scale, count: 6, width: width).marks
        #expect(marks.count <= 24, "\(scale)")
        for mark in marks {
          let share = scale.share(of: mark.value, from: span.low, to: span.high)
          #expect(share >= -1e-6 && share <= 1 + 1e-6, "\(scale): \(mark.label) at \(share)")
        }
      }
    }
  }

  @Test func `symmetric positions are odd and increase`() {
    let scale = Scale.symmetric(threshold: 0.01)
    #expect(scale.transform(-3) == -scale.transform(3))
    #expect(scale.transform(0) == 0)
    let positions = [-10.0, -1, -0.001, 0, 0.001, 1, 10].map(scale.transform)
    #expect(positions == positions.sorted())
  }
}
