/// A part of a plan with its figures.
struct ReportSection: Sendable {
  let name: String
  let figures: [Figure]
  /// How many figures were left out to keep the page readable.
  let omitted: Int

  init(_ section: Section) {
    name = section.name
    (figures, omitted) = FigureMaker.figures(of: section)
  }
}
