import LockstepCore
import LockstepStudies

/// Decides which figures the runs of a section yield.
struct FigureMaker {
  let section: Section
  let abscissas: [Abscissa]
  private var compared: [String: Comparison] = [:]
  /// The settings one by one, for what has its own horizontal axis.
  let settings: Comparison

  /// The largest number of figures of one kind in a section, beyond which a page isn't read; those
  /// that only add to another are not counted.
  static let largestCount = 14

  init(_ section: Section) {
    self.section = section
    abscissas = Abscissa.all(in: section)
    settings = Comparison(section, along: .settings, largestSliceCount: 2)
  }

  /// The figures of a section, the most telling first.
  ///
  /// - Returns: at most ``largestCount`` of each kind, and how many more there would be.
  static func figures(of section: Section) -> (figures: [Figure], omitted: Int) {
    var maker = FigureMaker(section)
    let kinds = [
      maker.noiseFigures(), maker.speedFigures(), maker.targetFigures(), maker.ensembleFigures(),
      maker.lossFigures(), maker.curveFigures(), maker.stalenessFigures(), maker.timeFigures(),
    ]
    var figures: [Figure] = []
    var omitted = 0
    for kind in kinds {
      // An aside goes with the figure before it.
      let main = kind.indices.filter { !kind[$0].isAside }
      guard main.count > largestCount else {
        figures += kind
        continue
      }
      figures += kind[..<main[largestCount]]
      omitted += main.count - largestCount
    }
    return (figures, omitted)
  }

  /// The runs along an abscissa; grouping ten thousand of them is done once.
  mutating func comparison(along abscissa: Abscissa, room: Int = Ink.seriesCount) -> Comparison {
    let key = "\(abscissa.name) \(room)"
    if let known = compared[key] { return known }
    let made = Comparison(section, along: abscissa, room: room)
    compared[key] = made
    return made
  }

  /// What a median's band means here.
  var bandWords: String { "Medians over \(Self.bands(over: section.seedCount))." }

  /// Seeds with what their medians' bands are.
  static func bands(over seeds: Int) -> String {
    switch seeds {
    case ...1: "one seed, so without intervals"
    case ..<Intervals.fewestForMedian: "\(seeds) seeds, with their ranges"
    default:
      "\(seeds) seeds, with intervals that cover the median in 95 % of all cases or more (ranges where "
        + "fewer than six have the number)"
    }
  }

  /// Figures of one number along an abscissa, a figure for each slice.
  ///
  /// - Parameters:
  ///   - name: a short name.
  ///   - title: what is compared, without the abscissa.
  ///   - y: the vertical axis.
  ///   - abscissa: the horizontal one.
  ///   - measures: the numbers, each with what to add to the names of its lines.
  ///   - fitsPowers: whether exponents are fitted where both axes are logarithmic.
  ///   - reference: a line to compare with.
  mutating func comparisons(
    _ name: String, _ title: String, y: Chart.Axis, along abscissa: Abscissa,
    _ measures: [(suffix: String, number: (StoredRun) -> Double?)], fitsPowers: Bool = false,
    reference: ((_ xs: [Double]) -> Chart.Series?)? = nil
  ) -> [Figure] {
    let comparison = comparison(
      along: abscissa, room: max(1, Ink.seriesCount / measures.count))
    var figures: [Figure] = []
    for slice in comparison.slices {
      var series: [Chart.Series] = []
      var missing = 0
      for measure in measures {
        let made = Comparison.series(
          slice, suffix: measure.suffix, measure.number)
        series += made.series
        missing += made.missing
      }
      let xs = Set(series.flatMap { $0.points.map(\.x) })
      guard xs.count > 1 else { continue }
      let names = Comparison.distinct(series.map(\.name))
      var chart = Chart(x: abscissa.axis, y: y, series: series)
      let fits = fitsPowers ? exponents(chart, slice, measures, names) : []
      for index in series.indices { chart.series[index].name = names[index] }
      if let line = reference?(xs.sorted()) { chart.series.append(line) }
      figures.append(
        Figure(
          name: Self.slug([name, abscissa.name, slice.name]),
          title: "\(title) against \(abscissa.axis.label)"
            + (slice.name.isEmpty ? "" : ": \(slice.name)"),
          caption: bandWords, content: .lines(chart), fits: fits,
          notes: Self.notes(chart, missing: missing)))
    }
    if !figures.isEmpty {
      figures[figures.count - 1].notes += comparison.omissions(file: "results.csv")
    }
    return figures
  }

  /// The exponents of the lines where both axes are logarithmic.
  private func exponents(
    _ chart: Chart, _ slice: Comparison.Slice,
    _ measures: [(suffix: String, number: (StoredRun) -> Double?)], _ names: [String]
  ) -> [Figure.Fit] {
    let frame = Frame(chart)
    guard frame.xScale == .logarithmic, frame.yScale == .logarithmic else { return [] }
    var fits: [Figure.Fit] = []
    for measure in measures {
      for line in slice.lines where line.groups.count > 2 {
        let name = [line.name, measure.suffix].filter { !$0.isEmpty }.joined(separator: ", ")
        let points = line.groups.flatMap { group in
          group.runs.compactMap { run in
            measure.number(run).map { PowerLaw.Point(x: group.x, y: $0, seed: run.seed) }
          }
        }
        guard let index = chart.series.firstIndex(where: { $0.name == name }),
          let law = PowerLaw(points), law.exponent.low.isFinite
        else { continue }
        fits.append(Figure.Fit(name: names[index], law: law))
      }
    }
    return fits
  }

  /// What has to be said about a chart's scales and about what is not on it.
  static func notes(_ chart: Chart, missing: Int = 0) -> [String] {
    var notes: [String] = []
    let frame = Frame(chart)
    if case .symmetric(let threshold) = frame.yScale {
      notes.append(
        "The vertical axis is logarithmic on both sides of 0 and nearly linear within "
          + "±\(NumberText.short(threshold)).")
    }
    if case .symmetric(let threshold) = frame.xScale {
      notes.append(
        "The horizontal axis is logarithmic, and nearly linear below "
          + "\(NumberText.short(threshold)).")
    }
    if missing > 0 {
      notes.append(
        "\(NumberText.counted(missing, "point")) without a finite number "
          + "\(missing == 1 ? "is" : "are") left out.")
    }
    return notes
  }

  /// Series by the parts of their names that tell them apart.
  static func named(_ series: [Chart.Series]) -> [Chart.Series] {
    zip(series, Comparison.distinct(series.map(\.name))).map { series, name in
      var series = series
      series.name = name
      return series
    }
  }

  /// A name for files: letters, digits and hyphens.
  static func slug(_ parts: [String]) -> String {
    var text = ""
    for character in parts.filter({ !$0.isEmpty }).joined(separator: "-").lowercased() {
      if character.isASCII, character.isLetter || character.isNumber {
        text.append(character)
      } else if !text.hasSuffix("-") {
        text.append("-")
      }
    }
    while text.hasSuffix("-") { text.removeLast() }
    return String(text.prefix(80))
  }
}
