import LockstepCore
import LockstepRuns

/// Models with their data, shared by the runs that need the same.
final class ModelCache: Sendable {
  private let models: SharedCache<PreparedModel>
  private let datasets: DatasetCache?

  /// Creates an empty cache of at most `capacity` models, which share the two data sets used last or
  /// have their own.
  init(capacity: Int, sharesData: Bool = true) {
    models = SharedCache(capacity: capacity)
    datasets = sharesData ? DatasetCache(capacity: 2) : nil
  }

  /// The model of a configuration.
  ///
  /// - Throws: what ``PreparedModel/init(_:)`` throws; nothing is kept of that.
  func model(of configuration: RunConfiguration) throws -> PreparedModel {
    try models.value(of: Self.key(configuration)) {
      try PreparedModel(configuration, sharing: datasets)
    }
  }

  /// What a prepared model depends on; the seed only where something of it is drawn.
  static func key(_ configuration: RunConfiguration) -> String {
    let names = ["model", "data", "held-out", "kernels", "precision"]
    var parts = names.map { RunIdentity.value(of: $0, in: configuration) ?? "" }
    // Probes of a single-precision run need the model in double precision, too.
    if configuration.noise != nil { parts.append("noise") }
    if configuration.modelDependsOnSeed { parts.append("\(configuration.seed)") }
    return parts.joined(separator: "\n")
  }
}
