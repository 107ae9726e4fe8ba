import Foundation
import Lockstep

/// The result of a benchmark as a person reads it, within 120 columns.
struct BenchReport {
  private let document: BenchDocument

  init(_ document: BenchDocument) { self.document = document }

  var text: String {
    [heading, tables, notes, limits].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The load average per processing unit below which a machine counts as quiet.
  private static let quietLoad = 0.25

  private var heading: String {
    let plan = document.plan
    let machine = document.machine
    let length: String
    if let updates = plan.updates {
      length = NumberText.counted(updates, "update")
    } else if let epochs = plan.epochs {
      length = "\(Format.number(epochs)) \(epochs == 1 ? "epoch" : "epochs")"
    } else {
      length = "about \(Format.seconds(plan.seconds ?? 0))"
    }
    let times = plan.runs == 1 ? "1 run" : "\(plan.runs) interleaved runs"
    let ending = document.status == .interrupted ? ", interrupted" : ""
    return """
      \(machine.processor), \(NumberText.counted(machine.cores, "core")), \
      \(NumberText.counted(machine.processingUnits, "processing unit"))
      \(times) of \(length) each, \(plan.optimizer), batch \(plan.batch), \
      \(plan.precision)\(ending)

      """
  }

  private var tables: String {
    func title(_ summary: BenchSummary) -> String {
      let data = summary.data.map { " on \($0)" } ?? ""
      return "\(summary.model)\(data), \(summary.decomposition), pinned \(summary.pin)"
    }
    return document.configurations.grouped(by: title).map { group in
      "\(title(group[0]))\n" + Format.table([Self.columns] + group.map(Self.row))
    }.joined(separator: "\n")
  }

  private static let columns = [
    "policy", "workers", "updates/s", "samples/s", "speed-up", "compute", "read", "apply", "wait",
    "τ mean", "τ 99 %", "loss", "accuracy",
  ]

  private static func row(_ summary: BenchSummary) -> [String] {
    let split = summary.split
    let mark = summary.oversubscribed ? "*" : ""
    return [
      summary.policy, "\(summary.workers)\(mark)", rate(summary.updatesPerSecond),
      rate(summary.samplesPerSecond), speedup(summary.speedup), share(split.compute),
      share(split.read), share(split.apply), share(split.wait),
      staleness(summary.staleness.mean), staleness(summary.staleness.p99),
      summary.diverged > 0 ? "diverged" : Format.number(summary.loss),
      Format.percent(summary.accuracy),
    ]
  }

  private static func rate(_ estimate: BenchEstimate?) -> String {
    guard let estimate else { return "–" }
    return Format.rate(estimate.median) + uncertainty(estimate)
  }

  private static func speedup(_ estimate: BenchEstimate?) -> String {
    guard let estimate, let median = estimate.median else { return "–" }
    let isReference = estimate.samples.allSatisfy { $0 == 1 }
    return String(format: median < 100 ? "%.2f" : "%.0f", median)
      + (isReference ? "" : uncertainty(estimate))
  }

  /// Nothing where a single run leaves nothing to say.
  private static func uncertainty(_ estimate: BenchEstimate) -> String {
    guard estimate.samples.count > 1, let share = estimate.relativeUncertainty else { return "" }
    return " ±\(Int((share * 100).rounded(.up)))%"
  }

  private static func share(_ value: Double?) -> String {
    guard let value else { return "–" }
    return String(format: "%.0f%%", value * 100)
  }

  private static func staleness(_ value: Double?) -> String {
    guard let value else { return "–" }
    return value == value.rounded() ? Format.count(Int(value)) : Format.number(value)
  }

  private var notes: String {
    var lines: [String] = []
    if document.plan.runs > 1 {
      lines.append(
        "±: how far the farther end of the \(uncertaintyWords) lies from the median. Speed-up: work "
          + "per second over one worker's.")
    }
    if document.plan.seconds != nil {
      lines.append(
        "Losses are after as many updates as fit into the time; to compare them, give --epochs.")
    }
    let load = document.loadAverage ?? 0
    if load > Self.quietLoad * Double(max(1, document.machine.processingUnits)) {
      lines.append(
        "Other programs were at work when this began (load average \(Format.number(load))): rates "
          + "are too low, and waits too long.")
    }
    if document.configurations.contains(where: \.oversubscribed) {
      lines.append(
        "* More workers than processing units: these figures measure the operating system's "
          + "scheduler, not the policy.")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// What is behind the signs ±.
  private var uncertaintyWords: String {
    document.plan.runs < Intervals.fewestForMedian
      ? "range of the \(document.plan.runs) runs"
      : "interval that covers the median in 95 % of all cases or more"
  }

  private var limits: String {
    guard !document.limits.isEmpty else { return "" }
    var rows = [
      ["workers", "pinned", "copy", "matrix product", "barrier round", "parking at once"]
    ]
    for limit in document.limits {
      rows.append([
        "\(limit.workers)", limit.pin, Format.rate(limit.copyBytesPerSecond, "B/s"),
        Format.rate(limit.multiplyOperationsPerSecond, "FLOP/s"),
        Self.nanoseconds(limit.barrierNanoseconds),
        Self.nanoseconds(limit.barrierParkedNanoseconds),
      ])
    }
    return "Limits of the same cores, all at work at once\n" + Format.table(rows)
  }

  private static func nanoseconds(_ value: Double?) -> String {
    value.map { Format.seconds($0 * 1e-9) } ?? "–"
  }
}
