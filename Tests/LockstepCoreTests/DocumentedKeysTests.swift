import Foundation
import LockstepCore
import Testing

/// `Documentation/Semantics.md` names whatever `--model`, `--data` and `--delay` take.
@Suite struct `The documents name` {
  /// A part of the page, from its title to the next one.
  private static func section(_ title: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "Documentation/Semantics.md"), encoding: .utf8)
    let start = try #require(text.range(of: "\n\(title)\n"), "\(title)")
    let level = title.prefix { $0 == "#" }
    let rest = text[start.upperBound...]
    return String(rest[..<(rest.range(of: "\n\(level) ")?.lowerBound ?? rest.endIndex)])
  }

  /// The keys that the reader of a specification knows, as it says them to whoever gives another.
  private static func keys(_ read: () throws -> Void) throws -> [String] {
    let error = try #require(throws: ConfigurationError.self) { try read() }
    let text = try #require("\(error)".firstMatch(of: /known: ([a-z0-9, ]+)/)?.output.1)
    return text.split(separator: ", ").map(String.init)
  }

  @Test(arguments: [
    "quadratic:", "least-squares:", "logistic:", "svm:", "mlp:4,", "factorization:2,",
  ])
  func `every key of a model`(_ model: String) throws {
    let text = try Self.section("### What a model takes")
    let keys = try Self.keys { _ = try ModelSpecification(model + "none=1") }
    #expect(keys.contains("l2"))
    for key in keys {
      #expect(text.contains("| `\(key)=") || text.contains(", `\(key)="), "\(model) \(key)")
    }
  }

  @Test(arguments: ["classification", "regression", "ratings"])
  func `every key of synthetic data`(_ task: String) throws {
    let text = try Self.section("### Synthetic data")
    let keys = try Self.keys { _ = try DataSpecification("synthetic:task=\(task),none=1") }
    #expect(keys.count >= 5)
    for key in keys { #expect(text.contains("| `\(key)="), "\(task) \(key)") }
  }

  @Test func `every law of delays`() throws {
    let text = try Self.section("## Delays set directly")
    for form in DelaySpecification.forms { #expect(text.contains("| `\(form)` |"), "\(form)") }
  }

  @Test func `the rate that every optimiser starts from`() throws {
    let text = try Self.section("### The learning rate")
    for rule in GradientRule.all {
      let example = rule.grammar == rule.name ? rule.name : "\(rule.name):0.5"
      let rates = try ["logistic", "factorization:2", "mlp:4"].map { model in
        var run = RunConfiguration(model: try ModelSpecification(model))
        run.optimizer = try OptimizerSpecification(example)
        run.schedule = .linear
        return "\(run.resolvedLearningRate)"
      }
      let row = "| `\(rule.grammar)` | \(rates.joined(separator: " | ")) |"
      #expect(text.contains(row), "\(row)")
    }
  }
}
