import LockstepCore
import LockstepModels

/// The losses of one run, as it goes: when they are looked at, whether they end it, and their record.
///
/// **Concurrency:** used by one thread, while nobody writes the parameters that it is given.
package final class LossCourse<Model: Objective> {
  package typealias View = UnsafePointer<Model.Scalar>

  private let evaluator: LossEvaluator<Model>
  private let looks: LossLooks
  private let workers: Int
  private let target: Double?
  private var verdict: LossVerdict
  private var record = LossRecord()
  private var latest: SetLoss?

  /// Creates the course of a run.
  ///
  /// - Parameters:
  ///   - evaluator: who evaluates the model.
  ///   - looks: when the training loss is looked at.
  ///   - workers: the number of workers.
  ///   - target: the training loss at which the run stops; `nil` for none.
  package init(_ evaluator: LossEvaluator<Model>, looks: LossLooks, workers: Int, target: Double?) {
    self.evaluator = evaluator
    self.looks = looks
    self.workers = workers
    self.target = target
    verdict = LossVerdict(initial: nil, target: target)
  }

  /// The latest training loss; `nil` where there is none.
  package var latestLoss: Double? { latest?.loss }

  /// The number of updates at the latest look; `nil` before the first.
  package var latestUpdate: Int? { record.curve.last?.update }

  /// Looks at the first parameters.
  ///
  /// - Parameters:
  ///   - view: `[n]`.
  ///   - seed: the seed of the model's own start, where the run begins elsewhere; else `nil`.
  /// - Returns: how their loss ends the run; `nil` where it goes on.
  package func begin(at view: View, besidesModelStart seed: UInt64?) -> RunStatus? {
    latest = evaluator.evaluate(at: view, on: .training)
    record.initial = latest?.loss
    record.curve = [LossPoint(update: 0, time: 0, loss: latest?.loss)]
    verdict = LossVerdict(
      initial: latest?.loss, modelStart: seed.flatMap { evaluator.lossAtModelStart(seed: $0) },
      target: target)
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
  package func nextLook(after updates: Int) -> Int { looks.next(after: updates, workers: workers) }

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
