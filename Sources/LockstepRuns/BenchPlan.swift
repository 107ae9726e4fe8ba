import LockstepCore

/// What `lockstep bench` measures: the cross product of its axes, each configuration several times.
public struct BenchPlan: Sendable {
  /// How long a measured run is.
  public enum Length: Equatable, Sendable {
    /// About so many seconds: a warm-up run finds out how many updates that takes.
    case seconds(Double)
    /// Exactly so many updates.
    case updates(Int)
    /// Exactly so many passes over the training set.
    case epochs(Double)
  }

  /// The models.
  public var models: [ModelSpecification]
  /// The policies.
  public var policies: [any SynchronizationPolicy]
  /// What the workers divide.
  public var decompositions: [Decomposition]
  /// The numbers of workers.
  public var workers: [Int]
  /// The pin plans, as written after `--pin`.
  public var pins: [String]
  /// The options that all configurations share; its axes are not looked at.
  public var shared: RunConfiguration
  /// How long a measured run is.
  public var length: Length
  /// How often each configuration is measured.
  public var runs: Int
  /// About how long each measurement of the machine's own limits takes, in seconds.
  public var limitSeconds: Double

  /// The largest number of runs of one configuration.
  public static let largestRunCount = 10_000
  /// The longest run in seconds.
  public static let longestSeconds = 86_400.0

  /// Creates a plan.
  ///
  /// - Parameters:
  ///   - models: the models.
  ///   - policies: the policies.
  ///   - decompositions: what the workers divide.
  ///   - workers: the numbers of workers.
  ///   - pins: the pin plans.
  ///   - shared: the options that all configurations share.
  ///   - length: how long a measured run is.
  ///   - runs: how often each configuration is measured.
  ///   - limitSeconds: about how long each measurement of the machine's limits takes.
  /// - Throws: ``ConfigurationError`` for an axis without a value, a number out of range, or a
  ///   configuration that cannot be, by its name.
  public init(
    models: [ModelSpecification], policies: [any SynchronizationPolicy],
    decompositions: [Decomposition], workers: [Int], pins: [String], shared: RunConfiguration,
    length: Length, runs: Int, limitSeconds: Double
  ) throws(ConfigurationError) {
    self.models = models
    self.policies = policies
    self.decompositions = decompositions
    self.workers = workers
    self.pins = pins
    self.shared = shared
    self.length = length
    self.runs = runs
    self.limitSeconds = limitSeconds
    try validate()
  }

  private func validate() throws(ConfigurationError) {
    guard (1...Self.largestRunCount).contains(runs) else {
      throw .invalid(
        option: "--runs", value: "\(runs)",
        reason: "write a whole number from 1 to \(Self.largestRunCount)")
    }
    if case .seconds(let seconds) = length {
      guard seconds > 0, seconds <= Self.longestSeconds else {
        throw .invalid(
          option: "--seconds", value: "\(seconds)",
          reason: "a run lasts more than 0 and at most \(Int(Self.longestSeconds)) seconds")
      }
    }
    let axes = [
      ("--model", models.count), ("--policy", policies.count),
      ("--decomposition", decompositions.count), ("--workers", workers.count),
      ("--pin", pins.count),
    ]
    for (option, count) in axes where count == 0 {
      throw .conflict(reason: "\(option) needs at least one value")
    }
    for configuration in configurations { try configuration.validate() }
  }

  /// Every configuration once: by model, pin, decomposition, policy, and the workers last.
  public var configurations: [RunConfiguration] {
    var result: [RunConfiguration] = []
    for model in models {
      for pin in pins {
        for decomposition in decompositions {
          for policy in policies {
            for count in workers {
              var configuration = shared
              configuration.model = model
              configuration.pin = pin
              configuration.decomposition = decomposition
              configuration.policy = policy
              configuration.workers = count
              switch length {
              case .seconds: break
              case .updates(let updates): configuration.updates = updates
              case .epochs(let epochs): configuration.epochs = epochs
              }
              result.append(configuration)
            }
          }
        }
      }
    }
    return result
  }

  /// The order in which one repetition goes through the configurations.
  ///
  /// Each repetition begins further along, so that a machine that slows down over time slows all
  /// configurations alike.
  ///
  /// - Parameters:
  ///   - repetition: the repetition, from 0.
  ///   - count: the number of configurations.
  ///   - runs: the number of repetitions.
  public static func order(ofRepetition repetition: Int, of count: Int, runs: Int) -> [Int] {
    guard count > 0 else { return [] }
    let step = max(1, count / max(1, runs))
    let first = repetition * step % count
    return (0..<count).map { (first + $0) % count }
  }

  /// A configuration in a few words, for messages.
  public static func name(of configuration: RunConfiguration) -> String {
    let workers = configuration.workers
    return "\(configuration.model.specification), \(configuration.policy.specification), "
      + "\(configuration.decomposition.rawValue), "
      + "\(NumberText.counted(workers, "worker")), pin \(configuration.resolvedPin)"
  }
}
