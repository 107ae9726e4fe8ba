/// The rule that turns a gradient `g` into an update of the parameters `θ`, with rate `η`.
public enum OptimizerSpecification: Equatable, Sendable {
  /// `θ ← θ − η·g`.
  case sgd
  /// Heavy ball (Polyak, 1964): `v ← μ·v + g`, `θ ← θ − η·v`.
  case momentum(Double)
  /// Nesterov (1983), as usually coded (Sutskever et al., 2013):
  /// `v ← μ·v + g`, `θ ← θ − η·(g + μ·v)`.
  case nesterov(Double)
  /// AdaGrad (Duchi, Hazan, Singer, 2011): `s ← s + g²`, `θ ← θ − η·g/(√s + ε)`, `ε = 1e-10`.
  case adagrad
  /// RMSProp (Tieleman, Hinton, 2012): `s ← ρ·s + (1−ρ)·g²`, `θ ← θ − η·g/(√s + ε)`, `ρ = 0.99`,
  /// `ε = 1e-8`.
  case rmsprop
  /// Adam (Kingma, Ba, 2015, algorithm 1) with `β₁ = 0.9`, `β₂ = 0.999`, `ε = 1e-8`.
  case adam

  /// Reads `sgd`, `momentum:M`, `nesterov:M`, `adagrad`, `rmsprop` or `adam`.
  ///
  /// - Throws: ``ConfigurationError`` for another name or for a momentum outside `[0, 1)`.
  public init(_ text: String) throws(ConfigurationError) {
    let specification = try Specification(text, option: "--optimizer")
    try specification.finish()
    func momentum() throws(ConfigurationError) -> Double {
      guard let argument = specification.argument, let value = Double(argument),
        value >= 0, value < 1
      else {
        throw specification.invalid(
          "write \(specification.name):M with 0 ≤ M < 1, for example \(specification.name):0.9")
      }
      return value
    }
    if specification.argument != nil, !["momentum", "nesterov"].contains(specification.name) {
      throw specification.invalid("\(specification.name) takes no argument")
    }
    switch specification.name {
    case "sgd": self = .sgd
    case "momentum": self = .momentum(try momentum())
    case "nesterov": self = .nesterov(try momentum())
    case "adagrad": self = .adagrad
    case "rmsprop": self = .rmsprop
    case "adam": self = .adam
    default:
      let names = ["sgd", "momentum:M", "nesterov:M", "adagrad", "rmsprop", "adam"]
      throw .unknown(
        option: "--optimizer", value: text, choices: names,
        nearest: Suggestion.nearest(
          to: specification.name,
          among: names.map { String($0.prefix { $0 != ":" }) }))
    }
  }

  /// The spelling on the command line.
  public var specification: String {
    switch self {
    case .sgd: "sgd"
    case .momentum(let value): "momentum:\(value)"
    case .nesterov(let value): "nesterov:\(value)"
    case .adagrad: "adagrad"
    case .rmsprop: "rmsprop"
    case .adam: "adam"
    }
  }

  /// The number of state values it keeps for each parameter.
  public var statePerParameter: Int {
    switch self {
    case .sgd: 0
    case .momentum, .nesterov, .adagrad, .rmsprop: 1
    case .adam: 2
    }
  }
}
