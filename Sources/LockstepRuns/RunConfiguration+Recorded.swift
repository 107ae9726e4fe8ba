import LockstepCore
import LockstepModels
import LockstepTelemetry

extension RunConfiguration {
  /// The configuration of a run by the options in its record.
  ///
  /// - Throws: ``ConfigurationError`` for what is missing or makes no run.
  init(recorded values: [String: ConfigurationValue]) throws(ConfigurationError) {
    func text(_ key: String) -> String? {
      switch values[key] ?? .null {
      case .text(let text): text
      case .integer(let number): "\(number)"
      case .number(let number): "\(number)"
      case .null: nil
      }
    }
    func need(_ key: String) throws(ConfigurationError) -> String {
      guard let text = text(key) else {
        throw .conflict(reason: "the record of the run has no '\(key)'")
      }
      return text
    }
    func choice<Choice: RawRepresentable>(
      _ key: String, _ type: Choice.Type
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
      let text = try need(key)
      guard let choice = Choice(rawValue: text) else {
        throw .conflict(reason: "the record of the run has the \(key) '\(text)', which is none")
      }
      return choice
    }
    func number<Number: LosslessStringConvertible>(
      _ key: String, _ type: Number.Type
    ) throws(ConfigurationError) -> Number {
      guard let number = Number(try need(key)) else {
        throw .conflict(reason: "the record of the run has no number '\(key)'")
      }
      return number
    }
    var model = try need("model")
    if let positive = text("positiveClass"), !model.contains("positive=") {
      model += (model.contains(":") ? "," : ":") + "positive=\(positive)"
    }
    self.init(model: try ModelSpecification(model))
    if let text = text("data") { data = try DataSpecification(text) }
    if let text = text("heldOut") { heldOut = try HeldOut(text) }
    decomposition = try choice("decomposition", Decomposition.self)
    policy = try PolicySpecification.parse(try need("policy"))
    workers = try number("workers", Int.self)
    optimizer = try OptimizerSpecification(try need("optimizer"))
    learningRate = try number("learningRate", Double.self)
    schedule = try RateSchedule(try need("schedule"))
    if text("clip") != nil { clip = try number("clip", Double.self) }
    if let text = text("batch") { batch = try BatchSize(text) }
    sampling = try choice("sampling", SamplingMethod.self)
    updates = try number("updates", Int.self)
    seed = try number("seed", UInt64.self)
    kernels = try choice("kernels", KernelChoice.self)
    initialParametersPath = text("init")
    minibatchesPath = text("batches")
  }

  /// The type of a recorded run's parameters.
  static func precision(
    _ values: [String: ConfigurationValue]
  ) throws(ConfigurationError) -> Precision {
    guard case .text(let text) = values["precision"] ?? .null, let value = Precision(rawValue: text)
    else { throw .conflict(reason: "the record of the run has no 'precision'") }
    return value
  }
}
