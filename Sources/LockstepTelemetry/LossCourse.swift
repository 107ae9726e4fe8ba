import LockstepCore
import LockstepModels

/// The losses of one run, as it goes: when they are looked at, whether they end it, and their record.
///
/// **Concurrency:** used by one thread, while nobody writes the parameters that it is given.
package final class LossCourse<Scalar: ModelScalar> {
  package typealias View = UnsafePointer<Scalar>

  private let evaluator: LossEvaluator<Scalar>
  private let configuration: EngineConfiguration
  private var verdict: LossVerdict
  private var record = LossRecord()
  private var latest: SetLoss?

  /// Creates the course of a run.
  ///
  /// - Parameters:
  ///   - model: the objective.
  ///   - configuration: how the run goes: when its loss is looked at, and at which it stops.
  package init(_ model: any Objective<Scalar>, _ configuration: EngineConfiguration) {
    self.configuration = configuration
    evaluator = LossEvaluator(
      model, lanes: configuration.hostThreads, cancellation: configuration.cancellation)
    verdict = LossVerdict(initial: nil, target: configuration.targetLoss)
  }

  /// The latest training loss; `nil` where there is none.
  package var latestLoss: Double? { latest?.loss }

  /// The number of updates at the latest look; `nil` before the first.
  package var latestUpdate: Int? { record.curve.last?.update }

  /// Looks at the first parameters.
  ///
  /// Where the run begins elsewhere than the model itself, the loss at the model's start counts, too.
  ///
  /// - Parameter view: `[n]`.
  /// - Returns: how their loss ends the run; `nil` where it goes on.
  package func begin(at view: View) -> RunStatus? {
    latest = evaluator.evaluate(at: view, on: .training)
    record.initial = latest?.loss
    record.curve = [LossPoint(update: 0, time: 0, loss: latest?.loss)]
    verdict = LossVerdict(
      initial: latest?.loss,
      modelStart: configuration.initialParameters == nil
        ? nil : evaluator.lossAtModelStart(seed: configuration.seed),
      target: configuration.targetLoss)
    return verdict.status(at: latest?.loss)
  }

  /// Looks at the parameters along the way.
  ///
  /// Where no update was made since the last look, there is no new point of the curve. An update that a
  /// crash or an interruption left half-way is no update, but it has changed the parameters.
  ///
  /// - Parameters:
  ///   - view: `[n]`.
  ///   - update: the number of updates made.
  ///   - time: the run's time, in its unit.
  /// - Returns: how their loss ends the run; `nil` where it goes on.
  package func look(at view: View, update: Int, time: Double) -> RunStatus? {
    latest = evaluator.evaluate(at: view, on: .training)
    if latestUpdate != update {
      record.curve.append(LossPoint(update: update, time: time, loss: latest?.loss))
    }
    return verdict.status(at: latest?.loss)
  }

  /// The number of updates at the look after one at a number of updates.
  package func nextLook(after updates: Int) -> Int {
    configuration.looks.next(after: updates, workers: configuration.workers)
  }

  /// The record of a run that has ended.
  ///
  /// The accuracy is that of the held-out set, or of the training set where nothing is held out; a model that
  /// diverged has none.
  ///
  /// - Parameters:
  ///   - view: the last parameters, `[n]`.
  ///   - status: how the run ended.
  package func conclude(at view: View, _ status: RunStatus) -> LossRecord {
    let heldOut = evaluator.evaluate(at: view, on: .heldOut)
    record.final = latest?.loss
    record.heldout = heldOut?.loss
    let looks = record.curve.suffix(2)
    record.targetMissedAt =
      status == .targetReached && looks.count == 2 ? looks.first?.update : nil
    record.accuracy =
      status == .diverged ? nil : heldOut == nil ? latest?.accuracy : heldOut?.accuracy
    return record
  }
}

extension LossCourse: Archivable {
  /// Whether the run can go on from here: its first loss was evaluated, not given up for an interruption.
  package var canBeSaved: Bool { record.initial != nil }

  /// Whether the latest look was given up for an interruption.
  package var isGivenUp: Bool { latest == nil }

  /// Transfers the losses of before, with the rule that decides by them.
  ///
  /// A look that was given up is left out; the run that goes on takes it once more.
  package func transfer(_ archive: StateArchive) throws(CheckpointError) {
    if isGivenUp, let last = record.curve.last, last.loss == nil { record.curve.removeLast() }
    try archive.part("verdict", &verdict)
    try archive.optional("initial", &record.initial)
    var (loss, accuracy) = (latest?.loss, latest?.accuracy)
    try archive.optional("latest", &loss)
    try archive.optional("accuracy", &accuracy)
    latest = loss.map { SetLoss(loss: $0, accuracy: accuracy) }
    var (updates, times) = (record.curve.map(\.update), record.curve.map(\.time))
    var losses = record.curve.map(\.loss)
    try archive.list("curve.updates", &updates)
    try archive.list("curve.times", &times)
    try archive.optionals("curve.losses", &losses)
    try archive.require(
      updates.count == times.count && updates.count == losses.count && !updates.isEmpty,
      "curve.updates")
    guard archive.isRestoring else { return }
    record.curve = updates.indices.map {
      LossPoint(update: updates[$0], time: times[$0], loss: losses[$0])
    }
  }
}
