import LockstepModels

/// Shows updates right before they are applied.
extension EventRun {
  /// Shows a worker's update if it may be shown: of a round that is applied together the first only.
  ///
  /// - Parameter update: the number of updates before it.
  @inline(never)
  func showUpdate(of worker: Int, update: Int) {
    guard let watch, !roundsAreWhole || update % workers == 0 else { return }
    readParameters()
    let parameters = watch.widened(snapshot.base)
    var view: [Double]?
    if !roundsAreWhole, phases != nil || states[worker].seen < updates {
      view = watch.widened(copiedView(of: worker))
    }
    show(
      worker,
      PartialObservation(
        update: update, step: (isBlocks ? states[worker].clock : updates) + 1, view: view,
        parameters: parameters, state: watch.states()), watch)
  }

  /// A worker's view, in the snapshot where it is in parts.
  private func copiedView(of worker: Int) -> UnsafePointer<Scalar> {
    guard isInParts else { return UnsafePointer(store.values(states[worker].view)) }
    if let views = phases?.views {
      views.copyView(of: worker, into: snapshot.base)
    } else {
      store.copy(at: states[worker].seen, into: snapshot.base)
    }
    return UnsafePointer(snapshot.base)
  }

  /// Shows a joint update: one minibatch of all workers' examples.
  @inline(never)
  func showJointUpdate() {
    guard let watch else { return }
    readParameters()
    watch.show(
      update: updates, worker: 0, clock: updates, range: 0..<count,
      parameters: watch.widened(snapshot.base), view: nil, step: updates + 1, workers: 0..<workers)
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
    guard let watch else { return }
    guard !roundsAreWhole else { return showUpdate(of: worker, update: number) }
    let view = watch.widened(copiedView(of: worker))
    // What is shown of a part is written when its turn comes.
    table.shown[worker] = PartialObservation(
      update: number, step: 0, view: view, parameters: view, state: watch.states())
    watch.claim(number)
    nextShown = watch.next
  }

  /// Notes what a part of an update finds, right before it is made: the shard that it changes, or
  /// everything in `blocks`, where it is the only part.
  @inline(never)
  func showPart(_ worker: Int, of shard: Int, _ table: PhaseTable<Scalar>) {
    guard let watch, var shown = table.shown[worker] else { return }
    if table.states[worker].done == 0 { shown.step = store.number(shard) + 1 }
    for part in isBlocks ? 0..<store.shardCount : shard..<(shard + 1) {
      watch.copy(
        store.place(part), values: store.newestValues(part), into: &shown.parameters,
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
      begun: hasPlaces ? places[worker] : 0)
    nextShown = watch.next
  }
}
