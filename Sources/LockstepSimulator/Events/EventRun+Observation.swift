import LockstepModels

/// Shows updates right before they are applied.
extension EventRun {
  /// Shows a worker's update if it may be shown: of a round that is applied together the first only.
  @inline(never)
  func showUpdate(of worker: Int) {
    guard let watch, !roundsAreWhole || updates % workers == 0 else { return }
    readParameters()
    let parameters = watch.widened(snapshot)
    var view: [Double]?
    if !roundsAreWhole, states[worker].seen < updates {
      if let shards {
        // The newest parameters are read already.
        shards.copy(at: states[worker].seen, into: snapshot)
        view = watch.widened(snapshot)
      } else {
        view = watch.widened(vector.values(states[worker].view))
      }
    }
    let clock = states[worker].clock
    watch.show(
      update: updates, worker: worker, clock: clock, range: range(of: worker),
      parameters: parameters, view: view, step: isBlocks ? clock + 1 : updates + 1,
      workers: worker..<(worker + 1), number: number(of: worker), begun: places?[worker] ?? 0)
    nextShown = watch.next
  }

  /// Shows a joint update: one minibatch of all workers' examples.
  @inline(never)
  func showJointUpdate() {
    guard let watch else { return }
    readParameters()
    watch.show(
      update: updates, worker: 0, clock: updates, range: 0..<model.parameterCount,
      parameters: watch.widened(snapshot), view: nil, step: updates + 1, workers: 0..<workers)
    nextShown = watch.next
  }

  /// Whether the updates of a round in `blocks` are applied together.
  private var roundsAreWhole: Bool { round > 1 }

  // MARK: Updates that take time

  /// Begins to show an update that begins to be applied.
  ///
  /// Of a round that is applied together only the first is shown, at once: nothing of the round is
  /// applied yet. Any other is shown when its last part is made.
  @inline(never)
  func beginShowing(_ worker: Int, number: Int, _ table: PhaseTable<Scalar>) {
    guard let watch, let shards = table.shards else { return }
    if roundsAreWhole {
      guard number % workers == 0 else { return }
      readParameters()
      show(
        worker,
        PartialObservation(
          update: number, step: states[worker].clock + 1, view: nil,
          parameters: watch.widened(snapshot), state: watch.states()), watch)
    } else {
      shards.copyView(of: worker, into: snapshot)
      let view = watch.widened(snapshot)
      // What is shown of a part is written when its turn comes.
      table.shown[worker] = PartialObservation(
        update: number, step: 0, view: view, parameters: view, state: watch.states())
      watch.claim(number)
    }
    nextShown = watch.next
  }

  /// Notes what a part of an update finds, right before it is made: the shard that it changes, or
  /// everything in `blocks`, where it is the only part.
  @inline(never)
  func showPart(_ worker: Int, of shard: Int, _ table: PhaseTable<Scalar>) {
    guard let watch, let shards = table.shards, var shown = table.shown[worker] else { return }
    if table.states[worker].done == 0 { shown.step = shards.number(shard) + 1 }
    for part in isBlocks ? 0..<shards.count : shard..<(shard + 1) {
      watch.copy(
        shards.place(part), values: shards.newestValues(part), into: &shown.parameters,
        state: &shown.state)
    }
    table.shown[worker] = shown
  }

  /// Shows an update whose parts are all made.
  @inline(never)
  func endShowing(_ worker: Int, _ table: PhaseTable<Scalar>) {
    guard let watch, let shown = table.shown.removeValue(forKey: worker) else { return }
    show(worker, shown, watch)
  }

  private func show(_ worker: Int, _ shown: PartialObservation, _ watch: StepWatch<Scalar>) {
    watch.show(
      update: shown.update, worker: worker, clock: states[worker].clock, range: range(of: worker),
      parameters: shown.parameters, view: shown.view, step: shown.step,
      workers: worker..<(worker + 1), state: shown.state, number: number(of: worker),
      begun: places?[worker] ?? 0)
  }
}
