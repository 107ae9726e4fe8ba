import LockstepCore
import LockstepModels
import LockstepTelemetry

/// Adds up what an ensemble is averaged over, for some replicas in a row.
///
/// A replica is begun with ``begin()``, fed with ``record(update:parameters:count:)`` at 0 and
/// after each update or round, and ended with ``end()``. Accumulators of consecutive replicas are
/// merged in order; where the replicas are always cut into the same runs, the sums have the same
/// bits however many threads made them.
///
/// The mean square of a replica is the mean of `‖x‖²/n` over the moments after the warm-up.
/// The standard error is that of the replicas' mean squares; for a single replica it comes from the
/// means over 640 stretches of time and how they are correlated (``CorrelatedMean``).
///
/// The growth of paths is the mean of the replicas' ``PathGrowth``, with its standard error over the
/// replicas; a single one's is that over parts of it.
struct EnsembleAccumulator: Sendable {
  /// The number of replicas that have ended.
  private(set) var replicas = 0

  private let plan: EnsemblePlan
  // Sums over ended replicas, and how many points each of them reached at least.
  private var sums: [Double]
  private var reached: Int
  private var meanSquares: [Double] = []
  private var pathRates: [Double] = []
  /// The means over stretches of time, of the first replica.
  private var stretches: [Double] = []

  // The replica that is under way.
  private var values: [Double]
  private var squares: [Double] = []
  private var point = 0
  private var nextPoint = 0
  private var square = 0.0
  private var squareCount = 0
  private var stretch = 0
  private var stretchEnd = 0
  private var stretchStart = (square: 0.0, count: 0)
  private var batches: [(sum: Double, count: Int)] = []

  /// Makes empty sums.
  init(plan: EnsemblePlan) {
    self.plan = plan
    sums = Array(repeating: 0, count: plan.points.count)
    values = sums
    if plan.collectsSquares { squares = sums }
    reached = plan.points.count
  }

  /// Begins a replica.
  mutating func begin() {
    point = 0
    nextPoint = plan.points[0]
    square = 0
    squareCount = 0
    stretch = 0
    stretchEnd = plan.stretchEnd(0)
    stretchStart = (0, 0)
    batches.removeAll(keepingCapacity: true)
  }

  /// Whether anything would come of looking at the parameters after a number of updates.
  func wants(_ update: Int) -> Bool {
    update >= nextPoint || plan.collectsSquares && update > plan.warmup
  }

  /// Looks at the parameters after a number of updates.
  ///
  /// - Parameters:
  ///   - update: the number of updates made; ascending.
  ///   - parameters: `[count]`.
  ///   - count: the number of parameters.
  @inline(__always)
  mutating func record<Scalar: ModelScalar>(
    update: Int, parameters: UnsafePointer<Scalar>, count: Int
  ) {
    let isPoint = update >= nextPoint
    var mean = 0.0
    if plan.collectsSquares, isPoint || update > plan.warmup {
      for index in 0..<count {
        let value = Double(parameters[index])
        mean += value * value
      }
      mean /= Double(count)
    }
    if isPoint {
      // Where rounding is as large as the numbers themselves, iterates no longer shrink: they have
      // arrived. (In double precision the square of such a number is 0 anyway.)
      let least = Double(Scalar.leastNormalMagnitude)
      recordPoint(update, Double(parameters[0]), square: mean > least * least ? mean : 0)
    }
    guard plan.collectsSquares, update > plan.warmup else { return }
    if update > stretchEnd { endStretches(before: update) }
    square += mean
    squareCount &+= 1
  }

  @inline(never)
  private mutating func recordPoint(_ update: Int, _ value: Double, square: Double) {
    while nextPoint <= update {
      values[point] = value
      if plan.collectsSquares { squares[point] = square }
      point += 1
      nextPoint = point < plan.points.count ? plan.points[point] : .max
    }
  }

  @inline(never)
  private mutating func endStretches(before update: Int) {
    while update > stretchEnd {
      endStretch()
      stretch += 1
      stretchEnd = plan.stretchEnd(stretch)
      guard stretch % EnsemblePlan.stretchCount == 0 else { continue }
      batches.append((square, squareCount))
      square = 0
      squareCount = 0
      stretchStart = (0, 0)
    }
  }

  private mutating func endStretch() {
    let count = squareCount - stretchStart.count
    if replicas == 0, count > 0 {
      stretches.append((square - stretchStart.square) / Double(count))
    }
    stretchStart = (square, squareCount)
  }

  /// Ends the replica and adds it to the others.
  mutating func end() {
    endStretch()
    batches.append((square, squareCount))
    let total = batches.reduce(0) { $0 + $1.sum }
    let count = batches.reduce(0) { $0 + $1.count }
    if count > 0 { meanSquares.append(total / Double(count)) }
    if plan.collectsSquares,
      let rate = PathGrowth.slope(squares[..<point], points: plan.points, warmup: plan.warmup)
    {
      pathRates.append(rate)
    }
    for index in 0..<point { sums[index] += values[index] }
    reached = min(reached, point)
    replicas += 1
  }

  /// Adds the replicas that come after one's own.
  mutating func merge(_ later: EnsembleAccumulator) {
    guard later.replicas > 0 else { return }
    if replicas == 0 { (stretches, squares, point) = (later.stretches, later.squares, later.point) }
    for index in sums.indices { sums[index] += later.sums[index] }
    reached = min(reached, later.reached)
    pathRates += later.pathRates
    meanSquares += later.meanSquares
    replicas += later.replicas
  }

  /// Sums it up for the run record.
  func record() -> EnsembleRecord {
    var record = EnsembleRecord()
    record.replicas = max(1, replicas)
    guard replicas > 0 else { return record }
    if !meanSquares.isEmpty {
      record.stationaryMeanSquare = Self.finite(
        meanSquares.reduce(0, +) / Double(meanSquares.count))
      noteError(in: &record)
    }
    if replicas == 1 {
      let path = squares.prefix(point)
      record.pathGrowthRate = PathGrowth.slope(
        path, points: plan.points, warmup: plan.warmup, atMost: plan.points.count)
      record.pathGrowthRateError = PathGrowth.error(
        path, points: plan.points, warmup: plan.warmup)
    } else if pathRates.count == replicas {
      record.pathGrowthRate = pathRates.reduce(0, +) / Double(replicas)
      record.pathGrowthRateError = PathGrowth.standardError(pathRates)
    }
    record.mean = (0..<reached).map {
      EnsembleRecord.Point(
        update: plan.points[$0], value: Self.finite(sums[$0] / Double(replicas)))
    }
    return record
  }

  private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }

  /// The standard error of the mean square, or why there is none.
  private func noteError(in record: inout EnsembleRecord) {
    guard record.stationaryMeanSquare != nil else { return }
    if replicas > 1 {
      record.stationaryMeanSquareError = PathGrowth.standardError(meanSquares).flatMap(Self.finite)
      return
    }
    let series = CorrelatedMean(stretches)
    record.stationaryMeanSquareError = series.error.flatMap(Self.finite)
    guard series.error == nil else { return }
    let updates = Double(plan.updates - plan.warmup)
    record.stationaryMeanSquareErrorReason =
      series.time.flatMap { $0.isFinite ? $0 : nil }.map { time in
        let ratio = Double(stretches.count) / time
        return "values are correlated over about "
          + "\(NumberText.counted(max(1, Int(updates / ratio)), "update")), and a standard error "
          + "takes \(Int(CorrelatedMean.shortest)) times as many; this run has "
          + "\(NumberText.counted(Int(ratio), "time")) the correlation time; make more updates, or use "
          + "--replicas"
      } ?? "the run is too short for one; make more updates, or use --replicas"
  }
}

extension EnsembleAccumulator: Archivable {
  /// Transfers the sums over the replicas that have ended, and the replica that is under way.
  mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    var counts = [
      replicas, reached, point, nextPoint, squareCount, stretch, stretchEnd, stretchStart.count,
    ]
    try archive.list("counts", &counts)
    try archive.require(counts.count == 8, "counts")
    (replicas, reached, point, nextPoint) = (counts[0], counts[1], counts[2], counts[3])
    (squareCount, stretch, stretchEnd) = (counts[4], counts[5], counts[6])
    try archive.number("square", &square)
    try archive.number("stretchStart", &stretchStart.square)
    stretchStart.count = counts[7]
    try archive.list("sums", &sums)
    try archive.list("values", &values)
    try archive.list("squares", &squares)
    let points = plan.points.count
    try archive.require(
      sums.count == points && values.count == points && (0...points).contains(point)
        && (0...points).contains(reached), "sums")
    try archive.require(squares.count == (plan.collectsSquares ? points : 0), "squares")
    try archive.list("meanSquares", &meanSquares)
    try archive.list("pathRates", &pathRates)
    try archive.list("stretches", &stretches)
    var (batchSums, batchCounts) = (batches.map(\.sum), batches.map(\.count))
    try archive.list("batches.sums", &batchSums)
    try archive.list("batches.counts", &batchCounts)
    try archive.require(batchSums.count == batchCounts.count, "batches.counts")
    batches = zip(batchSums, batchCounts).map { (sum: $0, count: $1) }
  }
}
