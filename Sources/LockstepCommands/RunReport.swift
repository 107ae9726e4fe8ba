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
    [heading, stall, losses, speed, staleness, ensemble, noise, workers, curve].filter {
      !$0.isEmpty
    }
    .joined(separator: "\n")
  }

  private func option(_ name: String) -> String {
    Format.option(record.configuration[name] ?? .null)
  }

  private var heading: String {
    let data = dataName.map { " on \($0)" } ?? ""
    let batch = option("batch") == "–" ? "" : ", batch \(option("batch"))"
    let schedule = option("schedule")
    let falling =
      schedule == RateSchedule.linear.specification
      ? " falling to 0" : schedule == RateSchedule.constant.specification ? "" : " (\(schedule))"
    let clipped = option("clip") == "–" ? "" : ", gradients clipped to norm \(option("clip"))"
    return """
      \(option("model"))\(data), \(NumberText.counted(record.parameterCount, "parameter"))
      \(gate), \(option("decomposition")), \
      \(NumberText.counted(record.workers.count, "worker")), \(option("optimizer")) at rate \
      \(option("learningRate"))\(falling)\(clipped)\(batch), \(option("precision")), seed \(option("seed"))
      \(record.status.rawValue) after \(NumberText.counted(record.updates, "update"))\(missed)\
      \(samples), \(duration)

      """
  }

  /// Where the target was still missed: it was reached somewhere between there and the end.
  private var missed: String {
    record.loss.targetMissedAt.map { " (missed at \(Format.count($0)))" } ?? ""
  }

  /// The examples that were processed, where the model has data.
  private var samples: String {
    dataName == nil ? "" : ", \(NumberText.counted(record.samples, "sample"))"
  }

  private var isVirtual: Bool { option("engine") == EngineChoice.virtual.rawValue }

  /// What decides how stale a view is.
  private var gate: String {
    guard isVirtual else { return option("policy") }
    guard option("delay") != "–" else {
      return "\(option("policy")) in virtual time, service \(option("service"))"
    }
    return "delay \(option("delay")) per \(option("delayPer"))"
  }

  private var duration: String {
    let host = Format.seconds(record.wallSeconds)
    guard isVirtual else { return host }
    guard let time = record.virtualTime else { return "simulated in \(host)" }
    return "\(Format.number(time)) units of time, simulated in \(host)"
  }

  private var stall: String {
    guard let stall = record.stall else { return "" }
    return "stalled     worker \(stall.worker) crashed at \(Format.number(stall.crashedAt)); since "
      + "\(Format.number(stall.since)) all others (\(stall.waiting)) wait for it\n"
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
    if isVirtual, record.virtualTime == nil { return "" }
    let each = isVirtual ? "" : "/s"
    var line = "throughput  \(Format.rate(record.throughput.updatesPerSecond, "updates\(each)"))"
    if dataName != nil {
      line += ", \(Format.rate(record.throughput.samplesPerSecond, "samples\(each)"))"
    }
    return line + (isVirtual ? " per unit of time\n" : "\n")
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
        "torn views  \(Format.count(Int(torn))) of "
        + "\(NumberText.counted(Int(reads), "shard copy", "shard copies"))\n"
    }
    return lines
  }

  private var ensemble: String {
    let ensemble = record.ensemble
    guard let square = ensemble.stationaryMeanSquare else { return "" }
    var line = "mean square \(Format.number(square))"
    if let error = ensemble.stationaryMeanSquareError { line += " ± \(Format.number(error))" }
    line += " over \(NumberText.counted(ensemble.replicas, "replica"))\n"
    if let reason = ensemble.stationaryMeanSquareErrorReason {
      line += Format.wrapped("no standard error: \(reason)")
    }
    return line
  }

  private var noise: String {
    guard !record.noise.isEmpty else { return "" }
    let time = record.noiseSeconds.map { ", which took \(Format.seconds($0))" } ?? ""
    // Only means are shown: intervals are what `lockstep noise` is for.
    let summary = NoiseSummary.summaries(of: [record.noise])
    let probes = Set(record.noise.map(\.update)).count
    return "noise       \(NumberText.counted(probes, "probe"))\(time)\n"
      + NoisePenaltyTable(summary).short
  }

  private var workers: String {
    // Nobody's time is known where delays are set directly.
    guard option("delay") == "–" else { return "" }
    var text = Format.table(WorkerTable.rows(record))
    if record.oversubscribed {
      text +=
        "More workers than processing units: times and staleness measure the operating system's "
        + "scheduler, not the policy.\n"
    }
    return text
  }

  private var curve: String {
    guard record.loss.curve.count > 2 else { return "" }
    // Where delays are set directly, no time passes.
    let hasTime = !isVirtual || record.virtualTime != nil
    var rows = [["updates"] + (hasTime ? [isVirtual ? "time" : "seconds"] : []) + ["loss"]]
    for point in record.loss.curve {
      rows.append(
        [Format.count(point.update)] + (hasTime ? [String(format: "%.3f", point.time)] : [])
          + [Format.number(point.loss)])
    }
    return Format.table(rows)
  }
}
