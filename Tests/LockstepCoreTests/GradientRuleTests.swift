import Foundation
import LockstepCore
import Testing

@Suite struct `The gradient rules` {
  @Test func `are listed once each, with all there is to say of them`() throws {
    let names = GradientRule.all.map(\.name)
    #expect(Set(names).count == names.count && names.first == "sgd")
    for rule in GradientRule.all {
      #expect((0...2).contains(rule.statePerParameter), "\(rule.name)")
      #expect(!rule.formula.isEmpty && !rule.source.isEmpty, "\(rule.name)")
      let example = rule.grammar == rule.name ? rule.name : "\(rule.name):0.5"
      let specification = try OptimizerSpecification(example)
      #expect(specification.rule == rule)
      #expect(specification.specification == example)
      var run = RunConfiguration(model: try ModelSpecification("quadratic:dimension=2"))
      run.optimizer = specification
      #expect(run.resolvedLearningRate > 0 && run.resolvedLearningRate <= 0.1)
    }
  }

  @Test func `stand in the documents as in their files`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "Documentation/Semantics.md"), encoding: .utf8)
    for rule in GradientRule.all {
      let row = "| `\(rule.grammar)` | \(rule.formula) | \(rule.constants) | \(rule.source) |"
      #expect(text.contains(row), "\(row)")
    }
  }

  @Test func `take their usual number where none is given`() throws {
    for (text, written) in [("adamw", "adamw:0.01"), ("lion", "lion:0.0"), ("sgd", "sgd")] {
      #expect(try OptimizerSpecification(text).specification == written)
    }
    #expect(OptimizerSpecification.grammar.hasSuffix("adam, adamw[:DECAY] or lion[:DECAY]"))
  }

  @Test(
    arguments: [
      ("momentum:0.9", "factorization:4", nil, 0.02), ("sgd", "factorization:4", nil, 0.02),
      ("adam", "factorization:4", nil, 0.001), ("sgd", "mlp:8", "constant", 0.1),
      ("sgd", "mlp:8", "linear", 0.2), ("sgd", "mlp:8", "warmup:5+cosine", 0.2),
      ("momentum:0.9", "mlp:8", "linear", 0.01), ("adagrad", "mlp:8", nil, 0.01),
      ("sgd", "logistic", "linear", 0.1), ("lion", "mlp:8", nil, 0.0001),
    ] as [(String, String, String?, Double)])
  func `start from the rate that suits them`(
    rule: String, model: String, schedule: String?, rate: Double
  ) throws {
    var run = RunConfiguration(model: try ModelSpecification(model))
    run.optimizer = try OptimizerSpecification(rule)
    run.schedule = try schedule.map { text throws in try RateSchedule(text) }
    #expect(run.resolvedLearningRate == rate)
  }
}
