import Testing

@testable import LockstepReports

@Suite struct DrawingTests {
  private func chart(_ values: [(Double, Double, Double, Double)], name: String = "a") -> Chart {
    Chart(
      x: .init(label: "workers", prefersLogarithm: true),
      y: .init(label: "penalty", unit: "loss", prefersLogarithm: true),
      series: [
        .init(
          name: name,
          points: values.map { .init(x: $0.0, y: $0.1, low: $0.2, high: $0.3, count: 5) })
      ])
  }

  private static let charts: [[(Double, Double, Double, Double)]] = [
    [(1, 1, 0.5, 2), (2, 3, 1, 9), (64, 1000, 10, 5000)],
    [(0, 0, -1, 1), (1, 5, -200, 300), (2, 1e-6, -1e-6, 1e-5)],
    [(4, 2, 1, 3)],
    [(3, 7, 7, 7)],
    [(1, -4, -9, -1), (2, -5, -6, -3)],
    [(1e-9, 1e-12, 1e-13, 1e-11), (1e9, 1e12, 1e11, 1e13)],
    [(1, 0, 0, 0), (2, 0, 0, 0)],
  ]

  @Test(arguments: charts.indices, [Ink.page, .paper])
  func `drawings are well formed, finite and within their frame`(index: Int, ink: Ink) {
    let chart = chart(Self.charts[index], name: "a <b> & \"c\"")
    let svg = Drawing.svg(
      chart, title: "1 < 2 & 3", description: "what's \"shown\"", id: "f", ink: ink)
    let reader = SVGReader(svg)
    #expect(reader.isWellFormed)
    #expect(reader.text.contains("penalty (loss)"))
    #expect(reader.text.contains("1 < 2 & 3"))
    let frame = Frame(chart)
    for element in reader.elements {
      for (name, value) in element.attributes {
        #expect(!value.contains("nan") && !value.contains("inf"), "\(name)=\(value)")
      }
      // Bands and lines; swatches and marks of a legend are drawn in coordinates of their own.
      let isBand =
        element.attributes["class"]?.hasPrefix("b ") == true
        || element.attributes["fill-opacity"] != nil
      guard isBand, let path = element.attributes["d"] else { continue }
      let corners = SVGReader.corners(path)
      #expect(corners.count == 2 * Self.charts[index].count)
      for corner in corners {
        #expect(corner.x >= frame.left && corner.x <= frame.right)
        #expect(corner.y >= frame.top && corner.y <= frame.bottom)
      }
    }
  }

  @Test(arguments: charts.indices) func `labels fit in, also where text is large`(index: Int) {
    let chart = chart(Self.charts[index] + [(814_090, 70_000, 60_000, 80_000)])
    let frame = Frame(chart)
    // A digit of 18 pixels, as on a phone, is 10 wide.
    for mark in frame.yTicks.marks {
      #expect(10 * Double(mark.label.count) <= frame.left - 7, "\(mark.label)")
    }
    for mark in frame.xTicks(chart).marks {
      #expect(frame.x(mark.value) + 5 * Double(mark.label.count) <= Frame.width, "\(mark.label)")
    }
  }

  @Test func `larger numbers stand further right and higher`() {
    let frame = Frame(chart([(1, 1, 1, 1), (100, 1000, 10, 2000)]))
    #expect(frame.x(1) < frame.x(10) && frame.x(10) < frame.x(100))
    #expect(frame.y(1) > frame.y(10) && frame.y(10) > frame.y(1000))
    // Equal factors are equal distances.
    #expect(abs((frame.x(10) - frame.x(1)) - (frame.x(100) - frame.x(10))) < 1e-9)
  }

  @Test func `every point tells its numbers`() {
    let svg = Drawing.svg(
      chart([(2, 0.125, 0.1, 0.2), (4, 0.5, 0.4, 0.7)], name: "hogwild"), title: "t",
      description: "d", id: "f", ink: .page)
    #expect(svg.contains("<title>hogwild\nworkers 2\n0.125 (0.1 to 0.2) loss\n5 runs</title>"))
    #expect(svg.contains("workers 4"))
    #expect(svg.contains("role=\"img\""))
    #expect(svg.contains("aria-labelledby=\"f-t f-d\""))
  }

  @Test func `bars add up to their rows`() {
    let chart = BarChart(
      axis: .init(label: "share", unit: "%"), parts: ["computing", "waiting"],
      rows: [.init(name: "barrier", values: [30, 70]), .init(name: "hogwild", values: [100, 0])])
    let reader = SVGReader(
      Drawing.svg(chart, title: "t", description: "d", id: "f", ink: .page))
    #expect(reader.isWellFormed)
    let bars = reader.elements.filter { $0.attributes["class"]?.hasPrefix("r ") == true }
    let widths = bars.compactMap { $0.attributes["width"].flatMap(Double.init) }
    #expect(widths.count == 3)
    #expect(abs(widths[0] + widths[1] - widths[2]) < 0.3)
    #expect(abs(widths[0] / widths[2] - 0.3) < 0.01)
  }

  @Test func `series differ in mark and dash, not in colour alone`() {
    let marks = (0..<Ink.seriesCount).map { Ink.outline($0, 0, 0) }
    #expect(Set(marks).count == Ink.seriesCount)
    #expect(Set(Ink.dashes).count == Ink.seriesCount)
    #expect(Set(Ink.colors).count == Ink.seriesCount)
  }

  @Test func `markup cannot break out`() {
    #expect(Markup.escape("plain") == "plain")
    #expect(
      Markup.escape("<a href='x'>&\"</a>") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;")
    #expect(Markup.escape("a\u{0}b\u{1f}c\u{FFFE}\n") == "abc\n")
  }
}
