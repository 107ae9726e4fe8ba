import LockstepCore

/// What one worker measures of itself.
///
/// Iterations that are short beside the cost of looking at a clock are timed only every so often:
/// the first few are all timed; then, and after each doubling of the number of timed iterations, the
/// interval is chosen so that timing takes at most ``overheadShare`` of the run at the speed seen
/// lately. What was sampled is scaled to the time that the worker ran, which is measured: a worker's times
/// never add up to more.
///
/// **Concurrency:** written by its worker alone, read by others after the run.
public struct WorkerTelemetry: Sendable {
  /// The share of the run that may go into measuring.
  public static let overheadShare = 0.01
  /// What measuring one iteration costs, in nanoseconds: six looks at the clock and the histogram.
  public static let costNanoseconds = 250.0
  /// The number of measurements at the start that are made without a pause.
  public static let calibrationCount = 16

  /// The time of one iteration's phases in nanoseconds.
  public struct Phases: Sendable {
    /// Waiting.
    public var wait: UInt64 = 0
    /// Copying the view.
    public var read: UInt64 = 0
    /// Computing the gradient.
    public var compute: UInt64 = 0
    /// Applying the update.
    public var apply: UInt64 = 0

    /// Creates phases without time.
    @inlinable
    public init() {}
  }

  /// How stale the views were.
  public private(set) var staleness = StalenessHistogram()
  /// The present interval between two timed iterations.
  public private(set) var interval = 1
  /// The number of iterations that were looked at.
  public private(set) var looks = 0
  /// The number of iterations.
  public var iterations = 0
  /// How often the worker parked.
  public var parks = 0

  private var nanoseconds = (wait: 0.0, read: 0.0, compute: 0.0, apply: 0.0)
  // Waits that were all timed, and the time that the worker ran.
  private var waited = 0.0
  private var running = 0.0
  private var untilNext = 0
  private var sinceLast = 0
  private var timed = 0
  private var nextCalibration = WorkerTelemetry.calibrationCount
  private var recent = (nanoseconds: 0.0, iterations: 0)

  /// Creates empty telemetry.
  public init() {}

  /// Counts iterations that are made in one go.
  ///
  /// - Parameter count: their number, 1 … ``untilLook``.
  /// - Returns: whether the first of them is to be looked at, and all to be timed.
  @inline(__always)
  public mutating func shouldTime(_ count: Int = 1) -> Bool {
    iterations &+= count
    sinceLast &+= count
    untilNext &-= count
    if untilNext >= 0 { return false }
    untilNext = interval &- count
    looks &+= 1
    return true
  }

  /// The most iterations that may be made in one go without passing one that is to be looked at.
  @inline(__always)
  public var untilLook: Int { untilNext > 0 ? untilNext : interval }

  /// Takes back the last iteration, which was begun and won't be made.
  public mutating func takeBack() {
    iterations &-= 1
    looks = min(looks, iterations)
  }

  /// Adds to the time that the worker ran.
  public mutating func add(running time: UInt64) { running += Double(time) }

  /// Leaves some of the time out in which the worker ran.
  public mutating func leaveOut(_ time: UInt64) { running -= Double(time) }

  /// One iteration in how many was looked at, of all workers' together: 1 if all were.
  public static func sampledEvery(_ workers: [WorkerTelemetry]) -> Int {
    let iterations = workers.reduce(0) { $0 + $1.iterations }
    let looks = workers.reduce(0) { $0 + $1.looks }
    if looks == 0 || looks >= iterations { return 1 }
    return max(2, (iterations + looks / 2) / looks)
  }

  /// Adds timed iterations, which stand for all since the last ones.
  ///
  /// - Parameters:
  ///   - phases: what they took together.
  ///   - count: their number.
  public mutating func add(_ phases: Phases, count: Int = 1) {
    let weight = Double(sinceLast) / Double(count)
    sinceLast = 0
    nanoseconds.wait += Double(phases.wait) * weight
    nanoseconds.read += Double(phases.read) * weight
    nanoseconds.compute += Double(phases.compute) * weight
    nanoseconds.apply += Double(phases.apply) * weight
    timed += 1
    recent.nanoseconds += Double(phases.wait + phases.read + phases.compute + phases.apply)
    recent.iterations += count
    if timed == nextCalibration { calibrate() }
  }

  /// Adds a wait that was timed by itself.
  public mutating func add(wait time: UInt64, parks count: Int) {
    waited += Double(time)
    parks += count
  }

  private mutating func calibrate() {
    let mean = max(1, recent.nanoseconds / Double(recent.iterations))
    let wanted = (Self.costNanoseconds / Self.overheadShare / mean).rounded(.up)
    interval = Int(min(4096, max(1, wanted)))
    nextCalibration = timed * 2
    recent = (0, 0)
  }

  /// Counts a staleness of a timed iteration.
  @inline(__always)
  public mutating func observe(staleness value: Int) {
    staleness.record(value)
  }

  /// Sums it up for the run record.
  public func record(worker: Int) -> WorkerRecord {
    let sampled = nanoseconds.wait + nanoseconds.read + nanoseconds.compute + nanoseconds.apply
    var scale = 1.0
    if running > 0, sampled > 0, looks < iterations || sampled + waited > running {
      scale = max(0, running - waited) / sampled
    }
    let unit = scale * 1e-9
    return WorkerRecord(
      worker: worker, updates: iterations, computeSeconds: nanoseconds.compute * unit,
      readSeconds: nanoseconds.read * unit, applySeconds: nanoseconds.apply * unit,
      waitSeconds: nanoseconds.wait * unit + waited * 1e-9, parks: parks)
  }
}

extension WorkerTelemetry: Archivable {
  package mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.part("staleness", &staleness)
    var counts = [
      interval, looks, iterations, parks, untilNext, sinceLast, timed, nextCalibration,
      recent.iterations,
    ]
    var times = [
      nanoseconds.wait, nanoseconds.read, nanoseconds.compute, nanoseconds.apply, waited, running,
      recent.nanoseconds,
    ]
    try archive.list("counts", &counts)
    try archive.list("times", &times)
    try archive.require(counts.count == 9 && counts[0] > 0, "counts")
    try archive.require(times.count == 7, "times")
    (interval, looks, iterations, parks) = (counts[0], counts[1], counts[2], counts[3])
    (untilNext, sinceLast, timed) = (counts[4], counts[5], counts[6])
    (nextCalibration, recent.iterations) = (counts[7], counts[8])
    nanoseconds = (wait: times[0], read: times[1], compute: times[2], apply: times[3])
    (waited, running, recent.nanoseconds) = (times[4], times[5], times[6])
  }
}
