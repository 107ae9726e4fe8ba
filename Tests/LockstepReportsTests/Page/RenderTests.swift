import Foundation
import Testing

@testable import LockstepReports

/// Whether `Documentation/check_report.py` can run: it needs Python and Chromium.
private let hasBrowser =
  has(["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
  && has(["python3"])

private func has(_ names: [String]) -> Bool {
  let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
  return path.split(separator: ":").contains { folder in
    names.contains { FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }
  }
}

@Suite struct RenderTests {
  private var script: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path
      + "/Documentation/check_report.py"
  }

  private func check(_ page: String) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", script, page]
    let pipe = Pipe()
    process.standardError = pipe
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  @Test(
    .enabled(if: hasBrowser, "Chromium and Python are needed: apt-get install chromium python3"),
    .timeLimit(.minutes(15)))
  func `the page renders without a word in the console, and the check would hear one`() throws {
    let folder = try TemporaryFolder()
    let html = Report(ResultFolder(title: "t", runs: SyntheticResults.grid())).html
    try folder.write(html, to: "index.html")
    let silent = try check(folder.path + "/index.html")
    #expect(silent.status == 0, "\(silent.text)")
    try folder.write(
      html.replacing("\"use strict\";", with: "\"use strict\";nothing();"), to: "broken.html")
    let loud = try check(folder.path + "/broken.html")
    #expect(loud.status == 1)
    #expect(loud.text.contains("nothing is not defined"))
  }
}
