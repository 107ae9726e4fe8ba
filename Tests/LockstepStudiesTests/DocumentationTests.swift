import Foundation
import Testing

@testable import LockstepStudies

/// `Documentation/Studies.md` and `Sweeps.md` say what is so.
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

  @Test func `the tables of metrics have every metric, what it is, and its unit`() throws {
    let text = try Self.text("Studies.md")
    func rows<Owner>(_ fields: [Metric.Field<Owner>]) -> [[String]] {
      fields.map { [$0.name, $0.words, $0.unit ?? ""] }
    }
    #expect(Self.table("| path | number | unit |", in: text) == rows(Metric.fields))
    #expect(Self.table("| FIELD | number | unit |", in: text) == rows(Metric.workerFields))
    #expect(Self.table("| MEASURE | number | unit |", in: text) == rows(Metric.noiseMeasures))
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
