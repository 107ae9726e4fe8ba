/// The rectangle that a chart's data is drawn in, with its scales.
struct Frame: Equatable, Sendable {
  /// The size of a drawing in its own units.
  static let width = 520.0
  static let height = 330.0

  var left = 62.0
  var right = Frame.width - 16
  var top = 34.0
  var bottom = Frame.height - 54
  let xScale: Scale
  let yScale: Scale
  let xSpan: Span
  let ySpan: Span

  /// Chooses scales that show everything.
  ///
  /// - Parameter chart: a chart with at least one point.
  init(_ chart: Chart) {
    let points = chart.series.flatMap(\.points)
    let xs = points.map(\.x)
    let ys = points.flatMap { [$0.y, $0.low, $0.high] }
    func scale(_ values: [Double], _ axis: Chart.Axis) -> Scale {
      axis.isLinear
        ? .linear : Scale.choose(for: values, prefersLogarithm: axis.prefersLogarithm)
    }
    xScale = scale(xs, chart.x)
    yScale = scale(ys, chart.y)
    xSpan = Span(of: xs, on: xScale, includesZero: chart.x.includesZero)
    ySpan = Span(of: ys, on: yScale, includesZero: chart.y.includesZero)
    let longest = yTicks.marks.map(\.label.count).max() ?? 0
    left = max(left, Self.digit * Double(longest) + 8)
    if let last = xTicks(chart).marks.last {
      let room = right - x(last.value)
      right -= max(0, Self.digit * Double(last.label.count) / 2 - room - 14)
    }
  }

  /// The widest that a character of a label is: on a phone, where text is larger in a drawing's units.
  private static let digit = 10.0

  /// Where a number stands along the horizontal axis.
  func x(_ value: Double) -> Double {
    left + (right - left) * Self.share(value, xScale, xSpan)
  }

  /// Where a number stands along the vertical axis.
  func y(_ value: Double) -> Double {
    bottom - (bottom - top) * Self.share(value, yScale, ySpan)
  }

  private static func share(_ value: Double, _ scale: Scale, _ span: Span) -> Double {
    scale.share(of: value, from: span.low, to: span.high)
  }

  /// The marks of the horizontal axis.
  func xTicks(_ chart: Chart) -> Ticks {
    let places = Set(chart.series.filter { $0.look == .line }.flatMap { $0.points.map(\.x) })
    return Ticks(over: xSpan, on: xScale, count: 7, places: places.sorted(), width: right - left)
  }

  /// The marks of the vertical axis.
  var yTicks: Ticks { Ticks(over: ySpan, on: yScale, count: 6) }
}
