import LockstepTelemetry

/// What the speed of runs is counted in, so that their numbers can be compared.
///
/// Under one policy that is updates. Between policies an update is not the same work: a joint update counts once for all
/// workers. Then speed is counted in samples, and for models without data in gradients.
public enum SpeedUnit: String, Sendable {
  /// Updates, as the record counts them.
  case updates
  /// Examples processed.
  case samples
  /// Iterations of all workers.
  case gradients

  /// The unit in which some runs can be compared.
  public init(comparing runs: [StoredRun]) {
    let policies = Set(runs.map { $0.option("policy")?.spelling ?? "" })
    self =
      policies.count < 2
      ? .updates : runs.contains { $0.record.samples > 0 } ? .samples : .gradients
  }

  /// A run's speed: per second on threads, per unit of time in virtual time, and `nil` where no time passes.
  public func speed(of record: RunRecord) -> Double? {
    switch self {
    case .updates: record.throughput.updatesPerSecond
    case .samples: record.throughput.samplesPerSecond
    case .gradients:
      record.throughput.updatesPerSecond.flatMap { rate in
        let gradients = record.workers.reduce(0) { $0 + $1.updates }
        return record.updates > 0 ? rate * Double(gradients) / Double(record.updates) : nil
      }
    }
  }
}
