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
  /// The largest interval between two timed iterations.
  public private(set) var interval = 1
  /// The number of iterations.
  public var iterations = 0
  /// How often the worker parked.
  public var parks = 0

  private var nanoseconds = (wait: 0.0, read: 0.0, compute: 0.0, apply: 0.0)
  private var untilNext = 0
  private var sinceLast = 0
  private var timed = 0
  private var nextCalibration = WorkerTelemetry.calibrationCount
  private var recent = (nanoseconds: 0.0, iterations: 0)

  /// Creates empty telemetry.
  public init() {}

  /// Counts iterations that are made in one go.
  ///
  /// - Parameter count: their number, at least 1.
  /// - Returns: whether they are to be timed.
  @inline(__always)
  public mutating func shouldTime(_ count: Int = 1) -> Bool {
    iterations &+= count
    sinceLast &+= count
    untilNext &-= count
    if untilNext >= 0 { return false }
    untilNext = interval - 1
    return true
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
    nanoseconds.wait += Double(time)
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
    WorkerRecord(
      worker: worker, updates: iterations, computeSeconds: nanoseconds.compute * 1e-9,
      readSeconds: nanoseconds.read * 1e-9, applySeconds: nanoseconds.apply * 1e-9,
      waitSeconds: nanoseconds.wait * 1e-9, parks: parks)
  }
}
