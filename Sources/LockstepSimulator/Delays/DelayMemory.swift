import LockstepCore
import LockstepModels

/// How many old versions a delay-driven run keeps, and what they and the caches take.
public enum DelayMemory {
  /// The size in bytes up to which a history is made for the longest delay there can be.
  ///
  /// Beyond it, the delays that will be drawn are looked at first: the longest of them is often
  /// much shorter.
  static let easyBytes = 64 << 20

  /// The most versions that a law's reads can need.
  static func capacity(of law: DelayLaw, steps: Int) -> Int {
    law.exchange == nil ? min(law.largest, steps) + 1 : 1
  }

  /// An upper bound of the bytes of old versions, of caches and of updates on their way, for one
  /// replica; each thread of the host that runs replicas needs as much.
  ///
  /// It is a double because the product may exceed any integer. What every run needs (the
  /// parameters, a gradient, a view, the optimiser's state) is left out, but for the copies that
  /// each cache of `message` adds.
  ///
  /// - Parameters:
  ///   - law: the law of delays.
  ///   - scope: what a delay is drawn for.
  ///   - configuration: how the run goes.
  ///   - parameters: the number of parameters `n`.
  ///   - scalarBytes: the size of one.
  public static func bytes(
    _ law: DelayLaw, scope: DelayScope, configuration: EngineConfiguration, parameters: Int,
    scalarBytes: Int
  ) -> Double {
    let vector = Double(parameters) * Double(scalarBytes)
    let workers = configuration.workers
    let rounds = (configuration.updates + workers - 1) / workers
    if scope == .read {
      let steps = configuration.decomposition == .blocks ? rounds : configuration.updates
      return vector * Double(capacity(of: law, steps: steps))
    }
    let copies = Double(workers * (1 + configuration.optimizer.statePerParameter))
    let flying = Double(workers) * Double(min(law.largest, rounds) + 1)
    // Twelve bytes a message, in a list that doubles.
    return vector * (copies + flying) + 24 * flying * Double(workers)
  }
}
