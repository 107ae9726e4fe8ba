import LockstepCore
import LockstepTelemetry

/// What the runs of one configuration say together.
public struct BenchSummary: Codable, Equatable, Sendable {
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
  }

  /// The median staleness figures of the runs.
  public struct Staleness: Codable, Equatable, Sendable {
    /// The mean.
    @ExplicitNull public var mean: Double?
    /// The 99th percentile.
    @ExplicitNull public var p99: Double?
  }

  /// The model.
  public var model: String
  /// What it was trained on, for a person; `null` for a model without data.
  @ExplicitNull public var data: String?
  /// The policy.
  public var policy: String
  /// What the workers divide.
  public var decomposition: String
  /// The number of workers.
  public var workers: Int
  /// Where they are pinned.
  public var pin: String
  /// Updates per second.
  @ExplicitNull public var updatesPerSecond: BenchEstimate?
  /// Examples per second; `null` for a model without data.
  @ExplicitNull public var samplesPerSecond: BenchEstimate?
  /// How much faster than one worker of the same model, policy, decomposition and pin; `null` where
  /// that was not measured.
  @ExplicitNull public var speedup: BenchEstimate?
  /// The median shares of the workers' time.
  public var split: Split
  /// The median staleness.
  public var staleness: Staleness
  /// The median final training loss.
  @ExplicitNull public var loss: Double?
  /// The median accuracy.
  @ExplicitNull public var accuracy: Double?
  /// The number of updates of a run.
  @ExplicitNull public var updates: Double?
  /// How many of the runs diverged.
  public var diverged: Int
  /// Whether there are more workers than processing units.
  public var oversubscribed: Bool

  /// Sums up every configuration.
  ///
  /// - Parameters:
  ///   - runs: the complete runs, as the plan has them.
  ///   - dataNames: what each model is trained on, for a person, by the model's specification.
  /// - Returns: the configurations of which at least one run is complete, in the plan's order.
  public static func of(_ runs: [StoredRun], dataNames: [String: String]) -> [BenchSummary] {
    let alone = Dictionary(
      grouping: runs.filter { $0.axes["workers"] == .integer(1) },
      by: { $0.axes.setting(without: "workers") })
    return runs.grouped { $0.axes.setting() }.map { group in
      BenchSummary(
        group, alone: alone[group[0].axes.setting(without: "workers")] ?? [], dataNames)
    }
  }

  private init(_ runs: [StoredRun], alone: [StoredRun], _ dataNames: [String: String]) {
    let records = runs.map(\.record)
    func option(_ name: String) -> String { records[0].configuration[name]?.text ?? "" }
    func median(_ figure: (RunRecord) -> Double?) -> Double? {
      Sample.median(ofFinite: records.map(figure))
    }
    func share(_ part: Int) -> Double? { median { $0.workers.timeShares?[part] } }
    model = option("model")
    data = dataNames[model]
    policy = option("policy")
    decomposition = option("decomposition")
    workers = Int(option("workers")) ?? 0
    pin = option("pin")
    updatesPerSecond = BenchEstimate(records.compactMap(\.throughput.updatesPerSecond))
    samplesPerSecond = BenchEstimate(
      records.filter { $0.samples > 0 }.compactMap(\.throughput.samplesPerSecond))
    speedup = BenchEstimate(
      ratioOf: runs.compactMap { run in
        guard let partner = alone.first(where: { $0.repetition == run.repetition }),
          let rate = Self.workRate(run.record), let base = Self.workRate(partner.record)
        else { return nil }
        return (rate, base)
      })
    split = Split(compute: share(0), read: share(1), apply: share(2), wait: share(3))
    staleness = Staleness(mean: median(\.staleness.mean), p99: median(\.staleness.p99))
    loss = median(\.loss.final)
    accuracy = median(\.loss.accuracy)
    updates = median { Double($0.updates) }
    diverged = records.count { $0.status == .diverged }
    oversubscribed = records[0].oversubscribed
  }

  /// The work a run did per second, comparable between numbers of workers.
  ///
  /// Examples, where there is data: an update of `blocks` is a part of a step, and a joint one
  /// takes a minibatch from every worker, so updates are not alike. Without data, passes over the
  /// parameters, or updates where each is a whole pass.
  private static func workRate(_ record: RunRecord) -> Double? {
    if record.samples > 0 { return record.throughput.samplesPerSecond }
    let isShared = record.configuration["decomposition"] == .text("blocks")
    return record.throughput.updatesPerSecond.map {
      $0 / (isShared ? Double(max(1, record.workers.count)) : 1)
    }
  }
}
