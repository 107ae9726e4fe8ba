import LockstepCore
import LockstepRuns
import Synchronization

/// Models with their data, shared by the runs that need the same.
///
/// **Concurrency:** any thread may ask; whoever asks first builds, and others who want the same wait
/// for it, while different models are built side by side.
final class ModelCache: Sendable {
  private final class Entry: Sendable {
    let model = Mutex<PreparedModel?>(nil)
  }

  private struct State {
    var entries: [String: Entry] = [:]
    /// Keys, the one that was asked for last at the end.
    var order: [String] = []
  }

  private let state = Mutex(State())
  private let capacity: Int
  private let datasets = DatasetCache(capacity: 2)

  /// Creates an empty cache of at most `capacity` models, on the two data sets used last.
  init(capacity: Int) {
    precondition(capacity >= 1)
    self.capacity = capacity
  }

  /// The model of a configuration.
  ///
  /// - Throws: what ``PreparedModel/init(_:)`` throws; nothing is kept of that.
  func model(of configuration: RunConfiguration) throws -> PreparedModel {
    let key = Self.key(configuration)
    let entry = state.withLock { state in
      state.order.removeAll { $0 == key }
      state.order.append(key)
      if let entry = state.entries[key] { return entry }
      let entry = Entry()
      state.entries[key] = entry
      if state.order.count > capacity { state.entries[state.order.removeFirst()] = nil }
      return entry
    }
    return try entry.model.withLock { model in
      if let model { return model }
      let made = try PreparedModel(configuration, sharing: datasets)
      model = made
      return made
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
