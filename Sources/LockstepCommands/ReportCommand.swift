import ArgumentParser
import Foundation
import Lockstep

/// `lockstep report`: a result folder as one page.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Show a result folder as one self-contained HTML page.",
    discussion: """
      Reads DIR/results.jsonl and, where they exist, plan.yaml and claims.json, and writes one page \
      with figures, claims and tables that works offline.
      """)

  @Argument(help: "The folder that a sweep or a study wrote.", completion: .directory)
  var folder: String

  @Option(help: "The page. (default: DIR/index.html)")
  var out: String?

  @Option(help: "Also write each figure to this folder as DIR-FIGURE.svg, for papers.")
  var svg: String?

  func run() throws {
    let page = out ?? folder + "/index.html"
    let results = folder + "/results.jsonl"
    guard FileManager.default.fileExists(atPath: results) else {
      throw ReportError.missing(path: results)
    }
    try OutputFolder.check(file: page)
    try OutputFolder.requireDistinct(
      ResultStore.Name.all.map { ("the results", folder + "/" + $0) } + [("the page", page)])
    let drawings = try svg.map { try OutputFolder($0) }
    try ThreadAllowance.require(ProcessInfo.processInfo.activeProcessorCount + 1)
    let report = try Report(folder: folder)
    for note in report.notes { Console.say("lockstep: \(note)") }
    let html = Data(report.html.utf8)
    try OutputFolder.write(html, to: page)
    var text =
      "\(page): \(NumberText.counted(report.figureCount, "figure")) of "
      + "\(NumberText.counted(report.runCount, "run")), \(Format.count((html.count + 999) / 1000)) kB\n"
    if let drawings {
      let files = report.drawings
      // The figures of several folders may go to one: each file's name begins with its results'.
      let name = URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent
      for file in files { try drawings.write(Data(file.svg.utf8), as: "\(name)-\(file.name)") }
      text += "\(drawings.path): \(NumberText.counted(files.count, "SVG file"))\n"
    }
    try Console.put(text)
  }
}
