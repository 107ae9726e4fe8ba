/// How a number of updates is divided among the workers.
///
/// *Joint* updates (`samples` under a policy that joins steps) are made by all workers together:
/// one update is one round. All others are made by one worker each. Under a policy that keeps
/// workers in pace, the updates are dealt out in turn, so the numbers of iterations differ by at
/// most one; otherwise whoever is free takes the next.
public struct UpdateBudget: Equatable, Sendable {
  /// The number of workers.
  public let workers: Int
  /// Whether one update is a whole round.
  public let isJoint: Bool
  /// Whether the updates are dealt out in turn.
  public let isDealt: Bool
  /// Whether the updates of one clock are one step, which takes one rate: a joint update, or a round in
  /// which each worker updates its own shard.
  public let stepsInRounds: Bool

  /// Creates a budget rule.
  public init(workers: Int, isJoint: Bool, isDealt: Bool, stepsInRounds: Bool = false) {
    self.workers = workers
    self.isJoint = isJoint
    self.isDealt = isDealt
    self.stepsInRounds = stepsInRounds || isJoint
  }

  /// Creates the rule of a policy.
  ///
  /// - Parameters:
  ///   - policy: who may start an iteration when.
  ///   - decomposition: what the workers divide.
  ///   - workers: their number.
  public init(
    _ policy: any SynchronizationPolicy, _ decomposition: Decomposition, workers: Int
  ) {
    let rules = policy.rules(for: WorkerID(0), of: max(1, workers))
    self.init(
      workers: workers, isJoint: rules.joinsSteps && decomposition == .samples,
      isDealt: rules.keepsPace, stepsInRounds: rules.joinsSteps)
  }

  /// What one worker's gradient weighs in the update that it becomes part of: `1/P` of a joint one.
  public var gradientWeight: Double { isJoint ? 1 / Double(workers) : 1 }

  /// The number of iterations that a worker makes of a run's first `updates` updates, dealt out.
  public func iterations(of worker: WorkerID, within updates: Int) -> Int {
    if isJoint { return updates }
    return updates / workers + (worker.index < updates % workers ? 1 : 0)
  }

  /// The number in the run, from 0, of the update that a worker makes at a clock, where the updates are
  /// dealt out.
  ///
  /// The schedule of the learning rate goes by it.
  ///
  /// - Returns: for a step of a whole round, the number of its first update.
  @inlinable
  @inline(__always)
  public func number(of worker: WorkerID, at clock: Int) -> Int {
    if isJoint { return clock }
    return clock &* workers &+ (stepsInRounds ? 0 : worker.index)
  }

  /// The smallest number of updates, at least `updates`, at which the workers can pause without
  /// breaking a round in two.
  public func pausePoint(atOrAfter updates: Int) -> Int {
    if isJoint || !isDealt { return updates }
    return (updates + workers - 1) / workers * workers
  }
}
