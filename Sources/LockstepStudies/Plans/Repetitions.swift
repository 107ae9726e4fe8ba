import LockstepCore

/// How often a plan runs each configuration, where speeds are measured.
public struct Repetitions: Equatable, Sendable {
  /// The number of runs of each configuration.
  public let runs: Int
  /// About how many seconds a run lasts; `nil` where its options say how long it is.
  public let seconds: Double?

  /// The largest number of runs of one configuration.
  public static let largestRunCount = 10_000
  /// The longest run in seconds.
  public static let longestSeconds = 86_400.0

  /// Repeats runs.
  ///
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)`` for a number out of range.
  public init(runs: Int, seconds: Double? = nil) throws(ConfigurationError) {
    guard (1...Self.largestRunCount).contains(runs) else {
      throw .invalid(
        option: "--runs", value: "\(runs)",
        reason: "write a whole number from 1 to \(Self.largestRunCount)")
    }
    if let seconds, !(seconds > 0 && seconds <= Self.longestSeconds) {
      throw .invalid(
        option: "--seconds", value: "\(seconds)",
        reason: "a run lasts more than 0 and at most \(Int(Self.longestSeconds)) seconds")
    }
    self.runs = runs
    self.seconds = seconds
  }

  /// A run as often as it is repeated.
  func runs(of run: PlannedRun) -> [PlannedRun] {
    let length = seconds.map { "seconds=\($0)\n" } ?? ""
    let text = RunIdentity(run.configuration).text + length
    return (0..<runs).map { number in
      var repeated = run
      // Each has a hash of its own, so that every round has an order of its own.
      repeated.id = "r-" + StableHash.hexadecimal("\(text)repetition=\(number)\n")
      repeated.repetition = Repetition(number: number, first: run.id, seconds: seconds)
      return repeated
    }
  }
}

/// Which one of several runs of a configuration a run is.
public struct Repetition: Equatable, Sendable {
  /// Its number, from 0.
  public let number: Int
  /// The id that the configuration has where runs are not repeated.
  let first: String
  /// About how many seconds it lasts; `nil` where its options say how long it is.
  let seconds: Double?
}
