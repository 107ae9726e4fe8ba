import Foundation

/// How long the parts of an iteration took on real threads: `lockstep.calibration/1`.
///
/// Each list holds evenly spaced quantiles of what was measured, ascending, in microseconds.
public struct Calibration: Codable, Equatable, Sendable {
  /// The name and number of this format.
  public var schema = "lockstep.calibration/1"
  /// Every option of the run it was measured in.
  public var configuration: [String: ConfigurationValue]
  /// The number of iterations that were measured.
  public var iterations: Int
  /// Reading the view, computing and applying together, without waiting.
  public var service: [Double]
  /// The same for each worker by itself: cores differ, and so do those who share them.
  public var workers: [[Double]]
  /// Reading the view.
  public var read: [Double]
  /// Computing the gradient.
  public var compute: [Double]
  /// Applying the update.
  public var apply: [Double]

  /// The three for each worker by itself; `nil` in files of before they were told apart.
  public var parts: [Parts]?

  /// What the parts of one worker's iterations took.
  public struct Parts: Codable, Equatable, Sendable {
    /// Reading the view.
    public var read: [Double]
    /// Computing the gradient.
    public var compute: [Double]
    /// Applying the update.
    public var apply: [Double]

    /// Creates the lists of a worker.
    public init(read: [Double], compute: [Double], apply: [Double]) {
      self.read = read
      self.compute = compute
      self.apply = apply
    }
  }

  /// The largest number of quantiles.
  public static let largestCount = 2000

  /// Measures the iterations of a trace of real threads; `nil` if none was completed.
  public init?(_ trace: Trace) {
    let done = trace.events.filter { $0.end != nil }
    guard !done.isEmpty, trace.header.timeUnit == "ns" else { return nil }
    func quantiles(of worker: Int? = nil, _ time: (TraceEvent) -> Double) -> [Double] {
      let sorted = done.filter { worker == nil || $0.worker == worker }.map { time($0) * 1e-3 }
        .sorted()
      guard sorted.count > Self.largestCount else { return sorted }
      return (0..<Self.largestCount).map {
        sorted[(2 * $0 + 1) * sorted.count / (2 * Self.largestCount)]
      }
    }
    let read = { (event: TraceEvent) in event.compute - event.start }
    let compute = { (event: TraceEvent) in (event.ready ?? event.compute) - event.compute }
    let apply = { (event: TraceEvent) in (event.end ?? 0) - (event.apply ?? 0) }
    configuration = trace.header.configuration
    iterations = done.count
    let whole = { (event: TraceEvent) in read(event) + compute(event) + apply(event) }
    service = quantiles(whole)
    workers = (0..<trace.header.workers).map { quantiles(of: $0, whole) }
    self.read = quantiles(read)
    self.compute = quantiles(compute)
    self.apply = quantiles(apply)
    parts = (0..<trace.header.workers).map {
      Parts(
        read: quantiles(of: $0, read), compute: quantiles(of: $0, compute),
        apply: quantiles(of: $0, apply))
    }
  }
}
