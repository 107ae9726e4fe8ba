import LockstepCore
import LockstepTelemetry

/// Two numbers, each pair from runs that agree in everything but what is compared.
public struct MatchedPairs: Equatable, Sendable {
  /// One pair.
  public struct Pair: Equatable, Sendable {
    /// The number from the first group.
    public var first: Double
    /// The number from the second group.
    public var second: Double
    /// The seed of both.
    public var seed: Int
  }

  /// The pairs, in the order of the first group.
  public let pairs: [Pair]
  /// How many runs, of both groups, have no partner or no number.
  public let unmatched: Int

  /// Compares two numbers within each of the runs, such as a penalty on two evaluation sets.
  public init(_ first: Metric, _ second: Metric, within runs: [StoredRun]) {
    pairs = runs.compactMap { run in
      guard let one = first.value(in: run), let other = second.value(in: run) else { return nil }
      return Pair(first: one, second: other, seed: run.seed)
    }
    unmatched = runs.count - pairs.count
  }

  /// Compares a number between two groups of runs.
  ///
  /// A run's partner is the run of the other group with the same part, the same seed and the same
  /// value of every axis but those in which the groups differ.
  ///
  /// - Parameters:
  ///   - metric: the number.
  ///   - first: the first group.
  ///   - second: the second group; where several of its runs match, the first of them is taken.
  ///   - axes: the axes in which the groups differ.
  public init(
    _ metric: Metric, of first: [StoredRun], and second: [StoredRun], apart axes: [String]
  ) {
    func key(_ run: StoredRun) -> [String] {
      let names = run.axes.keys.filter { !axes.contains($0) && $0 != "seed" }.sorted()
      return ["\(run.seed)", run.part ?? ""] + names.flatMap { [$0, run.axes[$0]?.spelling ?? ""] }
    }
    var partners: [[String]: Double] = [:]
    for run in second {
      guard let value = metric.value(in: run) else { continue }
      partners[key(run), default: value] = partners[key(run)] ?? value
    }
    pairs = first.compactMap { run in
      guard let value = metric.value(in: run), let partner = partners.removeValue(forKey: key(run))
      else { return nil }
      return Pair(first: value, second: partner, seed: run.seed)
    }
    unmatched = first.count + second.count - 2 * pairs.count
  }

  /// The median of `first / second`; `nil` without a pair in which the second isn't 0.
  ///
  /// The interval is a bootstrap over seeds where there are several, over pairs otherwise.
  public var ratio: Estimate? {
    estimate(pairs.filter { $0.second != 0 }.map { ($0.first / $0.second, $0.seed) })
  }

  /// The median of `first − second`; `nil` without pairs.
  ///
  /// The interval is a bootstrap over seeds where there are several, over pairs otherwise.
  public var difference: Estimate? {
    estimate(pairs.map { ($0.first - $0.second, $0.seed) })
  }

  private func estimate(_ values: [(value: Double, seed: Int)]) -> Estimate? {
    guard !values.isEmpty else { return nil }
    var clusters = Dictionary(grouping: values, by: \.seed).sorted { $0.key < $1.key }
      .map { $0.value.map(\.value) }
    if clusters.count == 1 { clusters = values.map { [$0.value] } }
    let (low, high) = Bootstrap.interval(count: clusters.count) { indices in
      Sample(indices.flatMap { clusters[$0] }).median
    }
    return Estimate(
      value: Sample(values.map(\.value)).median, low: low, high: high, count: values.count)
  }
}
