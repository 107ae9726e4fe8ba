/// Which engine carries out a run.
public enum EngineChoice: String, CaseIterable, Sendable {
  /// Real Dispatch workers on real cores.
  case threads
  /// A deterministic simulation of them.
  case virtual

  /// The largest number of workers.
  ///
  /// Measured on Linux, the 256th block on a private Dispatch queue never gets a thread while 255
  /// others block theirs.
  public var largestWorkerCount: Int {
    switch self {
    case .threads: 255
    case .virtual: 65_536
    }
  }

  /// Refuses a number of workers that the engine doesn't take.
  ///
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)``.
  public func check(workers: Int) throws(ConfigurationError) {
    if let reason = complaint(workers: workers) {
      throw .invalid(option: "--workers", value: "\(workers)", reason: reason)
    }
  }

  /// Why the engine doesn't take a number of workers; `nil` if it does.
  public func complaint(workers: Int) -> String? {
    guard workers >= 1 else { return "at least one worker is needed" }
    guard workers > largestWorkerCount else { return nil }
    switch self {
    case .threads:
      return "real threads take 1 to 255 workers, because Dispatch never starts a 256th thread "
        + "while 255 wait; the virtual-time engine (--engine virtual) takes up to 65,536"
    case .virtual: return "the virtual-time engine takes 1 to 65,536 workers"
    }
  }
}
