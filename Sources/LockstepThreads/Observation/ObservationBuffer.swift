import LockstepCore
import LockstepModels
import LockstepParameters
import Synchronization

/// Where workers put observations down, and the engine hands them to the observer.
///
/// A buffer has a bounded number of slots, all of whose memory is allocated with it. A worker claims
/// a slot and fills it; while the workers rest, the engine empties all of them.
///
/// **Concurrency:** workers may claim slots at the same time, and each writes its own; what the engine
/// does, it does while no worker runs.
final class ObservationBuffer<Scalar: ModelScalar>: @unchecked Sendable {
  // Invariant behind @unchecked: a slot belongs to the worker that claimed it until the workers have
  // been joined, and then to the engine.

  /// How many iterations after a pause a worker takes its first observation at the earliest, where
  /// views are as stale as the run makes them: right after it everybody's view is fresh.
  static var warmUp: Int { 8 }

  /// The shared parameters.
  let parameters: SharedParameters<Scalar>
  /// How the workers share the observations.
  let kind: ObservationTurns.Kind
  /// How the updates are divided among the workers.
  let budget: UpdateBudget
  /// One update in how many is shown.
  let every: Int
  /// How many iterations of the present stretch are to pass before an observation.
  private(set) var delay = 0

  private let observer: StepObserver
  private let slots: [ObservationSlot<Scalar>]
  private let claimed = Atomic<Int>(0)

  /// Allocates the slots.
  init(
    _ observer: StepObserver, _ configuration: EngineConfiguration, _ rules: [WorkerRules],
    parameters: SharedParameters<Scalar>, exampleCount: Int
  ) {
    self.observer = observer
    self.parameters = parameters
    every = observer.every
    budget = configuration.budget
    kind = ObservationTurns.kind(rules)
    let memory = ObservationMemory(
      parameters: parameters.layout.parameterCount, stateVectors: parameters.state.count,
      scalarBytes: MemoryLayout<Scalar>.stride)
    let count = memory.slots(wanted: configuration.updates / observer.every + 1)
    let batch = configuration.largestMinibatch(exampleCount: exampleCount)
    let members = configuration.budget.isJoint ? configuration.workers : 1
    slots = (0..<count).map { _ in
      ObservationSlot(
        parameters: parameters.layout.parameterCount, stateVectors: parameters.state.count,
        examples: batch * members)
    }
  }

  /// The number of updates at which the workers rest for the observer at the latest: where as many
  /// observations are due as there are slots, and half of `every` later, in the middle of nothing.
  func pause(after updates: Int) -> Int {
    let whole = budget.pausePoint(atOrAfter: 1)
    let (due, overflow) = slots.count.multipliedReportingOverflow(by: every)
    guard !overflow else { return Int.max }
    let length = max(1, (due - every / 2) / whole) * whole
    let (sum, isLate) = updates.addingReportingOverflow(length)
    return isLate ? Int.max : sum
  }

  /// Gets ready for a stretch of some updates.
  func prepare(updates: Int) {
    delay = kind == .spread ? min(Self.warmUp, updates / (2 * budget.workers)) : 0
  }

  /// Claims a slot.
  ///
  /// - Returns: `nil` when all are used; then the worker tries again after the next pause.
  func claim() -> ObservationSlot<Scalar>? {
    // Relaxed: joining the workers orders what they write.
    let index = claimed.wrappingAdd(1, ordering: .relaxed).oldValue
    return index < slots.count ? slots[index] : nil
  }

  /// Hands everything to the observer, in the order of the updates, and empties the slots.
  ///
  /// - Parameter isStopped: whether nobody wants to see any more; asked before each.
  func handOver(isStopped: () -> Bool) {
    let used = min(slots.count, claimed.load(ordering: .relaxed))
    claimed.store(0, ordering: .relaxed)
    let filled = slots[..<used].sorted { ($0.facts?.update ?? 0) < ($1.facts?.update ?? 0) }
    for slot in filled {
      if isStopped() {
        slot.facts = nil
      } else if let observation = slot.take() {
        observer.observe(observation)
      }
    }
  }
}
