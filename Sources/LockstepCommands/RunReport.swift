import Foundation
import Lockstep

/// A run record as a person reads it.
struct RunReport {
  private let record: RunRecord
  private let dataName: String?

  init(_ record: RunRecord, dataName: String?) {
    self.record = record
    self.dataName = dataName
  }

  var text: String {
    [heading, losses, speed, staleness, workers, curve].filter { !$0.isEmpty }
      .joined(separator: "\n")
  }

  private func option(_ name: String) -> String {
    switch record.configuration[name] ?? .null {
    case .text(let value): value
    case .integer(let value): "\(value)"
    case .number(let value): Format.number(value)
    case .null: "–"
    }
  }

  private var heading: String {
    let data = dataName.map { " on \($0)" } ?? ""
    let batch = option("batch") == "–" ? "" : ", batch \(option("batch"))"
    let falling = option("schedule") == RateSchedule.linear.rawValue ? " falling to 0" : ""
    return """
      \(option("model"))\(data), \(Format.count(record.parameterCount)) parameters
      \(option("policy")), \(option("decomposition")), \(record.workers.count) \
      \(record.workers.count == 1 ? "worker" : "workers"), \(option("optimizer")) at rate \
      \(option("learningRate"))\(falling)\(batch), \(option("precision")), seed \(option("seed"))
      \(record.status.rawValue) after \(Format.count(record.updates)) updates, \
      \(Format.count(record.samples)) samples, \(Format.seconds(record.wallSeconds))

      """
  }

  private var losses: String {
    var line =
      "loss        \(Format.number(record.loss.initial)) → \(Format.number(record.loss.final))"
    if let heldOut = record.loss.heldout { line += ", held out \(Format.number(heldOut))" }
    if let accuracy = record.loss.accuracy {
      let set = record.loss.heldout == nil ? "training" : "held-out"
      line += ", \(set) accuracy \(Format.percent(accuracy))"
    }
    return line + "\n"
  }

  private var speed: String {
    let throughput = record.throughput
    return """
      throughput  \(Format.rate(throughput.updatesPerSecond))updates/s, \
      \(Format.rate(throughput.samplesPerSecond))samples/s

      """
  }

  private var staleness: String {
    let staleness = record.staleness
    var lines: String
    if staleness.mean == nil {
      lines = "staleness   – (nobody else updates)\n"
    } else {
      lines =
        "staleness   mean \(Format.number(staleness.mean)), median "
        + "\(Format.number(staleness.p50)), 90 % \(Format.number(staleness.p90)), "
        + "99 % \(Format.number(staleness.p99)), max \(Format.number(staleness.max))"
      if staleness.sampledEvery > 1 {
        lines += " (one iteration in \(staleness.sampledEvery) looked at)"
      }
      lines += "\n"
    }
    if let reads = record.tornViews.reads, let torn = record.tornViews.torn {
      lines +=
        "torn views  \(Format.count(Int(torn))) of \(Format.count(Int(reads))) shard copies\n"
    }
    return lines
  }

  private var workers: String {
    var rows = [
      ["worker", "core", "updates", "compute", "read", "apply", "wait", "parks"]
    ]
    for (worker, place) in zip(record.workers, record.placement) {
      let total =
        worker.computeSeconds + worker.readSeconds + worker.applySeconds + worker.waitSeconds
      func share(_ part: Double) -> String { total > 0 ? Format.percent(part / total) : "–" }
      rows.append([
        "\(worker.worker)",
        place.os.isEmpty ? "any" : place.os.map(String.init).joined(separator: ","),
        Format.count(worker.updates), share(worker.computeSeconds), share(worker.readSeconds),
        share(worker.applySeconds), share(worker.waitSeconds), Format.count(worker.parks),
      ])
    }
    var text = Format.table(rows)
    if record.oversubscribed {
      text +=
        "More workers than processing units: times and staleness measure the operating system's "
        + "scheduler, not the policy.\n"
    }
    return text
  }

  private var curve: String {
    guard record.loss.curve.count > 2 else { return "" }
    var rows = [["updates", "seconds", "loss"]]
    for point in record.loss.curve {
      rows.append([
        Format.count(point.update), String(format: "%.3f", point.time), Format.number(point.loss),
      ])
    }
    return Format.table(rows)
  }
}
