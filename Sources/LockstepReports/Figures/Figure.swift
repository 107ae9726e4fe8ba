import LockstepCore

/// One picture of a report with all that belongs to it.
struct Figure: Equatable, Sendable {
  /// What is drawn.
  enum Content: Equatable, Sendable {
    case lines(Chart)
    case bars(BarChart)
  }

  /// A power law fitted to one line.
  struct Fit: Equatable, Sendable {
    var name: String
    var law: PowerLaw

    /// The exponent with its interval.
    var text: String {
      let exponent = law.exponent
      return "\(NumberText.short(exponent.value)) "
        + "(\(NumberText.short(exponent.low)) to \(NumberText.short(exponent.high)))"
        + (exponent.isSkewed ? "; \(Estimate.skewedWords)" : "")
    }

    /// What the interval rests on.
    var basis: String {
      switch law.interval {
      case .seeds(let count): "Student's t over \(count) seeds"
      case .residuals(let degrees):
        "Student's t on the residuals of one seed, \(degrees) degrees of freedom"
      }
    }
  }

  /// A short name for files and links, unique in its section.
  var name: String
  /// What it shows, as a heading.
  var title: String
  /// One or two sentences below it: what the marks and bands are, and numbers fitted to them.
  var caption: String
  var content: Content
  /// The power laws that were fitted to its lines.
  var fits: [Fit] = []
  /// What was left out and why.
  var notes: [String] = []
  /// Whether it only adds to the figure before it, and is shown on request.
  var isAside = false

  /// The names in the legend, with whether each is a mere comparison.
  var legend: [(name: String, isReference: Bool)] {
    switch content {
    case .lines(let chart): chart.series.map { ($0.name, $0.look == .reference) }
    case .bars(let chart): chart.parts.map { ($0, false) }
    }
  }

  var isBars: Bool { if case .bars = content { true } else { false } }

  /// The drawing.
  func svg(id: String, ink: Ink) -> String {
    let exponents = fits.map { "Exponent\($0.name.isEmpty ? "" : " of " + $0.name): \($0.text)." }
    let description = ([caption] + exponents + notes).joined(separator: " ")
    return switch content {
    case .lines(let chart):
      Drawing.svg(chart, title: title, description: description, id: id, ink: ink)
    case .bars(let chart):
      Drawing.svg(chart, title: title, description: description, id: id, ink: ink)
    }
  }

  /// Its numbers: a row of headings, then the rows.
  var table: [[String]] {
    switch content {
    case .lines(let chart):
      let hasNames = chart.series.contains { !$0.name.isEmpty }
      let hasBands = chart.series.contains { $0.points.contains { $0.low < $0.high } }
      let head =
        (hasNames ? ["series"] : []) + [chart.x.text, chart.y.text]
        + (hasBands ? ["low", "high"] : []) + ["runs"]
      let exact = NumberText.exact
      return [head]
        + chart.series.filter { $0.look != .reference }.flatMap { series in
          series.points.map { point in
            (hasNames ? [series.name] : []) + [exact(point.x), exact(point.y)]
              + (hasBands ? [exact(point.low), exact(point.high)] : []) + ["\(point.count)"]
          }
        }
    case .bars(let chart):
      return [[""] + chart.parts.map { $0 + (chart.axis.unit.map { " (\($0))" } ?? "") }]
        + chart.rows.map { [$0.name] + $0.values.map(NumberText.exact) }
    }
  }
}
