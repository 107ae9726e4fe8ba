import LockstepStudies
import Synchronization

/// A part of a plan with its figures.
struct ReportSection: Sendable {
  let name: String
  let figures: [Figure]
  /// How many figures were left out to keep the page readable.
  let omitted: Int

  /// The sections of a folder, their figures made on all cores.
  static func all(of runs: [StoredRun]) -> [ReportSection] {
    let parts = Section.cut(runs)
    return parts.map { part in
      let (figures, omitted) = FigureMaker.figures(of: part)
      return ReportSection(name: part.name, figures: figures, omitted: omitted)
    }
  }
}
