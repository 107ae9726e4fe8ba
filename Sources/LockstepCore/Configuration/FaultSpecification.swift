/// What befalls a simulated worker, as it is written after `--fault`:
/// `worker=3,at=1000,kind=stall:500`, `kind=crash` or `kind=restart`.
public struct FaultSpecification: Equatable, Sendable {
  /// The kinds of faults.
  public enum Kind: Equatable, Sendable {
    /// It does nothing for a time: a computation under way takes that much longer.
    case stall(Double)
    /// It never does anything again, and what it was computing is lost.
    case crash
    /// What it was computing is lost, and it begins again at a fresh view. Nothing is lost where it
    /// waits.
    case restart
  }

  /// The worker.
  public let worker: Int
  /// When, in virtual time.
  public let time: Double
  /// What happens.
  public let kind: Kind

  /// Reads a fault.
  ///
  /// - Throws: ``ConfigurationError`` for another key or kind, and for numbers out of range.
  public init(_ text: String) throws(ConfigurationError) {
    var reader = try Specification(pairs: text, option: "--fault")
    let form = "write worker=P,at=TIME,kind=KIND"
    guard let worker = try reader.takeInteger("worker", in: 0...65_535) else {
      throw reader.invalid("the worker is missing; \(form)")
    }
    let longest = ServiceSpecification.longest
    guard let time = try reader.takeNumber("at", in: 0...longest) else {
      throw reader.invalid("the time is missing; \(form)")
    }
    guard let kind = reader.take("kind") else {
      throw reader.invalid("the kind is missing; \(form) with stall:TIME, crash or restart")
    }
    try reader.finish()
    self.worker = worker
    self.time = time
    switch kind {
    case "crash": self.kind = .crash
    case "restart": self.kind = .restart
    case _ where kind.hasPrefix("stall:"):
      guard let duration = Double(kind.dropFirst(6)), duration > 0, duration <= longest else {
        throw reader.invalid("'\(kind)' is not stall:TIME with a number above 0")
      }
      self.kind = .stall(duration)
    default:
      let names = ["stall", "crash", "restart"]
      let hint = Suggestion.hint(Suggestion.nearest(to: kind, among: names))
      throw reader.invalid("kind=\(kind) is not one of stall:TIME, crash, restart\(hint)")
    }
  }

  /// The spelling on the command line.
  public var specification: String {
    let name =
      switch kind {
      case .stall(let duration): "stall:\(duration)"
      case .crash: "crash"
      case .restart: "restart"
      }
    return "worker=\(worker),at=\(time),kind=\(name)"
  }
}
