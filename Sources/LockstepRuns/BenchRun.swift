import LockstepTelemetry

/// What one measured run gave: the figures of its record that a benchmark is about.
public struct BenchRun: Equatable, Sendable {
  /// The shares of the workers' time, together 1; `nil` where no time was measured.
  public struct Split: Codable, Equatable, Sendable {
    /// Gradients.
    @ExplicitNull public var compute: Double?
    /// Copying views.
    @ExplicitNull public var read: Double?
    /// Applying updates.
    @ExplicitNull public var apply: Double?
    /// Waiting for other workers.
    @ExplicitNull public var wait: Double?

    /// Creates shares.
    public init(compute: Double?, read: Double?, apply: Double?, wait: Double?) {
      self.compute = compute
      self.read = read
      self.apply = apply
      self.wait = wait
    }
  }

  /// The configuration's place in the plan.
  public var configuration: Int
  /// The repetition, from 0.
  public var repetition: Int
  /// How the run ended.
  public var status: RunStatus
  /// The number of updates made.
  public var updates: Int
  /// The number of examples processed.
  public var samples: Int
  /// The time the workers ran.
  public var wallSeconds: Double
  /// The processor time of the process meanwhile.
  public var cpuSeconds: Double
  /// The shares of the workers' time.
  public var split: Split
  /// The mean staleness.
  public var stalenessMean: Double?
  /// The 99th percentile of the staleness.
  public var staleness99: Double?
  /// The training loss after the last update; `nil` if it isn't a finite number.
  public var loss: Double?
  /// The share classified right.
  public var accuracy: Double?

  /// Takes the figures from a record.
  ///
  /// - Parameters:
  ///   - record: the run's record.
  ///   - configuration: the configuration's place in the plan.
  ///   - repetition: the repetition, from 0.
  public init(_ record: RunRecord, configuration: Int, repetition: Int) {
    self.configuration = configuration
    self.repetition = repetition
    status = record.status
    updates = record.updates
    samples = record.samples
    wallSeconds = record.wallSeconds
    cpuSeconds = record.cpuSeconds
    let compute = record.workers.map(\.computeSeconds).reduce(0, +)
    let read = record.workers.map(\.readSeconds).reduce(0, +)
    let apply = record.workers.map(\.applySeconds).reduce(0, +)
    let wait = record.workers.map(\.waitSeconds).reduce(0, +)
    let total = compute + read + apply + wait
    split =
      total > 0
      ? Split(
        compute: compute / total, read: read / total, apply: apply / total, wait: wait / total)
      : Split(compute: nil, read: nil, apply: nil, wait: nil)
    stalenessMean = record.staleness.mean
    staleness99 = record.staleness.p99
    loss = record.loss.final.flatMap { $0.isFinite ? $0 : nil }
    accuracy = record.loss.accuracy.flatMap { $0.isFinite ? $0 : nil }
  }

  /// Updates per second; `nil` where no time passed.
  public var updatesPerSecond: Double? {
    wallSeconds > 0 ? Double(updates) / wallSeconds : nil
  }

  /// Examples per second; `nil` where no time passed or the model has no data.
  public var samplesPerSecond: Double? {
    wallSeconds > 0 && samples > 0 ? Double(samples) / wallSeconds : nil
  }
}
