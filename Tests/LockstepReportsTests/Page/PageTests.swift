import Foundation
import LockstepStudies
import LockstepTelemetry
import Testing

@testable import LockstepReports

@Suite struct PageTests {
  private static let claims = [
    ClaimResult(
      id: "costs", statement: "It <costs> & hurts.", source: "Gupta 2020", measured: "the penalty",
      estimate: 0.0312, low: 0.028, high: 0.0351, expected: "above 0", verdict: .reproduced),
    ClaimResult(
      id: "grows", statement: "It grows.", source: "s", measured: "m", estimate: 1.4, low: 1.2,
      high: nil, expected: "below 1", verdict: .notReproduced, remark: "It shrinks."),
    ClaimResult(
      id: "open", statement: "Who knows.", source: "s", measured: "m", estimate: nil, low: nil,
      high: nil, expected: "anything", verdict: .inconclusive),
  ]

  private func page(_ folder: ResultFolder) -> String { Report(folder).html }

  @Test func `claims stand on top with numbers, intervals and a symbol`() throws {
    let html = page(
      ResultFolder(title: "t", runs: SyntheticResults.grid(), claims: Self.claims))
    #expect(html.contains("It &lt;costs&gt; &amp; hurts."))
    #expect(html.contains("0.0312 (0.028 to 0.0351)"))
    #expect(html.contains("1.4 (1.2 to ∞)"))
    for symbol in ["✓", "✗", "?"] {
      #expect(html.contains("<span aria-hidden=\"true\">\(symbol)</span>"))
    }
    #expect(html.contains("not reproduced") && html.contains("It shrinks."))
    let claims = try #require(html.range(of: "Claims</h2>"))
    let figure = try #require(html.range(of: "<figure"))
    #expect(claims.lowerBound < figure.lowerBound)
  }

  @Test func `nothing in a result can become markup`() {
    let evil = "<script>alert('x')</script>"
    let runs = SyntheticResults.grid(policies: [evil, "\"onload=\"x"], workers: [1, 2])
    let html = page(ResultFolder(title: evil, summary: evil, runs: runs, notes: [evil]))
    #expect(html.components(separatedBy: "<script>").count == 2)
    #expect(!html.contains("alert('x')"))
    #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)"))
  }

  @Test func `the page needs nothing from elsewhere`() {
    let html = page(ResultFolder(title: "t", runs: SyntheticResults.grid()))
    for word in ["http://", "https://", "src=", "@import", "url("] {
      #expect(!html.contains(word), "\(word)")
    }
    #expect(html.contains("prefers-color-scheme:dark"))
    #expect(html.contains("width=device-width"))
    #expect(!html.contains("NaN") && !html.contains(">nan"))
  }

  @Test func `every figure has its data, and ids are unique`() throws {
    let html = page(ResultFolder(title: "t", runs: SyntheticResults.grid()))
    let figures = html.components(separatedBy: "<figure ").count - 1
    let data = html.components(separatedBy: "<details class=\"data\"").count - 1
    #expect(figures > 5 && data >= figures)
    let ids = html.matches(of: /\sid="([^"]+)"/).map { String($0.1) }
    #expect(Set(ids).count == ids.count)
  }

  @Test func `machines, options and endings are told`() {
    var runs = SyntheticResults.grid(workers: [1, 2], seeds: 1)
    runs[0].record.status = .diverged
    runs[1].record.oversubscribed = true
    let html = page(ResultFolder(title: "t", runs: runs))
    #expect(html.contains("6 runs"))
    #expect(html.contains("1 diverged"))
    #expect(html.contains("Processor &lt;&amp;&gt; &quot;x&quot;"))
    #expect(html.contains("barrier, bounded:4, hogwild"))
    #expect(html.contains("1 of the runs had more workers than processing units"))
  }

  @Test func `a single run is no error`() {
    let html = page(ResultFolder(title: "t", runs: [SyntheticResults.run(1, [:])]))
    #expect(html.contains("1 run ·"))
    #expect(html.contains("Training loss against updates"))
  }

  @Test func `parts are sections, in the order of the plan`() throws {
    let runs =
      SyntheticResults.grid(workers: [1, 2], part: "first-part")
      + SyntheticResults.grid(workers: [4, 8], part: "second")
    let html = page(ResultFolder(title: "t", parts: ["second", "first-part"], runs: runs))
    let first = try #require(html.range(of: "<h2>First part</h2>"))
    let second = try #require(html.range(of: "<h2>Second</h2>"))
    #expect(second.lowerBound < first.lowerBound, "parts follow the plan, whichever run came first")
  }

  @Test func `drawings for papers are well formed and have names of their own`() {
    let report = Report(ResultFolder(title: "t", runs: SyntheticResults.grid()))
    let drawings = report.drawings
    #expect(drawings.count == report.figureCount)
    #expect(Set(drawings.map(\.name)).count == drawings.count)
    for drawing in drawings {
      let reader = SVGReader(drawing.svg)
      #expect(reader.isWellFormed, "\(drawing.name)")
      #expect(!drawing.svg.contains("var(--") && !drawing.svg.contains("class="))
      #expect(reader.elements.contains { $0.name == "text" })
    }
  }

  @Test func `ten thousand runs make a page below 5 MB`() {
    let grid = SyntheticResults.grid(
      policies: ["barrier", "bounded:4", "hogwild", "locked", "sequential"],
      workers: [1, 2, 4, 8, 16], seeds: 20)
    let runs = (1...20).flatMap { batch in
      grid.map { run in
        var run = run
        run.id += "-\(batch)"
        run.axes["batch"] = .integer(batch)
        run.record.noise.removeLast(2)
        return run
      }
    }
    #expect(runs.count == 10_000)
    let html = page(ResultFolder(title: "t", runs: runs))
    #expect(html.utf8.count < 5_000_000)
    #expect(html.contains("The first 200 of 10,000 runs; results.csv beside this page has all."))
  }
}
