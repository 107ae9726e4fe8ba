/// The law of staleness itself, as it is written after `--delay`: no service times, no gate.
public enum DelaySpecification: Equatable, Sendable {
  /// Always `T` versions.
  case constant(Int)
  /// Uniform on `0 … S`.
  case uniform(Int)
  /// Geometric on 0, 1, 2, … with the given mean.
  case geometric(mean: Double)
  /// Drawn with equal probability from the delays in a file.
  case trace(String)
  /// In `blocks`, foreign shards are refreshed every `K` clocks.
  case exchange(Int)

  /// The names that start a specification, with what follows them.
  public static let forms = [
    "constant:T", "uniform:0..S", "geometric:MEAN", "trace:FILE", "exchange:K",
  ]

  /// The longest delay in versions: the versions that may still be read have to be kept.
  public static let longest = 1_000_000

  /// Reads a law.
  ///
  /// - Throws: ``ConfigurationError`` for another name and for numbers out of range.
  public init(_ text: String) throws(ConfigurationError) {
    let law = try LawReader(text, option: "--delay", forms: Self.forms)
    switch law.name {
    case "constant": self = .constant(try law.integer(0...Self.longest))
    case "exchange": self = .exchange(try law.integer(1...Self.longest))
    case "uniform":
      let bounds = law.argument.split(separator: "..", omittingEmptySubsequences: false)
      guard bounds.count == 2, bounds[0] == "0", let upper = Int(bounds[1]),
        (0...Self.longest).contains(upper)
      else {
        throw law.invalid("write uniform:0..S with a whole number S from 0 to \(Self.longest)")
      }
      self = .uniform(upper)
    case "geometric":
      let mean = try law.numbers(1, above: -1, atMost: Double(Self.longest) / 100)[0]
      guard mean >= 0 else { throw law.invalid("a mean delay is at least 0") }
      self = .geometric(mean: mean)
    case "trace": self = .trace(try law.path())
    default: throw law.unknown()
    }
  }

  /// The spelling on the command line.
  public var specification: String {
    switch self {
    case .constant(let delay): "constant:\(delay)"
    case .uniform(let upper): "uniform:0..\(upper)"
    case .geometric(let mean): "geometric:\(mean)"
    case .trace(let path): "trace:\(path)"
    case .exchange(let clocks): "exchange:\(clocks)"
    }
  }
}

/// What a delay is drawn for.
public enum DelayScope: String, CaseIterable, Sendable {
  /// Each read.
  case read
  /// Each update on its way to each worker's cache.
  case message
}
