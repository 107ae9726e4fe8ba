import Synchronization

/// Hands out numbers from 0, each once.
final class SweepCursor: Sendable {
  private let value = Atomic<Int>(0)
  private let count: Int

  init(count: Int) { self.count = count }

  /// The next number; `nil` after the last.
  func next() -> Int? {
    let index = value.wrappingAdd(1, ordering: .relaxed).oldValue
    return index < count ? index : nil
  }
}

/// Counts what came of the runs, from any thread.
final class SweepTally: Sendable {
  private struct State {
    var outcome = SweepOutcome()
    var storeError: StoreError?
  }

  private let state: Mutex<State>
  private let total: Int
  private let report: @Sendable (SweepProgress) -> Void

  init(total: Int, present: Int, _ report: @escaping @Sendable (SweepProgress) -> Void) {
    var first = State()
    first.outcome.present = present
    state = Mutex(first)
    self.total = total
    self.report = report
  }

  /// What came of them.
  var outcome: SweepOutcome { state.withLock { $0.outcome } }
  /// Why records can't be stored.
  var storeError: StoreError? { state.withLock { $0.storeError } }

  /// Counts a run that was carried out and stored.
  func finish() { update { $0.outcome.executed += 1 } }

  /// Notes a run that could not be carried out.
  func fail(_ failure: SweepFailure) { update { $0.outcome.failures.append(failure) } }

  /// Notes why a record could not be stored, the first time.
  func stop(_ error: StoreError) { update { $0.storeError = $0.storeError ?? error } }

  /// Says how far a run is that has the machine to itself.
  func tell(_ run: PlannedRun, _ share: Double, isWarmUp: Bool = false) {
    state.withLock { state in
      var progress = progress(state.outcome)
      progress.activity = (isWarmUp ? "warm-up of " : "") + run.axisText
      progress.share = isWarmUp ? 0 : share
      report(progress)
    }
  }

  private func update(_ body: (inout State) -> Void) {
    state.withLock { state in
      body(&state)
      report(progress(state.outcome))
    }
  }

  private func progress(_ outcome: SweepOutcome) -> SweepProgress {
    SweepProgress(
      finished: outcome.present + outcome.executed + outcome.failures.count, total: total,
      failed: outcome.failures.count)
  }
}
