import LockstepCore
import LockstepModels
import LockstepParameters

/// Takes the observations of a simulated run and hands them to the observer.
///
/// Nothing of the run is touched: the minibatches come from a feed of its own, everything else is
/// copied.
///
/// **Concurrency:** used by the thread that runs the engine.
final class StepWatch<Scalar: ModelScalar>: Archivable {
  /// The number of the next update to be shown.
  var next: Int { schedule.next }

  private var schedule: ObservationSchedule
  private let observer: StepObserver
  private var feed: MinibatchFeed
  private let count: Int
  private let state: OptimizerState<Scalar>
  private let optimizer: Optimizer<Scalar>

  /// Begins to watch.
  ///
  /// - Parameters:
  ///   - observer: who looks on.
  ///   - configuration: how the run goes.
  ///   - round: the number of updates of a round of which only the first is shown.
  ///   - exampleCount: the number of training examples.
  ///   - count: the number of parameters `n`.
  ///   - state: the optimiser's state, `[n]` each.
  ///   - optimizer: the rule.
  init(
    _ observer: StepObserver, _ configuration: EngineConfiguration, round: Int,
    exampleCount: Int, count: Int, state: OptimizerState<Scalar>, optimizer: Optimizer<Scalar>
  ) {
    self.observer = observer
    self.count = count
    self.state = state
    self.optimizer = optimizer
    schedule = ObservationSchedule(every: observer.every, round: round)
    feed = configuration.feed(exampleCount: exampleCount)
  }

  /// Passes on to the updates after one that will be shown later on.
  func claim(_ update: Int) { schedule.advance(past: update) }

  /// Shows an update.
  ///
  /// - Parameters:
  ///   - update: the number of updates before it.
  ///   - worker: who makes it.
  ///   - clock: its worker's clock.
  ///   - range: the parameters it updates.
  ///   - parameters: `w`, `[n]`.
  ///   - view: `ŵ`; `nil` for `w`.
  ///   - readsView: whether a rule that reads the parameters reads those of the view.
  ///   - step: the number of this update of its parameters, from 1.
  ///   - workers: those whose minibatches it is made of.
  ///   - vectors: the optimiser's state vectors before the update, `[n]` each; `nil` for as they are.
  ///   - copy: which of the copies of the optimiser's state is meant.
  ///   - number: the number by which the schedule gives the update its rate; `nil` for `update`.
  ///   - begun: the number of iterations begun before it, where that names its minibatch.
  func show(
    update: Int, worker: Int, clock: Int, range: Range<Int>, parameters: [Double],
    view: [Double]?, readsView: Bool = false, step: Int, workers: Range<Int>,
    state vectors: [[Double]]? = nil,
    copy: Int = 0, number: Int? = nil, begun: Int = 0
  ) {
    var examples: [Int32] = []
    feed.visit(workers, at: clock, begun: begun) { examples += $0 }
    if update >= schedule.next { schedule.advance(past: update) }
    observer.observe(
      StepObservation(
        update: update, worker: worker, clock: clock, range: range, parameters: parameters,
        view: view, readsView: readsView, examples: examples, state: vectors ?? states(copy: copy),
        rate: Double(optimizer.rate(at: number ?? update)),
        step: step))
  }

  /// The optimiser's state vectors as they are.
  ///
  /// - Parameter copy: which of their copies is meant.
  func states(copy: Int = 0) -> [[Double]] {
    [state.first, state.second].compactMap { $0 }.map { widened($0 + copy * count) }
  }

  /// Copies a part of the parameters and of the optimiser's state in double precision.
  ///
  /// - Parameters:
  ///   - place: the part.
  ///   - values: `[place.count]`, its parameters.
  ///   - parameters: `[n]`, where they go.
  ///   - vectors: `[n]` each, where the state goes.
  func copy(
    _ place: ShardSpan, values: UnsafePointer<Scalar>, into parameters: inout [Double],
    state vectors: inout [[Double]]
  ) {
    for offset in 0..<place.count {
      parameters[place.start + offset] = Double(values[offset])
    }
    for (order, vector) in [state.first, state.second].compactMap({ $0 }).enumerated() {
      for index in place.start..<(place.start + place.count) {
        vectors[order][index] = Double(vector[index])
      }
    }
  }

  /// Transfers which update is shown next.
  func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.part("schedule", &schedule)
  }

  /// A vector in double precision.
  func widened(_ vector: UnsafePointer<Scalar>) -> [Double] {
    (0..<count).map { Double(vector[$0]) }
  }

  private func widened(_ vector: UnsafeMutablePointer<Scalar>) -> [Double] {
    widened(UnsafePointer(vector))
  }
}
