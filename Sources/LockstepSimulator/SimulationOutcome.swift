import LockstepTelemetry

/// What came of a simulated run; of replica 0 where there are several.
public struct SimulationOutcome<Scalar: Sendable>: Sendable {
  /// The parameters at the end, `[n]`.
  public var parameters: [Scalar]
  /// How it ended.
  public var status: RunStatus
  /// The number of updates made.
  public var updates: Int
  /// The number of examples processed; shared minibatches count once.
  public var samples: Int
  /// The virtual time it took; `nil` where delays are set directly and no time passes.
  public var virtualTime: Double?
  /// The losses; the curve's times are virtual.
  public var loss: LossRecord
  /// How stale the views were.
  public var staleness: StalenessRecord
  /// Shard copies made and torn.
  public var tornViews: TornViewsRecord
  /// Each worker's share, in virtual time.
  public var workers: [WorkerRecord]
  /// Averages over replicas.
  public var ensemble: EnsembleRecord
  /// Who kept the others waiting for ever, where the status is `stalled`.
  public var stall: StallRecord?
  /// Every iteration, in the law's unit of time; `nil` unless asked for.
  public var trace: Trace?
}
