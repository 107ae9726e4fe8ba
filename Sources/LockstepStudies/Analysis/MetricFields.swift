import LockstepTelemetry

/// The fields that paths lead to.
extension Metric {
  /// A field of a record, with its unit and what it is in words.
  struct Field<Owner>: Sendable {
    let name: String
    let words: String
    let unit: String?
    /// Whether it stands in the record as it is; what is worked out from it does not.
    let isRecorded: Bool
    let value: @Sendable (Owner) -> Double?

    init(
      _ name: String, _ words: String, _ unit: String? = nil, isRecorded: Bool = true,
      _ value: @escaping @Sendable (Owner) -> Double?
    ) {
      self.name = name
      self.words = words
      self.unit = unit
      self.isRecorded = isRecorded
      self.value = value
    }
  }

  static let fields: [Field<RunRecord>] = [
    Field("loss.initial", "initial training loss") { $0.loss.initial },
    Field("loss.final", "final training loss") { $0.loss.final },
    Field("loss.heldout", "held-out loss") { $0.loss.heldout },
    Field("loss.accuracy", "accuracy", "share") { $0.loss.accuracy },
    Field("loss.targetMissedAt", "updates at the last look before the target", "updates") {
      $0.loss.targetMissedAt.map(Double.init)
    },
    Field("throughput.updatesPerSecond", "throughput", "updates/s") {
      $0.throughput.updatesPerSecond
    },
    Field("throughput.samplesPerSecond", "throughput", "samples/s") {
      $0.throughput.samplesPerSecond
    },
    Field("staleness.mean", "mean staleness τ", "updates") { $0.staleness.mean },
    Field("staleness.max", "largest staleness τ", "updates") { $0.staleness.max },
    Field("staleness.p50", "median staleness τ", "updates") { $0.staleness.p50 },
    Field("staleness.p90", "90th percentile of staleness τ", "updates") { $0.staleness.p90 },
    Field("staleness.p99", "99th percentile of staleness τ", "updates") { $0.staleness.p99 },
    Field("parameterCount", "parameters") { Double($0.parameterCount) },
    Field("updates", "updates") { Double($0.updates) },
    Field("samples", "samples") { Double($0.samples) },
    Field("wallSeconds", "time", "s") { $0.wallSeconds },
    Field("cpuSeconds", "processor time", "s") { $0.cpuSeconds },
    Field("virtualTime", "virtual time", "time units") { $0.virtualTime },
    Field("tornViews.reads", "shard copies") { $0.tornViews.reads },
    Field("tornViews.torn", "torn shard copies") { $0.tornViews.torn },
    Field("ensemble.stationaryMeanSquare", "stationary mean square") {
      $0.ensemble.stationaryMeanSquare
    },
    Field("ensemble.stationaryMeanSquareError", "error of the stationary mean square") {
      $0.ensemble.stationaryMeanSquareError
    },
    Field("ensemble.growthRate", "growth rate of the mean square", "per update") {
      $0.ensemble.growthRate
    },
    Field("ensemble.growthRateError", "error of the growth rate", "per update") {
      $0.ensemble.growthRateError
    },
    Field("ensemble.meanGrowthRate", "growth rate of the mean", "per update") {
      $0.ensemble.meanGrowthRate
    },
    Field("ensemble.pathGrowthRate", "growth rate of single paths", "per update") {
      $0.ensemble.pathGrowthRate
    },
    Field("ensemble.pathGrowthRateError", "error of the growth rate of single paths", "per update")
    {
      $0.ensemble.pathGrowthRateError
    },
    Field("ensemble.replicas", "replicas") { Double($0.ensemble.replicas) },
    Field("ensemble.momentum", "implicit momentum", isRecorded: false) {
      ImplicitMomentum.fit($0.ensemble.mean)
    },
    Field("noiseSeconds", "time of the noise probes", "s") { $0.noiseSeconds },
  ]

  static let workerFields: [Field<WorkerRecord>] = [
    Field("updates", "updates") { Double($0.updates) },
    Field("computeSeconds", "time spent computing", "s") { $0.computeSeconds },
    Field("readSeconds", "time spent reading", "s") { $0.readSeconds },
    Field("applySeconds", "time spent applying", "s") { $0.applySeconds },
    Field("waitSeconds", "time spent waiting", "s") { $0.waitSeconds },
    Field("parks", "parks") { Double($0.parks) },
  ]

  static let noiseMeasures: [Field<NoiseRecord>] = [
    Field("interaction", "interaction penalty") { $0.interaction },
    Field("interactionSecondOrder", "interaction penalty (second order)") {
      $0.interactionSecondOrder
    },
    Field("sequentialGap", "sequential gap") { $0.sequentialGap },
    Field("linearisation", "linearisation penalty") { $0.linearisation },
    Field("linearisationSecondOrder", "linearisation penalty (second order)") {
      $0.linearisationSecondOrder
    },
    Field("staleness", "staleness penalty") { $0.staleness },
    Field("gradientError", "relative gradient error") { $0.gradientError },
    Field("gradientCosine", "cosine of stale and fresh gradient") { $0.gradientCosine },
    Field("promisedDecrease", "promised decrease") { $0.promisedDecrease },
    Field("loss", "loss") { $0.loss },
  ]

  static func field(_ name: String) -> Field<RunRecord>? { fields.first { $0.name == name } }

  static func workerField(_ name: String) -> Field<WorkerRecord>? {
    workerFields.first { $0.name == name }
  }

  static func noiseMeasure(_ name: String) -> Field<NoiseRecord>? {
    noiseMeasures.first { $0.name == name }
  }
}
