import LockstepCore

/// One update as an engine saw it: where it was computed, and what it found when it was applied.
///
/// Everything is a copy, in double precision, so it can be looked at after the run has gone on.
public struct StepObservation: Equatable, Sendable {
  /// The number of updates made before this one; where the updates of a round are applied together,
  /// those of its lower workers count as made.
  public var update: Int
  /// The worker that makes it.
  public var worker: Int
  /// The worker's clock.
  public var clock: Int
  /// The parameters it updates: the worker's shard in `blocks`, all in `samples`.
  public var range: Range<Int>
  /// `w`, `[n]`: the parameters at the moment before the update is applied.
  public var parameters: [Double]
  /// `ŵ`, `[n]`: the view its gradient was computed at; `nil` where every number of it is that of `w`.
  public var view: [Double]?
  /// Whether a rule that reads the parameters reads those of the view, not `w`: where the update is made
  /// whole at its author's own copy of them.
  public var readsView: Bool
  /// The minibatch of the update (of the whole round, where all workers' gradients are averaged).
  public var examples: [Int32]
  /// The optimiser's state vectors before the update, `[n]` each.
  public var state: [[Double]]
  /// The learning rate `η` of the update.
  public var rate: Double
  /// The number of this update of its parameters, from 1 (Adam's bias correction).
  public var step: Int

  /// Creates an observation.
  public init(
    update: Int, worker: Int, clock: Int, range: Range<Int>, parameters: [Double],
    view: [Double]?, readsView: Bool = false, examples: [Int32], state: [[Double]], rate: Double,
    step: Int
  ) {
    self.update = update
    self.worker = worker
    self.clock = clock
    self.range = range
    self.parameters = parameters
    self.view = view == parameters ? nil : view
    self.readsView = readsView
    self.examples = examples
    self.state = state
    self.rate = rate
    self.step = step
  }
}

/// Which updates an engine shows, and to whom.
public struct StepObserver: Sendable {
  /// One update in how many is shown.
  public let every: Int
  /// Called on the thread that runs the engine, while no worker runs.
  public let observe: @Sendable (StepObservation) -> Void

  /// Creates an observer.
  ///
  /// - Parameters:
  ///   - every: one update in how many is shown, at least 1.
  ///   - observe: called with each of them.
  public init(every: Int, observe: @escaping @Sendable (StepObservation) -> Void) {
    precondition(every >= 1, "updates are shown every so often")
    self.every = every
    self.observe = observe
  }
}
