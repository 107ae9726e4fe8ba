import LockstepCore

/// The distribution of the staleness τ.
public struct StalenessRecord: Codable, Equatable, RecordObject {
  /// The mean.
  public var mean: Double?
  /// The largest.
  public var max: Double?
  /// The median.
  public var p50: Double?
  /// The 90th percentile.
  public var p90: Double?
  /// The 99th percentile.
  public var p99: Double?
  /// Pairs of a staleness and how often it was seen, ascending.
  public var histogram: [[Int]] = []
  /// One iteration in how many was looked at.
  public var sampledEvery = 1

  package static let fields = RecordTable<StalenessRecord>([
    RecordField(
      "mean", \.mean, .null, "The mean.", metric: "mean staleness τ", unit: "updates"),
    RecordField(
      "max", \.max, .null, "The largest.", metric: "largest staleness τ", unit: "updates"),
    RecordField(
      "p50", \.p50, .null, "The median.", metric: "median staleness τ", unit: "updates"),
    RecordField(
      "p90", \.p90, .null, "The 90th percentile.", metric: "90th percentile of staleness τ",
      unit: "updates"),
    RecordField(
      "p99", \.p99, .null, "The 99th percentile.", metric: "99th percentile of staleness τ",
      unit: "updates"),
    RecordField(
      "histogram", \.histogram, "Pairs of a staleness and how often it was seen, ascending."),
    RecordField(
      "sampledEvery", \.sampledEvery, "One iteration in how many was looked at; 1 for all."),
  ])

  package init() {}

  /// Creates a record.
  public init(
    mean: Double?, max: Double?, p50: Double?, p90: Double?, p99: Double?, histogram: [[Int]],
    sampledEvery: Int
  ) {
    self.mean = mean
    self.max = max
    self.p50 = p50
    self.p90 = p90
    self.p99 = p99
    self.histogram = histogram
    self.sampledEvery = sampledEvery
  }
}

/// How many shard copies were made, and during how many the shard was being updated.
public struct TornViewsRecord: Codable, Equatable, RecordObject {
  /// Shard copies; `nil` where the model is updated in place, without a view.
  public var reads: Double?
  /// Torn ones.
  public var torn: Double?

  package static let fields = RecordTable<TornViewsRecord>([
    RecordField(
      "reads", \.reads, .null,
      "The number of copies of a shard; none where the model is updated in place, without views.",
      metric: "shard copies"),
    RecordField(
      "torn", \.torn, .null, "Those during which the shard's version moved.",
      metric: "torn shard copies"),
  ])

  package init() {}

  /// Creates a record.
  public init(reads: Int?, torn: Int?) {
    self.reads = reads.map(Double.init)
    self.torn = torn.map(Double.init)
  }
}
