import CSharedMemory

/// How the learning rate changes along a run: by factors that go by the number of the run's update.
///
/// A schedule is a warm-up, or one shape, or a warm-up and the shape that begins when it ends and goes
/// by the updates that are left then.
public struct RateSchedule: Equatable, Sendable {
  /// What the factor does after the warm-up.
  public enum Shape: Equatable, Sendable {
    /// It is 1.
    case constant
    /// It falls in a straight line, from 1 at the start to 0 at the end: `1 − k/N`.
    case linear
    /// It falls along half a cosine, from 1 at the start to 0 at the end: `½·(1 + cos π·k/N)`.
    case cosine
    /// It is multiplied by `factor` after every so many updates: `factor` to the power `⌊k/every⌋`.
    case step(every: Int, factor: Double)
    /// It is what a file says.
    case file(String)
  }

  /// Update `k` of the first so many takes the factor `(k + 1)/warmup`.
  public let warmup: Int
  /// What comes then.
  public let shape: Shape
  /// What the file of the shape says, once it is read; `nil` for other shapes.
  public internal(set) var table: RateTable?

  /// The rate doesn't change.
  public static let constant = RateSchedule(.constant)
  /// The rate falls in a straight line to 0.
  public static let linear = RateSchedule(.linear)
  /// The rate falls along half a cosine to 0.
  public static let cosine = RateSchedule(.cosine)

  /// Creates a schedule.
  public init(_ shape: Shape, warmup: Int = 0) {
    self.shape = shape
    self.warmup = warmup
  }

  /// The schedule with what its file says.
  public func with(_ table: RateTable) -> RateSchedule {
    var schedule = self
    schedule.table = table
    return schedule
  }

  /// Whether the rate reaches 0 at the end of the run.
  public var fallsToZero: Bool { shape == .linear || shape == .cosine }

  /// The share of the learning rate that an update of the run takes.
  ///
  /// - Parameters:
  ///   - number: the update's number in the run, from 0.
  ///   - total: the number of updates of the run.
  /// - Returns: for a rate that falls to 0, from 1 down towards 0, which a run that makes the updates
  ///   it was asked for doesn't reach.
  public func factor(at number: Int, of total: Int) -> Double {
    RateFactors(self, updates: total).factor(at: number)
  }
}

extension RateSchedule {
  /// What may be written, as help lists it.
  public static let grammar =
    "constant, linear, cosine, step:every=N,factor=F or file:PATH, after warmup:N+ or not, or warmup:N"

  /// The spelling on the command line.
  public var specification: String {
    let text =
      switch shape {
      case .constant: "constant"
      case .linear: "linear"
      case .cosine: "cosine"
      case .step(let every, let factor): "step:every=\(every),factor=\(factor)"
      case .file(let path): "file:\(path)"
      }
    if warmup == 0 { return text }
    return "warmup:\(warmup)" + (shape == .constant ? "" : "+\(text)")
  }

  /// Reads `warmup:N`, a shape, or `warmup:N+` and a shape.
  ///
  /// - Throws: ``ConfigurationError`` for anything else.
  public init(_ text: String) throws(ConfigurationError) {
    func invalid(_ reason: String) -> ConfigurationError {
      .invalid(option: "--schedule", value: text, reason: reason)
    }
    guard text.hasPrefix("warmup") else {
      self.init(try Self.shape(text, of: text))
      return
    }
    let parts = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts[0].hasPrefix("warmup:"), let updates = Int(parts[0].dropFirst("warmup:".count)),
      (1...RunConfiguration.largestUpdateCount).contains(updates)
    else {
      throw invalid(
        "write warmup:N with "
          + NumberText.wholeNumber(of: "updates", in: 1...RunConfiguration.largestUpdateCount)
          + ", for example warmup:100")
    }
    if parts.count == 1 {
      self.init(.constant, warmup: updates)
    } else if parts[1].isEmpty {
      throw invalid(
        "the schedule after the '+' is missing; write warmup:\(updates)+linear, for example, "
          + "or leave the + out")
    } else if parts[1].hasPrefix("warmup") {
      throw invalid("a schedule has one warm-up; leave the second one out")
    } else {
      self.init(try Self.shape(String(parts[1]), of: text), warmup: updates)
    }
  }

  private static func shape(
    _ text: String, of whole: String
  ) throws(ConfigurationError) -> Shape {
    var specification = try Specification(
      text, option: "--schedule", argumentIsPath: text.hasPrefix("file:"))
    func invalid(_ reason: String) -> ConfigurationError {
      .invalid(option: "--schedule", value: whole, reason: reason)
    }
    let shape: Shape
    switch specification.name {
    case "constant": shape = .constant
    case "linear": shape = .linear
    case "cosine": shape = .cosine
    case "step":
      guard specification.argument == nil,
        let every = try specification.takeInteger(
          "every", in: 1...RunConfiguration.largestUpdateCount),
        let factor = try specification.takeNumber("factor", in: 0...1), factor > 0
      else {
        throw invalid("write step:every=N,factor=F with N ≥ 1 updates and 0 < F ≤ 1")
      }
      shape = .step(every: every, factor: factor)
    case "file":
      guard let path = specification.argument else {
        throw invalid("write file:PATH; the file has one factor a line")
      }
      return .file(path)
    default:
      let names = ["constant", "linear", "cosine", "step", "file", "warmup"]
      throw .unknown(
        option: "--schedule", value: whole,
        choices: [
          "constant", "linear", "cosine", "step:every=N,factor=F", "file:PATH", "warmup:N",
          "warmup:N+…",
        ], nearest: Suggestion.nearest(to: specification.name, among: names))
    }
    try specification.finish()
    if specification.argument != nil {
      throw invalid("\(specification.name) takes no argument")
    }
    return shape
  }
}

/// The factors of a rate from a file: each holds from an update on, until the next.
public final class RateTable: @unchecked Sendable, Equatable {
  // Invariant behind @unchecked: nothing is written after it has been made.

  /// From an update on, the rate is multiplied by a factor.
  public struct Entry: BitwiseCopyable, Equatable, Sendable {
    /// The first update, by its number in the run.
    public var update: Int
    /// The factor.
    public var factor: Double

    /// Creates an entry.
    public init(update: Int, factor: Double) {
      self.update = update
      self.factor = factor
    }
  }

  let entries: UnsafeMutableBufferPointer<Entry>

  /// Makes a table.
  ///
  /// - Parameter entries: ascending by their updates, the first of which is 0.
  public init(_ entries: [Entry]) {
    precondition(entries.first?.update == 0, "a table of rates begins with the first update")
    self.entries = .allocate(capacity: entries.count)
    _ = self.entries.initialize(from: entries)
  }

  deinit { entries.deallocate() }

  /// Whether two tables hold the same.
  public static func == (first: RateTable, second: RateTable) -> Bool {
    first.entries.elementsEqual(second.entries)
  }
}

/// The factors of a schedule along a run of known length, for the hot loop.
///
/// Whoever keeps one keeps its schedule, too, whose table it looks into.
public struct RateFactors: @unchecked Sendable {
  // Invariant behind @unchecked: the table doesn't change.
  private enum Shape: BitwiseCopyable {
    case constant, linear, cosine
    case step(every: Int, factor: Double)
    case table(UnsafePointer<RateTable.Entry>, count: Int)
  }

  /// Whether every factor is 1.
  public let isConstant: Bool
  /// Whether they fall in a straight line from the start.
  @usableFromInline let isLinear: Bool
  /// The number of updates after the warm-up, at least 1.
  @usableFromInline let updates: Int
  private let warmup: Int
  private let shape: Shape

  /// Prepares the factors of a run.
  ///
  /// - Parameters:
  ///   - schedule: a schedule, whose file has been read where it has one.
  ///   - updates: the number of updates of the run.
  public init(_ schedule: RateSchedule, updates: Int) {
    isConstant = schedule == .constant
    isLinear = schedule == .linear
    warmup = schedule.warmup
    self.updates = max(1, updates - schedule.warmup)
    switch schedule.shape {
    case .constant: shape = .constant
    case .linear: shape = .linear
    case .cosine: shape = .cosine
    case .step(let every, let factor): shape = .step(every: every, factor: factor)
    case .file:
      guard let entries = schedule.table?.entries, let base = entries.baseAddress else {
        preconditionFailure("the file of a schedule is read before the run")
      }
      shape = .table(base, count: entries.count)
    }
  }

  /// The factor of an update, by its number in the run, from 0.
  @inlinable
  @inline(__always)
  public func factor(at number: Int) -> Double {
    isLinear ? linearFactor(at: number) : anyFactor(at: number)
  }

  @inlinable
  @inline(__always)
  func linearFactor(at number: Int) -> Double {
    max(0, 1 - Double(number) / Double(updates))
  }

  @usableFromInline
  func anyFactor(at number: Int) -> Double {
    if number < warmup { return Double(number + 1) / Double(warmup) }
    let number = number - warmup
    switch shape {
    case .constant: return 1
    case .linear: return linearFactor(at: number)
    case .cosine:
      // ½·(1 + cos x) is the square of cos ½x, which is exact to the last digits near 0 as well.
      let root = PortableMath.cosine(ofHalfTurns: 0.5 * min(1, Double(number) / Double(updates)))
      return root * root
    case .step(let every, let factor): return lockstep_whole_power(factor, number / every)
    case .table(let entries, let count):
      // The last entry that begins no later.
      var (low, high) = (0, count)
      while high - low > 1 {
        let middle = low + (high - low) / 2
        if entries[middle].update <= number { low = middle } else { high = middle }
      }
      return entries[low].factor
    }
  }
}
