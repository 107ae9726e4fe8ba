import Foundation
import Lockstep

/// The result of `lockstep noise` as a person reads it, within 120 columns.
struct NoiseReport {
  private let document: NoiseDocument
  private let dataName: String?

  init(_ document: NoiseDocument, dataName: String?) {
    self.document = document
    self.dataName = dataName
  }

  var text: String {
    let parts = [heading, NoisePenaltyTable(document.summary).long, reading].filter { !$0.isEmpty }
    return parts.joined(separator: "\n")
  }

  private func option(_ name: String) -> String {
    Format.option(document.configuration[name] ?? .null)
  }

  private var heading: String {
    let data = dataName.map { " on \($0)" } ?? ""
    let batch = option("batch") == "–" ? "" : ", batch \(option("batch"))"
    let gate =
      option("delay") == "–"
      ? option("policy") : "delay \(option("delay")) per \(option("delayPer"))"
    let place = option("engine") == EngineChoice.virtual.rawValue ? " in virtual time" : ""
    var lines = """
      \(option("model"))\(data)
      \(gate)\(place), \(option("decomposition")), \(option("workers")) \
      \(option("workers") == "1" ? "worker" : "workers"), \(option("optimizer")) at rate \
      \(option("learningRate"))\(batch), \(option("precision"))

      """
    for run in document.runs {
      let probes = Set(run.noise.map(\.update)).count
      lines +=
        "seed \(run.seed): \(run.status.rawValue) after "
        + "\(NumberText.counted(run.updates, "update")), loss "
        + "\(Format.number(run.loss.initial)) → \(Format.number(run.loss.final)), "
        + "\(NumberText.counted(probes, "probe"))\n"
    }
    return lines
  }

  /// What the tables say, in a sentence for each number of shards.
  private var reading: String {
    var shards: [Int] = []
    for summary in document.summary where !shards.contains(summary.shards) {
      shards.append(summary.shards)
    }
    var sentences: [String] = []
    for count in shards where count > 1 {
      if let sentence = sentence(
        "interaction", count, "With \(NumberText.counted(count, "shard")), interaction")
      {
        sentences.append(sentence)
      }
    }
    let staleness = document.summary.first {
      $0.measure == "staleness" && ($0.mean ?? 0) != 0
    }
    if let staleness, let sentence = sentence("staleness", staleness.shards, "Staleness") {
      sentences.append(sentence)
    }
    return sentences.map { Format.wrapped($0) }.joined()
  }

  private func sentence(_ measure: String, _ shards: Int, _ subject: String) -> String? {
    func share(_ set: String) -> String? {
      document.summary.penalty(measure, set, shards)?.relative.map { NoiseLabels.percent($0) }
    }
    guard let current = share("current") else { return nil }
    let verb = "\(subject) costs \(current) of the promised decrease"
    let isBatch = document.summary.contains { $0.set == "other" }
    guard isBatch else { return verb + "." }
    let others = [("on another", share("other")), ("held out", share("heldout"))]
      .compactMap { name, value in value.map { "\($0) \(name)" } }
    return ([verb + " on the current batch"] + others).joined(separator: ", ") + "."
  }
}
