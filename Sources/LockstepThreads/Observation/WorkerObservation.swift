import LockstepCore
import LockstepModels
import LockstepParameters

/// One worker's part in observing: when its turn comes, and what it copies then.
///
/// **Concurrency:** belongs to one worker.
final class WorkerObservation<Scalar: ModelScalar> {
  private let desk: ObservationDesk<Scalar>
  private let worker: Int
  private var turns: ObservationTurns
  private var earliest = 0
  private var latest: ObservationSlot<Scalar>?

  /// Begins before the worker's first iteration.
  init(at desk: ObservationDesk<Scalar>, worker: Int) {
    self.desk = desk
    self.worker = worker
    turns = ObservationTurns(
      every: desk.every, worker: worker, workers: desk.budget.workers, budget: desk.budget,
      kind: desk.kind)
  }

  /// Begins a stretch.
  ///
  /// - Parameter clock: the worker's clock.
  /// - Returns: the clock from which on an update is to be observed.
  func begin(at clock: Int) -> Int {
    earliest = clock + desk.delay
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
    guard let slot = desk.claim() else { return Int.max }
    let count = desk.parameters.layout.parameterCount
    let isJoined = desk.kind == .joined
    if isJoined {
      slot.parameters.update(from: view, count: count)
    } else {
      desk.parameters.copyAll(into: slot.parameters)
      slot.view.update(from: view, count: count)
    }
    for (index, vector) in slot.state.enumerated() {
      desk.parameters.copyState(index, into: vector)
    }
    slot.clearExamples()
    if desk.budget.isJoint {
      feed.visit(0..<desk.budget.workers, at: clock) { slot.add($0) }
      feed.advance(to: clock)
    } else {
      slot.add(feed.examples)
    }
    slot.facts = ObservationSlot.Facts(
      update: isJoined ? (desk.budget.isJoint ? clock : clock * desk.budget.workers) : made,
      worker: worker, clock: clock, range: range, hasView: !isJoined, rate: rate, step: step)
    latest = slot
    turns.advance()
    return max(turns.clock, earliest)
  }

  /// Takes back the observation of an update that is not going to be made.
  func takeBack(clock: Int) {
    if latest?.facts?.clock == clock { latest?.facts = nil }
  }
}
