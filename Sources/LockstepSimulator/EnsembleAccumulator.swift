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
/// The standard error is that of the replicas' mean squares; for a single replica it is estimated
/// from the means over 20 equal stretches of time, each much longer than what the iterates remember
/// if the run is long.
///
/// The growth rate is half the slope of a straight line through `ln ⟨‖x‖²/n⟩`, the replica mean at the
/// recorded points after the warm-up: at rate `r` an iterate grows by `eʳ` an update. It ends at the
/// first point where a replica has overflowed. Its standard error is the jackknife's over runs of
/// replicas.
struct EnsembleAccumulator: Sendable {
  /// The number of replicas that have ended.
  private(set) var replicas = 0

  private let plan: EnsemblePlan
  // Sums over ended replicas, and how many points each of them reached at least.
  private var sums: [Double]
  private var squareSums: [[Double]] = []
  private var reached: Int
  private var meanSquares: [Double] = []
  private var batchMeans: [Double] = []

  // The replica that is under way.
  private var values: [Double]
  private var squares: [Double] = []
  private var point = 0
  private var nextPoint = 0
  private var square = 0.0
  private var squareCount = 0
  private var batch = 0
  private var batchEnd = 0
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
    batch = 0
    batchEnd = plan.batchEnd(0)
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
    if isPoint { recordPoint(update, Double(parameters[0]), square: mean) }
    guard plan.collectsSquares, update > plan.warmup else { return }
    if update > batchEnd { endBatches(before: update) }
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
  private mutating func endBatches(before update: Int) {
    while update > batchEnd {
      batches.append((square, squareCount))
      square = 0
      squareCount = 0
      batch += 1
      batchEnd = plan.batchEnd(batch)
    }
  }

  /// Ends the replica and adds it to the others.
  mutating func end() {
    batches.append((square, squareCount))
    let total = batches.reduce(0) { $0 + $1.sum }
    let count = batches.reduce(0) { $0 + $1.count }
    if count > 0 { meanSquares.append(total / Double(count)) }
    if replicas == 0 {
      batchMeans = batches.filter { $0.count > 0 }.map { $0.sum / Double($0.count) }
    }
    for index in 0..<point { sums[index] += values[index] }
    if plan.collectsSquares {
      if squareSums.isEmpty { squareSums = [Array(repeating: 0, count: squares.count)] }
      for index in 0..<point { squareSums[0][index] += squares[index] }
    }
    reached = min(reached, point)
    replicas += 1
  }

  /// Adds the replicas that come after one's own.
  mutating func merge(_ later: EnsembleAccumulator) {
    guard later.replicas > 0 else { return }
    if replicas == 0 { batchMeans = later.batchMeans }
    for index in sums.indices { sums[index] += later.sums[index] }
    reached = min(reached, later.reached)
    squareSums += later.squareSums
    meanSquares += later.meanSquares
    replicas += later.replicas
  }

  /// Sums it up for the run record.
  func record() -> EnsembleRecord {
    var record = EnsembleRecord()
    record.replicas = max(1, replicas)
    guard replicas > 0 else { return record }
    if let (mean, _) = Self.meanAndError(meanSquares) {
      record.stationaryMeanSquare = Self.finite(mean)
      let spread = Self.meanAndError(replicas == 1 ? batchMeans : meanSquares)
      record.stationaryMeanSquareError = spread?.error.flatMap(Self.finite)
    }
    if !squareSums.isEmpty {
      let growth = GrowthRate(
        groups: squareSums, points: Array(plan.points[..<reached]), warmup: plan.warmup)
      record.growthRate = growth.rate
      record.growthRateError = growth.error
    }
    record.mean = (0..<reached).map {
      EnsembleRecord.Point(
        update: plan.points[$0], value: Self.finite(sums[$0] / Double(replicas)))
    }
    return record
  }

  private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }

  /// The mean of some numbers and its standard error, if there are at least two.
  private static func meanAndError(_ values: [Double]) -> (mean: Double, error: Double?)? {
    guard !values.isEmpty else { return nil }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    guard values.count > 1 else { return (mean, nil) }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / (count - 1) / count).squareRoot())
  }
}
