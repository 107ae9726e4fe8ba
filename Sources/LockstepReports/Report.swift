import Foundation
import Synchronization

/// A result folder as one self-contained page, and as drawings for papers.
///
/// ```swift
/// let report = try Report(folder: "results")
/// try Data(report.html.utf8).write(to: page)
/// ```
public struct Report: Sendable {
  /// A drawing in a file of its own.
  public struct Drawing: Sendable {
    /// The file's name, with `.svg`.
    public let name: String
    /// The file.
    public let svg: String
  }

  /// The page.
  public let html: String
  /// The number of figures.
  public let figureCount: Int
  /// The number of runs.
  public let runCount: Int
  /// What the reader should know about the files that were read.
  public let notes: [String]
  private let sections: [ReportSection]

  /// Reads a folder and makes its report.
  ///
  /// - Parameter folder: the path of a folder with `results.jsonl` and, where there are,
  ///   `plan.yaml` and `claims.json`.
  /// - Throws: ``ReportError``.
  ///
  /// **Determinism:** the same files give the same page.
  public init(folder: String) throws(ReportError) {
    self.init(try ResultFolder(path: folder))
  }

  init(_ folder: ResultFolder) {
    let parts = Section.cut(folder.placedRuns, parts: folder.parts)
    struct Made {
      var tables = Page.Tables()
      var sections: [ReportSection?]
    }
    let made = Mutex(Made(sections: Array(repeating: nil, count: parts.count)))
    // The tables and the sections don't need each other.
    DispatchQueue.concurrentPerform(iterations: parts.count + 1) { index in
      if index == parts.count {
        let tables = Page.Tables(folder)
        made.withLock { $0.tables = tables }
      } else {
        let section = ReportSection(parts[index])
        made.withLock { $0.sections[index] = section }
      }
    }
    let result = made.withLock { $0 }
    sections = result.sections.compactMap { $0 }
    html = Page(folder, result.tables, sections).html
    figureCount = sections.reduce(0) { $0 + $1.figures.count }
    runCount = folder.runs.count
    notes = folder.notes
  }

  /// The figures as files for papers: light, with their legends, text as text.
  public var drawings: [Drawing] {
    var names = Set<String>()
    return sections.flatMap { section in
      section.figures.map { figure in
        let stem = FigureMaker.slug([section.name, figure.name])
        var name = stem
        var number = 2
        while !names.insert(name).inserted {
          name = "\(stem)-\(number)"
          number += 1
        }
        return Drawing(name: name + ".svg", svg: figure.svg(id: name, ink: .paper))
      }
    }
  }
}
