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
    let place = shards?.place(worker)
    watch.show(
      update: updates, worker: worker, clock: clock,
      range: place.map { $0.start..<($0.start + $0.count) } ?? 0..<model.parameterCount,
      parameters: parameters, view: view, step: isBlocks ? clock + 1 : updates + 1,
      workers: worker..<(worker + 1))
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
}
