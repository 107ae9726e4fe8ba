import Foundation
import LockstepCore
import LockstepStudies

/// The page: plain HTML that is whole without scripts, fonts or a network.
struct Page {
  let html: String

  /// The tables that a page needs.
  struct Tables: Sendable {
    var facts = ""
    var claims = ""
    var ranking = ""
    var setup = ""
    var runs = ""

    init() {}

    init(_ folder: ResultFolder) {
      let tables = PageTables(folder)
      facts = tables.facts
      claims = tables.claims
      ranking = tables.ranking
      setup = tables.setup
      runs = tables.runs
    }
  }

  init(_ folder: ResultFolder, _ tables: Tables, _ sections: [ReportSection]) {
    var body = "<header><h1>\(Markup.escape(folder.title))</h1>"
    if let summary = folder.summary {
      body += "<p class=\"lead\">\(Markup.escape(summary))</p>"
    }
    body += "<p class=\"facts\">\(Markup.escape(tables.facts))</p>"
    for note in folder.notes { body += "<p class=\"note\">\(Markup.escape(note))</p>" }
    body += "</header>\n<main>\n" + tables.claims + tables.ranking
    var number = 0
    for section in sections where !section.figures.isEmpty {
      body += "<section>"
      body +=
        "<h2>\(Markup.escape(section.name.isEmpty ? "Figures" : Self.heading(section.name)))</h2>"
      body += "<div class=\"figures\">\n"
      var index = 0
      while index < section.figures.count {
        number += 1
        let figure = section.figures[index]
        let next = index + 1 < section.figures.count ? section.figures[index + 1] : nil
        let aside = next.flatMap { $0.isAside && !figure.isAside ? $0 : nil }
        body += Self.markup(figure, aside: aside, number)
        index += aside == nil ? 1 : 2
      }
      body += "</div>"
      if section.omitted > 0 {
        body +=
          "<p class=\"note\">\(NumberText.counted(section.omitted, "more figure")) "
          + "\(section.omitted == 1 ? "is" : "are") left out to keep the page short; "
          + "results.csv has all numbers.</p>"
      }
      body += "</section>\n"
    }
    if number == 0 {
      body +=
        "<section><h2>Figures</h2><p>Nothing varies among these runs that could be drawn; "
        + "the table below has their numbers.</p></section>\n"
    }
    body += tables.setup + tables.runs + "</main>\n"
    html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      + "<meta name=\"color-scheme\" content=\"light dark\">"
      + "<link rel=\"icon\" href=\"data:,\"><title>\(Markup.escape(folder.title))</title>"
      + "<style>\(PageStyle.css)</style></head><body>\n" + body
      + "<footer>Made by Lockstep from results.jsonl.</footer>"
      + "<div id=\"tip\" role=\"status\" aria-live=\"polite\" hidden></div>"
      + "<script>\(PageScript.source)</script></body></html>\n"
  }

  /// A part's name as a heading.
  private static func heading(_ name: String) -> String {
    let words = name.replacing("-", with: " ").replacing("_", with: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  private static func markup(_ figure: Figure, aside: Figure?, _ number: Int) -> String {
    var text = "<figure id=\"f\(number)\"><h3>\(Markup.escape(figure.title))</h3>"
    text += drawing(figure, "f\(number)")
    text += "<figcaption>\(words(figure))</figcaption>\(fits(figure))"
    if let aside {
      text +=
        "<details><summary>Relative to the promised decrease</summary>"
        + drawing(aside, "f\(number)a")
      text += "<p class=\"cap\">\(words(aside))</p>\(fits(aside))"
      text += data(aside, name: aside.name) + "</details>"
    }
    return text + data(figure, name: figure.name) + "</figure>\n"
  }

  private static func words(_ figure: Figure) -> String {
    ([figure.caption] + figure.notes).map(Markup.escape).joined(separator: " ")
  }

  /// The exponents that were fitted, a line each.
  private static func fits(_ figure: Figure) -> String {
    guard let first = figure.fits.first else { return "" }
    var text =
      "<table class=\"fits\"><caption>Exponents of fitted power laws, with 95 % intervals ("
    text += Markup.escape(first.basis) + ")</caption>"
    for fit in figure.fits {
      text += "<tr><th scope=\"row\">\(Markup.escape(fit.name.isEmpty ? "exponent" : fit.name))"
      text += "<td>\(Markup.escape(fit.text))"
    }
    return text + "</table>"
  }

  private static func drawing(_ figure: Figure, _ id: String) -> String {
    let legend = Legend.html(
      figure.legend.map(\.name), isReference: figure.legend.map(\.isReference),
      isBars: figure.isBars)
    return legend + figure.svg(id: id, ink: .page)
  }

  /// The numbers of a figure, one click away.
  private static func data(_ figure: Figure, name: String) -> String {
    let table = figure.table
    var text =
      "<details class=\"data\" data-name=\"\(Markup.escape(name))\"><summary>Data</summary>"
    text += "<div class=\"scroll\"><table>"
    for (index, row) in table.enumerated() {
      let cell = index == 0 ? "th" : "td"
      text += index == 0 ? "<thead><tr>" : "<tr>"
      for value in row { text += "<\(cell)>\(Markup.escape(value))" }
      text += index == 0 ? "</thead><tbody>" : ""
    }
    return text + "</tbody></table></div></details>"
  }
}
