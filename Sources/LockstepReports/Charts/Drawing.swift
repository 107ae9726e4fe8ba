import LockstepCore

/// Charts as SVG.
struct Drawing {
  private var body = ""
  private let ink: Ink

  private init(_ ink: Ink) { self.ink = ink }

  // MARK: Lines

  /// Draws a chart of lines.
  ///
  /// - Parameters:
  ///   - chart: a chart with at least one point.
  ///   - title: what it shows.
  ///   - description: the same in a sentence, for those who don't see it.
  ///   - id: a name that is unique on the page.
  ///   - ink: where it goes.
  static func svg(
    _ chart: Chart, title: String, description: String, id: String, ink: Ink
  ) -> String {
    var drawing = Drawing(ink)
    let frame = Frame(chart)
    drawing.axes(chart, frame)
    var measured: [(series: Chart.Series, style: Int)] = []
    for series in chart.series where series.look == .reference {
      let points = series.points.map { (frame.x($0.x), frame.y($0.y)) }
      drawing.body += "<path \(ink.reference) d=\"\(path(points))\"/>"
    }
    for series in chart.series where series.look != .reference {
      measured.append((series, measured.count % Ink.seriesCount))
    }
    for (series, style) in measured { drawing.band(series, style, frame) }
    for (series, style) in measured { drawing.line(series, style, frame) }
    for (series, style) in measured { drawing.marks(series, style, frame, chart) }
    let names = chart.series.map(\.name)
    return drawing.document(
      height: Frame.height, title, description, id, legend: names,
      isReference: chart.series.map { $0.look == .reference })
  }

  private mutating func axes(_ chart: Chart, _ frame: Frame) {
    let number = NumberText.coordinate
    let (left, right) = (number(frame.left), number(frame.right))
    let bottom = number(frame.bottom)
    var grid = ""
    for mark in frame.yTicks.marks {
      let y = number(frame.y(mark.value))
      grid += "M\(left) \(y)H\(right)"
      text(mark.label, frame.left - 7, frame.y(mark.value) + 4, "end")
    }
    var notches = ""
    for mark in frame.xTicks(chart).marks {
      let x = frame.x(mark.value)
      notches += "M\(number(x)) \(bottom)v5"
      text(mark.label, x, frame.bottom + 20, "middle")
    }
    body = "<path \(ink.grid) d=\"\(grid)\"/>" + body
    body += "<path \(ink.frame) d=\"M\(left) \(bottom)H\(right)\(notches)\"/>"
    if frame.ySpan.low < 0, frame.ySpan.high > 0 {
      body += "<path \(ink.frame) d=\"M\(left) \(number(frame.y(0)))H\(right)\"/>"
    }
    text(chart.x.text, (frame.left + frame.right) / 2, frame.bottom + 45, "middle")
    text(chart.y.text, 4, 16, "start")
  }

  private mutating func text(_ text: String, _ x: Double, _ y: Double, _ anchor: String) {
    let number = NumberText.coordinate
    body +=
      "<text x=\"\(number(x))\" y=\"\(number(y))\" \(ink.text(anchor))>\(Markup.escape(text))</text>"
  }

  private static func path(_ points: [(Double, Double)]) -> String {
    let number = NumberText.coordinate
    return points.enumerated().map { index, point in
      "\(index == 0 ? "M" : "L")\(number(point.0)) \(number(point.1))"
    }.joined()
  }

  private mutating func band(_ series: Chart.Series, _ style: Int, _ frame: Frame) {
    guard series.points.contains(where: { $0.low < $0.high }), series.look != .steps else { return }
    if series.points.count == 1, let point = series.points.first {
      let number = NumberText.coordinate
      body +=
        "<path \(ink.line(style)) d=\"M\(number(frame.x(point.x))) \(number(frame.y(point.low)))"
        + "V\(number(frame.y(point.high)))\"/>"
      return
    }
    let upper = series.points.map { (frame.x($0.x), frame.y($0.high)) }
    let lower = series.points.reversed().map { (frame.x($0.x), frame.y($0.low)) }
    body += "<path \(ink.band(style)) d=\"\(Self.path(upper + lower))Z\"/>"
  }

  private mutating func line(_ series: Chart.Series, _ style: Int, _ frame: Frame) {
    guard series.points.count > 1 else { return }
    var points = series.points.map { (frame.x($0.x), frame.y($0.y)) }
    if series.look == .steps {
      points = zip(points, points.dropFirst()).flatMap { [$0, ($1.0, $0.1)] } + points.suffix(1)
    }
    body += "<path \(ink.line(style)) d=\"\(Self.path(points))\"/>"
  }

  private mutating func marks(
    _ series: Chart.Series, _ style: Int, _ frame: Frame, _ chart: Chart
  ) {
    guard ink == .page || series.look != .steps else { return }
    for (index, point) in series.points.enumerated() {
      // Curves have many points: a few of their marks tell the lines apart, the others only show
      // where somebody points at them.
      let isSeen =
        series.look == .line
        || (series.look == .curve && series.points.count > 1 && index % 8 == 1 + style)
      let (x, y) = (frame.x(point.x), frame.y(point.y))
      let outline =
        isSeen
        ? Ink.outline(style, x, y, size: series.look == .line ? 4 : 3)
        : "M\(NumberText.coordinate(x - 3)) \(NumberText.coordinate(y - 3))h6v6h-6z"
      guard ink == .page else {
        if isSeen { body += "<path \(ink.mark(style)) d=\"\(outline)\"/>" }
        continue
      }
      let role = isSeen ? ink.mark(style) : "class=\"m h s\(style)\""
      body +=
        "<path \(role) d=\"\(outline)\"><title>\(Markup.escape(value(point, series, chart)))"
        + "</title></path>"
    }
  }

  /// What is shown where somebody points at a point.
  private func value(_ point: Chart.Point, _ series: Chart.Series, _ chart: Chart) -> String {
    var text = series.name.isEmpty ? "" : series.name + "\n"
    text += "\(chart.x.label) \(NumberText.short(point.x, digits: 4))\n"
    text += NumberText.short(point.y, digits: 4)
    if point.low < point.high {
      text += " (\(NumberText.short(point.low)) to \(NumberText.short(point.high)))"
    }
    if let unit = chart.y.unit { text += " " + unit }
    if point.count > 1 { text += "\n\(point.count) runs" }
    return text
  }

  // MARK: Bars

  /// Draws bars that are made of parts, one row each.
  static func svg(
    _ chart: BarChart, title: String, description: String, id: String, ink: Ink
  ) -> String {
    var drawing = Drawing(ink)
    let number = NumberText.coordinate
    // Names stand above their bars, where long ones have room on a phone too.
    let isNamed = chart.rows.contains { !$0.name.isEmpty }
    let rowHeight = isNamed ? 42.0 : 24
    let left = 8.0
    let right = Frame.width - 22
    let top = 4.0
    let bottom = top + rowHeight * Double(chart.rows.count)
    let totals = chart.rows.map { $0.values.reduce(0, +) }
    // The longest bar may end at the frame: a bar has no mark that could be cut.
    let end = max(totals.max() ?? 1, 1e-300)
    func x(_ value: Double) -> Double { left + (right - left) * value / end }
    let ticks = Ticks(over: Span(low: 0, high: end), on: .linear, count: 5)
    var grid = ""
    for mark in ticks.marks {
      grid += "M\(number(x(mark.value))) \(number(top))V\(number(bottom))"
      drawing.text(mark.label, x(mark.value), bottom + 20, "middle")
    }
    drawing.body = "<path \(ink.grid) d=\"\(grid)\"/>" + drawing.body
    drawing.text(chart.axis.text, (left + right) / 2, bottom + 44, "middle")
    for (index, row) in chart.rows.enumerated() {
      let y = top + rowHeight * Double(index) + (isNamed ? 21 : 3)
      drawing.text(shortened(row.name, to: 50), left, y - 6, "start")
      var sum = 0.0
      for (part, value) in row.values.enumerated() where value > 0 {
        let width = x(sum + value) - x(sum)
        let rectangle =
          "<rect \(ink.bar(part)) x=\"\(number(x(sum)))\" y=\"\(number(y))\" "
          + "width=\"\(number(max(0.1, width)))\" height=\"17\""
        let words =
          "\(row.name)\n\(chart.parts[part]) \(NumberText.short(value))"
          + (chart.axis.unit.map { " " + $0 } ?? "")
        drawing.body +=
          ink == .page
          ? rectangle + "><title>\(Markup.escape(words))</title></rect>" : rectangle + "/>"
        sum += value
      }
    }
    return drawing.document(
      height: bottom + 53, title, description, id, legend: chart.parts,
      isReference: chart.parts.map { _ in false }, isBars: true)
  }

  private static func shortened(_ text: String, to count: Int) -> String {
    text.count <= count ? text : text.prefix(count - 1) + "…"
  }

  // MARK: Documents

  private func document(
    height: Double, _ title: String, _ description: String, _ id: String, legend: [String],
    isReference: [Bool], isBars: Bool = false
  ) -> String {
    let number = NumberText.coordinate
    let width = number(Frame.width)
    let title = Markup.escape(title)
    let description = Markup.escape(description)
    switch ink {
    case .page:
      return "<svg viewBox=\"0 0 \(width) \(number(height))\" role=\"img\" "
        + "aria-labelledby=\"\(id)-t \(id)-d\" tabindex=\"0\"><title id=\"\(id)-t\">\(title)</title>"
        + "<desc id=\"\(id)-d\">\(description)</desc>\(body)</svg>"
    case .paper:
      let (rows, legendHeight) = Legend.svg(
        legend, isReference: isReference, isBars: isBars, width: Frame.width, ink: ink)
      let top = 24 + legendHeight
      return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        + "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(number(height + top))\" "
        + "width=\"\(width)\" height=\"\(number(height + top))\" "
        + "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" role=\"img\">"
        + "<title>\(title)</title><desc>\(description)</desc>"
        // Read in a dark mode, too.
        + "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
        + "<text x=\"4\" y=\"16\" font-size=\"13\" \(ink.text("start", bold: true))>\(title)</text>"
        + "<g transform=\"translate(0 24)\">\(rows)</g>"
        + "<g transform=\"translate(0 \(number(top)))\">\(body)</g></svg>\n"
    }
  }
}
