import LockstepCore

/// Averages over replicas.
public struct EnsembleRecord: Codable, Equatable, RecordObject {
  /// One point of the replica mean.
  public struct Point: Codable, Equatable, RecordObject {
    /// The number of updates made.
    public var update = 0
    /// The replica mean of the first coordinate.
    public var value: Double?

    package static let fields = RecordTable<Point>([
      RecordField("update", \.update, "The number of updates made."),
      RecordField("value", \.value, .null, "The replicas' mean of the first coordinate."),
    ])

    package init() {}

    /// Creates a point.
    public init(update: Int, value: Double?) {
      self.update = update
      self.value = value
    }
  }

  /// The number of replicas.
  public var replicas = 1
  /// The mean of ‖x‖²/n after the warm-up.
  public var stationaryMeanSquare: Double?
  /// Its standard error.
  public var stationaryMeanSquareError: Double?
  /// Why it has no standard error, where it has none.
  public var stationaryMeanSquareErrorReason: String?
  /// How fast the root of the mean square E x² grows, as the logarithm of its factor per update; known
  /// exactly, or not at all.
  public var growthRate: Double?
  /// Its error: 0 where it is known.
  public var growthRateError: Double?
  /// How fast the mean E x grows; known exactly, or not at all.
  public var meanGrowthRate: Double?
  /// How fast ‖x‖ grows along single paths after the warm-up.
  public var pathGrowthRate: Double?
  /// Its standard error.
  public var pathGrowthRateError: Double?
  /// The replica mean of the first coordinate along the run.
  public var mean: [Point] = []

  package static let fields = RecordTable<EnsembleRecord>([
    RecordField(
      "stationaryMeanSquare", \.stationaryMeanSquare, .null,
      "The mean of ‖x‖²/n after the warm-up, over time and replicas.",
      metric: "stationary mean square"),
    RecordField(
      "stationaryMeanSquareError", \.stationaryMeanSquareError, .null,
      "Its standard error, over replicas or from a single one's autocorrelation.",
      metric: "error of the stationary mean square"),
    RecordField(
      "stationaryMeanSquareErrorReason", \.stationaryMeanSquareErrorReason, .leftOut,
      "Why a single replica has no such error, where it has none."),
    RecordField(
      "growthRate", \.growthRate, .null,
      "The growth of the root of the mean square, ½·ln ρ where E x² grows like ρᵗ; exact, or not known.",
      metric: "growth rate of the mean square", unit: "per update"),
    RecordField(
      "growthRateError", \.growthRateError, .null, "Its error: 0 where it is known.",
      metric: "error of the growth rate", unit: "per update"),
    RecordField(
      "meanGrowthRate", \.meanGrowthRate, .nullOrMissing,
      "The growth of the mean, ln ρ where E x grows like ρᵗ; exact, or not known.",
      metric: "growth rate of the mean", unit: "per update"),
    RecordField(
      "pathGrowthRate", \.pathGrowthRate, .nullOrMissing,
      "The measured growth of ‖x‖ along single paths after the warm-up.",
      metric: "growth rate of single paths", unit: "per update"),
    RecordField(
      "pathGrowthRateError", \.pathGrowthRateError, .nullOrMissing,
      "Its standard error, over replicas or over ten parts of a single path.",
      metric: "error of the growth rate of single paths", unit: "per update"),
    RecordField("replicas", \.replicas, "The number of replicas.", metric: "replicas"),
    RecordField("mean", \.mean, "The replicas' mean of the first coordinate along the run."),
  ])

  /// Creates the record of a single run.
  public init() {}

  /// The number of parts of a single path that its growth's error comes from.
  public static let pathPartCount = 10
}
