import LockstepCore
import LockstepModels
import LockstepParameters

/// One worker's part in observing: when its turn comes, and what it copies then.
///
/// **Concurrency:** belongs to one worker.
final class WorkerObservation<Scalar: ModelScalar> {
  private let buffer: ObservationBuffer<Scalar>
  private let worker: Int
  private var turns: ObservationTurns
  private var earliest = 0
  /// The turns before the latest observation.
  private var turnsBefore: ObservationTurns
  private var latest: ObservationSlot<Scalar>?

  /// Begins before the worker's first iteration.
  init(at buffer: ObservationBuffer<Scalar>, worker: Int) {
    self.buffer = buffer
    self.worker = worker
    turns = ObservationTurns(
      every: buffer.every, worker: worker, workers: buffer.budget.workers, budget: buffer.budget,
      kind: buffer.kind)
    turnsBefore = turns
  }

  /// Begins a stretch.
  ///
  /// - Parameter clock: the worker's clock.
  /// - Returns: the clock from which on an update is to be observed.
  func begin(at clock: Int) -> Int {
    earliest = clock + buffer.delay
    latest = nil
    return max(turns.clock, earliest)
  }

  /// Puts an update down.
  ///
  /// - Parameters:
  ///   - clock: the worker's clock.
  ///   - made: the number of updates that all workers have made, by their clocks.
  ///   - range: the parameters that the worker updates.
  ///   - view: `[n]`, the worker's view.
  ///   - step: the number of this update of the worker's parameters, from 1.
  ///   - rate: the learning rate.
  ///   - feed: the worker's minibatches; its current one stays the current one.
  /// - Returns: the clock from which on the next one is to be observed.
  func take(
    clock: Int, made: Int, range: Range<Int>, view: UnsafePointer<Scalar>, step: Int, rate: Double,
    feed: inout MinibatchFeed
  ) -> Int {
    // What is due and finds no slot is made up for after the next pause.
    guard let slot = buffer.claim() else { return Int.max }
    let count = buffer.parameters.layout.parameterCount
    let isJoined = buffer.kind == .joined
    if isJoined {
      slot.parameters.update(from: view, count: count)
    } else {
      buffer.parameters.copyAll(into: slot.parameters)
      slot.view.update(from: view, count: count)
    }
    for (index, vector) in slot.state.enumerated() {
      buffer.parameters.copyState(index, into: vector)
    }
    slot.clearExamples()
    if buffer.budget.isJoint {
      feed.visit(0..<buffer.budget.workers, at: clock) { slot.add($0) }
      feed.advance(to: clock)
    } else {
      slot.add(feed.examples)
    }
    slot.facts = ObservationSlot.Facts(
      update: isJoined ? (buffer.budget.isJoint ? clock : clock * buffer.budget.workers) : made,
      worker: worker, clock: clock, range: range, hasView: !isJoined, rate: rate, step: step)
    latest = slot
    turnsBefore = turns
    turns.advance()
    return max(turns.clock, earliest)
  }

  /// Takes back the observation of an update that is not going to be made; its turn comes once more.
  func takeBack(clock: Int) {
    guard latest?.facts?.clock == clock else { return }
    latest?.facts = nil
    turns = turnsBefore
  }
}

extension WorkerObservation: Archivable {
  func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.part("turns", &turns)
  }
}
