/// What one worker measures of itself.
///
/// Iterations that are short beside the cost of looking at a clock are timed only every so often:
/// the first few are all timed; then, and after each doubling of the number of timed iterations, the
/// interval is chosen so that timing takes at most ``overheadShare`` of the run at the speed seen
/// lately. The sums are scaled up accordingly.
///
/// **Concurrency:** written by its worker alone, read by others after the run.
public struct WorkerTelemetry: Sendable {
  /// The share of the run that may go into measuring.
  public static let overheadShare = 0.01
  /// What measuring one iteration costs, in nanoseconds: six looks at the clock and the histogram.
  public static let costNanoseconds = 250.0
  /// The number of iterations at the start that are all timed.
  public static let calibrationIterations = 16

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
  /// The largest interval between two timed iterations.
  public private(set) var interval = 1
  /// The number of iterations.
  public var iterations = 0
  /// How often the worker parked.
  public var parks = 0

  private var nanoseconds = (wait: 0.0, read: 0.0, compute: 0.0, apply: 0.0)
  private var untilNext = 0
  private var timed = 0
  private var timedAtCalibration = 0
  private var nextCalibration = WorkerTelemetry.calibrationIterations
  private var recentNanoseconds = 0.0

  /// Creates empty telemetry.
  public init() {}

  /// Counts an iteration.
  ///
  /// - Returns: whether this one is to be timed.
  @inline(__always)
  public mutating func shouldTime() -> Bool {
    iterations &+= 1
    if untilNext == 0 {
      untilNext = interval - 1
      return true
    }
    untilNext &-= 1
    return false
  }

  /// Adds a timed iteration.
  public mutating func add(_ phases: Phases) {
    let weight = Double(interval)
    nanoseconds.wait += Double(phases.wait) * weight
    nanoseconds.read += Double(phases.read) * weight
    nanoseconds.compute += Double(phases.compute) * weight
    nanoseconds.apply += Double(phases.apply) * weight
    timed += 1
    recentNanoseconds += Double(phases.wait + phases.read + phases.compute + phases.apply)
    if timed == nextCalibration { calibrate() }
  }

  private mutating func calibrate() {
    let mean = max(1, recentNanoseconds / Double(timed - timedAtCalibration))
    let wanted = (Self.costNanoseconds / Self.overheadShare / mean).rounded(.up)
    interval = Int(min(4096, max(1, wanted)))
    timedAtCalibration = timed
    nextCalibration = timed * 2
    recentNanoseconds = 0
  }

  /// Counts a staleness of a timed iteration.
  @inline(__always)
  public mutating func observe(staleness value: Int) {
    staleness.record(value)
  }

  /// Sums it up for the run record.
  public func record(worker: Int) -> WorkerRecord {
    WorkerRecord(
      worker: worker, updates: iterations, computeSeconds: nanoseconds.compute * 1e-9,
      readSeconds: nanoseconds.read * 1e-9, applySeconds: nanoseconds.apply * 1e-9,
      waitSeconds: nanoseconds.wait * 1e-9, parks: parks)
  }
}
