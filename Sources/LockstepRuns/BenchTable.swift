/// The raw runs of a benchmark as comma-separated values, one line a run, in the order they ran.
public enum BenchTable {
  /// The columns.
  public static let columns = [
    "model", "data", "policy", "decomposition", "workers", "pin", "repetition", "status",
    "oversubscribed", "updates", "samples", "wallSeconds", "cpuSeconds", "updatesPerSecond",
    "samplesPerSecond", "compute", "read", "apply", "wait", "stalenessMean", "stalenessP99",
    "loss", "accuracy",
  ]

  /// Writes the runs; a figure that cannot be had is an empty field.
  public static func csv(_ outcome: BenchMeasurement.Outcome) -> String {
    var lines = [columns.joined(separator: ",")]
    for run in outcome.runs {
      let configuration = outcome.configurations[run.configuration]
      let model = configuration.model.specification
      let names = [
        model, outcome.dataNames[model] ?? "", configuration.policy.specification,
        configuration.decomposition.rawValue, "\(configuration.workers)", configuration.resolvedPin,
        "\(run.repetition)", run.status.rawValue, "\(outcome.oversubscribed[run.configuration])",
        "\(run.updates)", "\(run.samples)",
      ]
      let numbers: [Double?] = [
        run.wallSeconds, run.cpuSeconds, run.updatesPerSecond, run.samplesPerSecond,
        run.split.compute, run.split.read, run.split.apply, run.split.wait, run.stalenessMean,
        run.staleness99, run.loss, run.accuracy,
      ]
      lines.append(
        (names.map(quoted)
          + numbers.map { number in number.flatMap { $0.isFinite ? "\($0)" : nil } ?? "" })
          .joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A field, in quotation marks if it holds what separates fields.
  private static func quoted(_ field: String) -> String {
    let needsQuotes = field.contains { $0 == "," || $0 == "\"" || $0.isNewline }
    guard needsQuotes else { return field }
    let doubled = field.map { $0 == "\"" ? "\"\"" : String($0) }.joined()
    return "\"\(doubled)\""
  }
}
