/// The law of an iteration's virtual duration, as it is written after `--service`; also that of its
/// parts, after `--read-time` and `--apply-time`.
public enum ServiceSpecification: Equatable, Sendable {
  /// Always `T`.
  case constant(Double)
  /// Exponential with the given mean.
  case exponential(mean: Double)
  /// Gamma with the given mean and coefficient of variation.
  case gamma(mean: Double, variation: Double)
  /// Pareto with the given mean and tail index `α > 1`.
  case pareto(mean: Double, tailIndex: Double)
  /// Lognormal with the given mean and coefficient of variation.
  case lognormal(mean: Double, variation: Double)
  /// Worker `p` always takes the `p`-th duration.
  case perWorker([Double])
  /// Drawn with equal probability from the durations in a file.
  case trace(String)
  /// Drawn from what was measured on real threads and stored in a file; the unit is a microsecond.
  case calibrated(String)
  /// No durations: an adversary picks who goes on, as late as the policy lets it keep its victims
  /// waiting. Each update takes a unit of time.
  case adversarial(seed: Int)

  /// The names that start a specification, with what follows them.
  public static let forms = [
    "constant:T", "exponential:MEAN", "gamma:MEAN,CV", "pareto:MEAN,ALPHA", "lognormal:MEAN,CV",
    "per-worker:T1;T2;…", "trace:FILE", "calibrated:FILE",
    "adversarial:SEED",
  ]

  /// The longest duration, in the law's own unit: far beyond it the clock's integers would overflow.
  public static let longest = 1e9

  /// Reads a law.
  ///
  /// - Parameters:
  ///   - text: the law.
  ///   - option: where it is written; only durations of whole iterations can be an adversary's.
  /// - Throws: ``ConfigurationError`` for another name, for a duration that is not a finite number
  ///   above 0 and at most ``longest``, and for a shape out of range.
  public init(_ text: String, option: String = "--service") throws(ConfigurationError) {
    let forms = Self.forms.filter { option == "--service" || !$0.hasPrefix("adversarial:") }
    let law = try LawReader(text, option: option, forms: forms)
    switch law.name {
    case "constant": self = .constant(try law.numbers(1, above: 0, atMost: Self.longest)[0])
    case "exponential":
      self = .exponential(mean: try law.numbers(1, above: 0, atMost: Self.longest)[0])
    case "gamma":
      let values = try law.numbers(2, above: 0, atMost: Self.longest)
      self = .gamma(mean: values[0], variation: values[1])
    case "lognormal":
      let values = try law.numbers(2, above: 0, atMost: Self.longest)
      self = .lognormal(mean: values[0], variation: values[1])
    case "pareto":
      let values = try law.numbers(2, above: 0, atMost: Self.longest)
      guard values[1] > 1 else {
        throw law.invalid("a Pareto law has a mean only for a tail index ALPHA above 1")
      }
      self = .pareto(mean: values[0], tailIndex: values[1])
    case "per-worker":
      self = .perWorker(try law.list(above: 0, atMost: Self.longest))
    case "trace": self = .trace(try law.path())
    case "calibrated": self = .calibrated(try law.path())
    case "adversarial": self = .adversarial(seed: try law.integer(0...Int(Int32.max)))
    default: throw law.unknown()
    }
  }

  /// The spelling on the command line.
  public var specification: String {
    switch self {
    case .constant(let time): "constant:\(time)"
    case .exponential(let mean): "exponential:\(mean)"
    case .gamma(let mean, let variation): "gamma:\(mean),\(variation)"
    case .pareto(let mean, let tailIndex): "pareto:\(mean),\(tailIndex)"
    case .lognormal(let mean, let variation): "lognormal:\(mean),\(variation)"
    case .perWorker(let times): "per-worker:" + times.map { "\($0)" }.joined(separator: ";")
    case .trace(let path): "trace:\(path)"
    case .calibrated(let path): "calibrated:\(path)"
    case .adversarial(let seed): "adversarial:\(seed)"
    }
  }
}
