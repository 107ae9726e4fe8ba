import LockstepCore
import LockstepTelemetry

/// What the runs of one configuration say together.
public struct BenchSummary: Codable, Equatable, Sendable {
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
  @NullIfMissing public var data: String?
  /// The policy.
  public var policy: String
  /// What the workers divide.
  public var decomposition: String
  /// The number of workers.
  public var workers: Int
  /// Where they are pinned.
  public var pin: String
  /// Updates per second.
  @NullIfMissing public var updatesPerSecond: BenchEstimate?
  /// Examples per second; `null` for a model without data.
  @NullIfMissing public var samplesPerSecond: BenchEstimate?
  /// How much faster than one worker of the same model, policy, decomposition and pin; `null` where
  /// that was not measured.
  @NullIfMissing public var speedup: BenchEstimate?
  /// The median shares of the workers' time.
  public var split: BenchRun.Split
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

  /// Sums up the runs of one configuration.
  ///
  /// - Parameters:
  ///   - index: the configuration's place among the outcome's.
  ///   - outcome: what was measured.
  init(_ index: Int, of outcome: BenchMeasurement.Outcome) {
    let configuration = outcome.configurations[index]
    let runs = outcome.runs(of: index)
    model = configuration.model.specification
    data = outcome.dataNames[model]
    policy = configuration.policy.specification
    decomposition = configuration.decomposition.rawValue
    workers = configuration.workers
    pin = configuration.resolvedPin
    updatesPerSecond = BenchEstimate(runs.compactMap(\.updatesPerSecond))
    samplesPerSecond = BenchEstimate(runs.compactMap(\.samplesPerSecond))
    speedup = outcome.speedup(of: index)
    split = BenchRun.Split(
      compute: Self.median(runs.map(\.split.compute)), read: Self.median(runs.map(\.split.read)),
      apply: Self.median(runs.map(\.split.apply)), wait: Self.median(runs.map(\.split.wait)))
    staleness = Staleness(
      mean: Self.median(runs.map(\.stalenessMean)), p99: Self.median(runs.map(\.staleness99)))
    loss = Self.median(runs.map(\.loss))
    accuracy = Self.median(runs.map(\.accuracy))
    updates = Self.median(runs.map { Double($0.updates) })
    diverged = runs.count { $0.status == .diverged }
    oversubscribed = outcome.oversubscribed[index]
  }

  private static func median(_ values: [Double?]) -> Double? {
    let values = values.compactMap { $0 }.filter(\.isFinite)
    return values.isEmpty ? nil : Sample(values).median
  }
}

extension BenchMeasurement.Outcome {
  /// The configurations of which at least one run is complete, summed up, in the plan's order.
  public var summaries: [BenchSummary] {
    configurations.indices.filter { !runs(of: $0).isEmpty }.map { BenchSummary($0, of: self) }
  }

  /// The complete runs of one configuration, by repetition.
  func runs(of index: Int) -> [BenchRun] {
    runs.filter { $0.configuration == index }.sorted { $0.repetition < $1.repetition }
  }

  /// How much faster a configuration is than its like with one worker.
  func speedup(of index: Int) -> BenchEstimate? {
    let configuration = configurations[index]
    let reference = configurations.firstIndex { other in
      other.workers == 1 && other.model == configuration.model && other.pin == configuration.pin
        && other.decomposition == configuration.decomposition
        && other.policy.specification == configuration.policy.specification
    }
    guard let reference else { return nil }
    let alone = runs(of: reference)
    var pairs: [(Double, Double)] = []
    for run in runs(of: index) {
      guard let partner = alone.first(where: { $0.repetition == run.repetition }),
        let rate = workRate(run), let base = workRate(partner)
      else { continue }
      pairs.append((rate, base))
    }
    return BenchEstimate(ratioOf: pairs.map(\.0), to: pairs.map(\.1))
  }

  /// The work a run did per second, comparable between numbers of workers.
  ///
  /// Examples, where there is data: an update of `blocks` is a part of a step, and a joint one
  /// takes a minibatch from every worker, so updates are not alike. Without data, passes over the
  /// parameters, or updates where each is a whole pass.
  private func workRate(_ run: BenchRun) -> Double? {
    if let samples = run.samplesPerSecond { return samples }
    let configuration = configurations[run.configuration]
    let updatesPerPass =
      configuration.decomposition == .blocks ? Double(configuration.workers) : 1
    return run.updatesPerSecond.map { $0 / updatesPerPass }
  }
}
