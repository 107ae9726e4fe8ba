import LockstepCore
import LockstepTelemetry

/// One run of a plan.
public struct PlannedRun: Sendable {
  /// `r-` and a hash of the configuration and the number of its repetition; see ``RunIdentity``.
  public internal(set) var id: String
  /// The part that it belongs to; `nil` where the plan isn't divided.
  public let part: String?
  /// The values of its axes.
  public let axes: [String: ConfigurationValue]
  /// What it does.
  public internal(set) var configuration: RunConfiguration
  /// The number of its seed among its part's seeds, from 0.
  public let round: Int
  /// Which one of several runs of its configuration it is; `nil` where it is the only one.
  public internal(set) var repetition: Repetition?

  /// Creates a run.
  public init(
    id: String, part: String?, axes: [String: ConfigurationValue],
    configuration: RunConfiguration, round: Int
  ) {
    self.id = id
    self.part = part
    self.axes = axes
    self.configuration = configuration
    self.round = round
  }

  /// The values of its axes as people write them, in alphabetical order.
  public var axisText: String {
    axes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }.joined(separator: " ")
  }

  /// The run with another length, its loss taken at the end only where nobody says otherwise.
  func lasting(_ updates: Int) -> PlannedRun {
    var run = self
    run.configuration.epochs = nil
    run.configuration.updates = updates
    run.configuration.lossEvery = configuration.lossEvery ?? updates
    return run
  }

  /// What is wrong with the run, behind its name.
  func complaint(_ reason: String) -> String {
    axes.isEmpty ? reason : "the run with \(axisText): \(reason)"
  }

  /// Whether it has the machine to itself: real threads, and whatever is timed.
  var isExclusive: Bool { configuration.engine == .threads || repetition != nil }

  /// What came of the run.
  func stored(_ record: RunRecord) -> StoredRun {
    var run = StoredRun(id: id, part: part, axes: axes, record: record)
    run.repetition = repetition?.number
    return run
  }
}

extension ConfigurationValue {
  /// A value of an axis: a number where it reads as one.
  public init(axis text: String) {
    if let value = Int(text) {
      self = .integer(value)
    } else if UInt64(text) != nil {
      // Larger than any signed number: written out, as a double would lose its last digits.
      self = .text(text)
    } else if let value = Double(text), value.isFinite {
      self = .number(value)
    } else {
      self = .text(text)
    }
  }

  /// The value as text; nothing for `null`.
  public var text: String {
    switch self {
    case .text(let value): value
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .null: ""
    }
  }
}
