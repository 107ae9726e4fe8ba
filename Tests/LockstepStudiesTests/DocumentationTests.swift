import Foundation
import LockstepCore
import LockstepTelemetry
import Testing

@testable import LockstepStudies

/// `Documentation/Record.md`, `Studies.md` and `Sweeps.md` say what is so.
struct DocumentationTests {
  private static func text(_ name: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: "Documentation/\(name)"), encoding: .utf8)
  }

  /// The blocks of code whose fence has exactly this after it.
  private static func blocks(_ language: String, in text: String) -> [String] {
    text.components(separatedBy: "\n```\(language)\n").dropFirst().compactMap {
      $0.components(separatedBy: "\n```").first
    }
  }

  /// The rows of the table whose head begins with some cells.
  private static func table(_ head: String, in text: String) -> [[String]] {
    let lines = text.components(separatedBy: "\n")
    guard let start = lines.firstIndex(where: { $0.hasPrefix(head) }) else { return [] }
    return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
      line.split(separator: "|").map { cell in
        cell.trimmingCharacters(in: .whitespaces).replacing("`", with: "")
      }
    }
  }

  @Test func `the example is a study, short and long`() throws {
    let blocks = try Self.blocks("yaml", in: Self.text("Studies.md"))
    #expect(blocks.count == 1)
    for (variant, runs) in [(PlanVariant.quick, 40), (.full, 160)] {
      let study = try Study(yaml: try #require(blocks.first), path: "example", variant: variant)
      #expect(study.claims.count == 4)
      #expect(try study.plan.runs().distinct.count == runs)
    }
  }

  @Test func `the fragments are claims`() throws {
    let text = try Self.text("Studies.md")
    let fragments = Self.blocks("yaml claim", in: text)
    #expect(fragments.count == 2)
    for fragment in fragments {
      let indented = fragment.replacing("\n", with: "\n  ")
      let study = try Study(
        yaml: "name: n\nclaims:\n- id: a\n  statement: b\n  source: c\n  \(indented)",
        path: "fragment", variant: .quick)
      #expect(study.claims.count == 1)
    }
  }

  @Test func `the example of a plan is one`() throws {
    let blocks = try Self.blocks("yaml", in: Self.text("Sweeps.md"))
    #expect(!blocks.isEmpty)
    for block in blocks {
      for variant in PlanVariant.allCases {
        #expect(try !SweepPlan(yaml: block, path: "plan", variant: variant).runs().all.isEmpty)
      }
    }
  }

  @Test func `the table of the record has every field, and no other`() throws {
    let expected = Self.rows(StoredRun.fields.entries)
    let lines = try Self.text("Record.md").components(separatedBy: "\n")
    let head = try #require(lines.firstIndex { $0.hasPrefix("| field | value |") })
    let found = lines[(head + 2)...].prefix { $0.hasPrefix("|") }
    for row in expected where !found.contains(row) {
      Issue.record("Documentation/Record.md lacks this row:\n\(row)")
    }
    for row in found where !expected.contains(row) {
      Issue.record("Documentation/Record.md has a row of no field:\n\(row)")
    }
    #expect(Array(found) == expected, "the rows stand in the order of the fields")
  }

  @Test func `a field with words under metric is one, by the path that the document has`() throws {
    for row in Self.rows(StoredRun.fields.entries) {
      let cells = row.components(separatedBy: " | ")
      guard !cells[3].isEmpty else { continue }
      let path = String(cells[0].dropFirst("| `".count).dropLast())
      let metric = try Metric(
        path.replacing("workers[]", with: "workers[all]").replacing("noise[]", with: "noise"))
      #expect(metric.words.hasPrefix(cells[3]))
      #expect((metric.unit ?? "") == cells[2])
    }
  }

  /// The rows of the table of fields.
  private static func rows(_ entries: [RecordEntry], _ path: String = "") -> [String] {
    entries.flatMap { entry in
      let name = path + entry.name
      let own =
        "| `\(name)` | \(words(entry)) | \(entry.unit ?? "") | \(entry.words ?? "") "
        + "| \(entry.definition) |"
      return switch entry.kind {
      case .object(let inner): [own] + rows(inner, "\(name).")
      case .list(.object(let inner)): [own] + rows(inner, "\(name)[].")
      default: [own]
      }
    }
  }

  /// What may stand in a field.
  private static func words(_ entry: RecordEntry) -> String {
    switch entry.absence {
    case .never: words(entry.kind)
    case .null: "\(words(entry.kind)) or `null`"
    case .nullOrMissing: "\(words(entry.kind)) or `null`, missing in older records"
    case .leftOut: "\(words(entry.kind)), or left out"
    }
  }

  private static func words(_ kind: RecordKind, isPlural: Bool = false) -> String {
    switch kind {
    case .number: isPlural ? "numbers" : "number"
    case .wholeNumber: isPlural ? "whole numbers" : "whole number"
    case .flag: "`true` or `false`"
    case .text: isPlural ? "texts" : "text"
    case .word(let words): words.map { "`\($0)`" }.joined(separator: ", ")
    case .options: "options by name"
    case .list(let kind): (isPlural ? "lists of " : "list of ") + words(kind, isPlural: true)
    case .object: isPlural ? "objects" : "object"
    }
  }

  @Test func `every form of path, with something in place of its capitals, leads to a metric`()
    throws
  {
    let lines = try Self.text("Studies.md").components(separatedBy: "\n")
    let start = try #require(lines.firstIndex(of: "| path | number |"))
    let rows = Self.table("| path | number |", in: lines[start...].joined(separator: "\n"))
    #expect(rows.count >= 10)
    for path in rows.flatMap({ $0[0].components(separatedBy: ", ") }) {
      var path = path.replacing("…", with: "noise.MEASURE[SET]")
      for (capitals, value) in [
        ("NAME", "data"), ("KEY", "features"), ("[W]", "[slowest]"), ("FIELD", "updates"),
        ("MEASURE", "interaction"), ("SET", "heldout"), ("=N", "=parameters"), ("=X", "=0.5"),
      ] {
        path = path.replacing(capitals, with: value)
      }
      #expect(throws: Never.self) { try Metric(path) }
    }
  }

  @Test func `every key, summary, function and verdict is told of`() throws {
    let text = try Self.text("Studies.md")
    #expect(
      Self.table("| key | what |", in: text).map { $0[0].prefix { $0 != ":" } }.sorted()
        == PlanReader.claimKeys.map { $0[...] }.sorted())
    #expect(
      Self.table("| summary | number |", in: text).map { $0[0] }.sorted()
        == ClaimSummary.allCases.map(\.rawValue).sorted())
    for function in Expression.Function.allCases {
      let name = function.rawValue
      #expect(text.contains("`\(name)`") || text.contains("`\(name)("), "\(name)")
    }
    #expect(
      Self.table("| verdict | when |", in: text).map { $0[0] }
        == [ClaimVerdict.reproduced, .notReproduced, .inconclusive].map(\.rawValue))
  }
}
