import LockstepCore

/// A number in a run, by its path.
///
/// | path | number |
/// |---|---|
/// | `loss.final`, `throughput.updatesPerSecond`, `staleness.mean`, … | the record's field |
/// | `workers`, `learning-rate`, … | an axis or option, where no field has that name |
/// | `axis.workers`, `axis.delay` | an axis or option; of a text, the number in it |
/// | `axis.model.width`, `axis.model.depth`, `axis.model.KEY` | a named part of it |
/// | `workers[slowest].updates`, `[fastest]`, `[all]`, `[0]` | a worker's share |
/// | `noise.interaction[heldout]` | the mean over the run's probes |
/// | `noise.interaction[current].relative` | mean measure over mean promised decrease |
/// | `noise.interaction[current]@shards=parameters` | of one split, where there are several |
/// | `noise.interaction[current]@loss=0.6` | over the three probes nearest to where the training loss fell to that |
/// | `updatesToTarget`, `timeToTarget`, `updatesToTarget@loss=0.3` | censored where not reached |
public struct Metric: Equatable, Sendable, CustomStringConvertible {
  /// What a path leads to.
  enum Kind: Equatable, Sendable {
    case field(String)
    case axis(String, part: String?)
    case worker(WorkerChoice, field: String)
    case noise(NoiseChoice)
    case target(isTime: Bool, loss: Double?)
  }

  /// Which probes, and what of them.
  struct NoiseChoice: Equatable, Sendable {
    var measure: String
    var set: String
    var isRelative: Bool
    var shards: ShardSplit?
    /// The training loss near which probes count; `nil` for all of them.
    var loss: Double?
  }

  /// Which worker.
  enum WorkerChoice: Equatable, Sendable {
    case slowest
    case fastest
    case all
    case number(Int)
  }

  /// The path it was read from.
  public let description: String
  let kind: Kind

  /// The same of one number of shards, where it is about noise probes and doesn't say of which.
  func at(shards: Int) -> Metric {
    guard case .noise(var choice) = kind, choice.shards == nil else { return self }
    choice.shards = .count(shards)
    return Metric(description: "\(description)@shards=\(shards)", kind: .noise(choice))
  }

  /// The number that an axis of results stands for, whether or not a run has such an option: results may
  /// come from another version, or have been cut along something else.
  public static func axis(_ name: String) -> Metric {
    Metric(description: "axis.\(name)", kind: .axis(name, part: nil))
  }

  private init(description: String, kind: Kind) {
    self.description = description
    self.kind = kind
  }

  /// The evaluation sets of noise probes.
  public static let evaluationSets = ["current", "other", "heldout"]

  /// Reads a path.
  ///
  /// - Throws: ``MetricError`` for one that leads nowhere.
  public init(_ path: String) throws(MetricError) {
    description = path
    var parts = path.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    let name = parts.removeFirst()
    var qualifiers: [String: String] = [:]
    for part in parts {
      let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard sides.count == 2, qualifiers[sides[0]] == nil else {
        throw .malformed(path: path, reason: "write '@shards=parameters' or '@loss=0.3' after it")
      }
      qualifiers[sides[0]] = sides[1]
    }
    kind = try Self.kind(name, &qualifiers, path)
    if let left = qualifiers.keys.sorted().first {
      throw .malformed(path: path, reason: "'@\(left)' doesn't go with it")
    }
  }

  private static func kind(
    _ name: String, _ qualifiers: inout [String: String], _ path: String
  ) throws(MetricError) -> Kind {
    if name == "updatesToTarget" || name == "timeToTarget" {
      return .target(isTime: name == "timeToTarget", loss: try loss(&qualifiers, path))
    }
    if name.hasPrefix("axis.") {
      let parts = name.dropFirst("axis.".count).split(separator: ".", maxSplits: 1)
      guard let axis = parts.first else {
        throw .malformed(path: path, reason: "write an option's name after 'axis.'")
      }
      let names = RunOptions.table.map(\.name)
      guard names.contains(String(axis)) else {
        throw .unknown(
          path: path,
          nearest: Suggestion.nearest(to: String(axis), among: names).map { "axis.\($0)" })
      }
      return .axis(String(axis), part: parts.count == 2 ? String(parts[1]) : nil)
    }
    if name.hasPrefix("workers[") { return try worker(name, path) }
    if name.hasPrefix("noise.") { return try noise(name, &qualifiers, path) }
    if fields.at(name) != nil { return .field(name) }
    guard RunOptions.table.contains(where: { $0.name == name }) else { throw unknown(path) }
    return .axis(name, part: nil)
  }

  private static func loss(
    _ qualifiers: inout [String: String], _ path: String
  ) throws(MetricError) -> Double? {
    guard let text = qualifiers.removeValue(forKey: "loss") else { return nil }
    guard let value = Double(text), value.isFinite else {
      throw .malformed(path: path, reason: "'\(text)' is not a loss")
    }
    return value
  }

  private static func worker(_ name: String, _ path: String) throws(MetricError) -> Kind {
    guard let close = name.firstIndex(of: "]") else {
      throw .malformed(path: path, reason: "write for example workers[slowest].updates")
    }
    let selector = name[name.index(name.startIndex, offsetBy: "workers[".count)..<close]
    let rest = name[name.index(after: close)...]
    guard rest.hasPrefix("."), workerFields.at(String(rest.dropFirst())) != nil else {
      throw .unknown(
        path: path,
        nearest: Suggestion.nearest(to: String(rest.dropFirst()), among: workerFields.map(\.path))
          .map { "workers[\(selector)].\($0)" })
    }
    let choice: WorkerChoice
    switch selector {
    case "slowest": choice = .slowest
    case "fastest": choice = .fastest
    case "all": choice = .all
    default:
      guard let number = Int(selector), number >= 0 else {
        throw .malformed(
          path: path, reason: "'\(selector)' is not slowest, fastest, all or a worker's number")
      }
      choice = .number(number)
    }
    return .worker(choice, field: String(rest.dropFirst()))
  }

  private static func noise(
    _ name: String, _ qualifiers: inout [String: String], _ path: String
  ) throws(MetricError) -> Kind {
    var measure = String(name.dropFirst("noise.".count))
    var set = "current"
    if let open = measure.firstIndex(of: "[") {
      guard let close = measure.firstIndex(of: "]"), open < close else {
        throw .malformed(path: path, reason: "write for example noise.interaction[heldout]")
      }
      set = String(measure[measure.index(after: open)..<close])
      guard evaluationSets.contains(set) else {
        throw .malformed(
          path: path,
          reason: "'\(set)' is not an evaluation set: \(evaluationSets.joined(separator: ", "))")
      }
      measure.removeSubrange(open...close)
    }
    let isRelative = measure.hasSuffix(".relative")
    if isRelative { measure.removeLast(".relative".count) }
    guard noiseMeasures.at(measure) != nil else {
      throw .unknown(
        path: path,
        nearest: Suggestion.nearest(to: measure, among: noiseMeasures.map(\.path)).map {
          "noise.\($0)[\(set)]"
        })
    }
    var shards: ShardSplit?
    if let text = qualifiers.removeValue(forKey: "shards") {
      guard let split = try? ShardSplit(text) else {
        throw .malformed(
          path: path, reason: "'\(text)' is not workers, parameters or a number of shards")
      }
      shards = split
    }
    return .noise(
      NoiseChoice(
        measure: measure, set: set, isRelative: isRelative, shards: shards,
        loss: try loss(&qualifiers, path)))
  }

  private static func unknown(_ path: String) -> MetricError {
    let names =
      fields.map(\.path) + ["updatesToTarget", "timeToTarget"]
      + noiseMeasures.map { "noise.\($0.path)" } + ["workers[slowest].updates", "axis.workers"]
    return .unknown(path: path, nearest: Suggestion.nearest(to: path, among: names))
  }
}
