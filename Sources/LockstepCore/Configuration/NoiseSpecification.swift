/// How many parts the step of a noise probe is split into.
public enum ShardSplit: Equatable, Hashable, Sendable {
  /// As many contiguous shards as there are workers.
  case workers
  /// One parameter per shard.
  case parameters
  /// A number of contiguous shards.
  case count(Int)

  /// Reads `workers`, `parameters` or a whole number from 1.
  ///
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)`` for anything else.
  public init(_ text: String) throws(ConfigurationError) {
    switch text {
    case "workers": self = .workers
    case "parameters": self = .parameters
    default:
      guard let count = Int(text), count >= 1 else {
        throw .invalid(
          option: "--noise-shards", value: text,
          reason: "write workers, parameters, or "
            + NumberText.wholeNumber(of: "shards", in: 1...Int.max))
      }
      self = .count(count)
    }
  }

  /// The spelling on the command line.
  public var specification: String {
    switch self {
    case .workers: "workers"
    case .parameters: "parameters"
    case .count(let count): "\(count)"
    }
  }
}

/// What noise probes a run makes.
public struct NoiseSpecification: Equatable, Sendable {
  /// One update in how many is probed.
  public var every: Int
  /// The splits that each probe looks at.
  public var splits: [ShardSplit] = [.workers]
  /// The number of random directions where block diagonals are estimated.
  public var directions = 16
  /// The number of held-out examples that losses are taken on; `nil` for 1,024, or all where there
  /// are fewer.
  public var heldOutExamples: Int?

  /// Creates a specification with the defaults.
  public init(every: Int) { self.every = every }

  /// Reads a list of splits with commas between them; of equal ones the first is kept.
  ///
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)`` for an item that is none.
  public static func splits(_ text: String) throws(ConfigurationError) -> [ShardSplit] {
    var splits: [ShardSplit] = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let split = try ShardSplit(String(item))
      if !splits.contains(split) { splits.append(split) }
    }
    return splits
  }

  /// The largest number of random directions.
  public static let largestDirectionCount = 1_000_000
}

/// What was asked for of noise probes: what is `nil` has its default.
public struct NoiseRequest: Equatable, Sendable {
  /// One update in how many is probed; without it, none is.
  public var every: Int?
  /// The splits that each probe looks at.
  public var splits: [ShardSplit]?
  /// The number of random directions where block diagonals are estimated.
  public var directions: Int?
  /// The number of held-out examples that losses are taken on.
  public var heldOutExamples: Int?

  /// Asks for nothing.
  public init() {}

  /// Asks for given probes.
  init(_ specification: NoiseSpecification?) {
    every = specification?.every
    splits = specification?.splits
    directions = specification?.directions
    heldOutExamples = specification?.heldOutExamples
  }

  /// The probes, with the defaults filled in.
  var specification: NoiseSpecification? {
    guard let every else { return nil }
    var result = NoiseSpecification(every: every)
    if let splits { result.splits = splits }
    if let directions { result.directions = directions }
    result.heldOutExamples = heldOutExamples
    return result
  }

  /// Refuses what is out of range, or what the model of the run has no use for.
  func validate(_ run: RunConfiguration) throws(ConfigurationError) {
    guard let every else {
      let options = [
        ("--noise-shards", splits != nil), ("--noise-directions", directions != nil),
        ("--noise-heldout", heldOutExamples != nil),
      ]
      if let option = options.first(where: \.1)?.0 {
        throw .conflict(
          reason: "\(option) says how noise probes look at updates; add --record noise=EVERY")
      }
      return
    }
    guard (1...RunConfiguration.largestUpdateCount).contains(every) else {
      throw .invalid(
        option: "--record", value: "noise=\(every)",
        reason: "write noise=EVERY with "
          + NumberText.wholeNumber(of: "updates", in: 1...RunConfiguration.largestUpdateCount))
    }
    if let directions, !(1...NoiseSpecification.largestDirectionCount).contains(directions) {
      throw .invalid(
        option: "--noise-directions", value: "\(directions)",
        reason: "write "
          + NumberText.wholeNumber(
            of: "random directions", in: 1...NoiseSpecification.largestDirectionCount))
    }
    guard let heldOutExamples else { return }
    guard (1...Int(Int32.max)).contains(heldOutExamples) else {
      throw .invalid(
        option: "--noise-heldout", value: "\(heldOutExamples)",
        reason: "write "
          + NumberText.wholeNumber(of: "held-out examples", in: 1...Int(Int32.max)))
    }
    if !run.model.entry.takesData {
      throw .conflict(
        reason: "--noise-heldout doesn't go with --model \(run.model.entry.name), which has no data"
      )
    }
  }
}
