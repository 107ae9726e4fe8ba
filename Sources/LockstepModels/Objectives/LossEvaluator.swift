import Dispatch
import Foundation
import LockstepCore

/// The mean loss over a whole set of examples.
public struct SetLoss: Equatable, Sendable {
  /// The mean loss, regulariser included; not finite where the parameters have diverged.
  public var loss: Double
  /// The share of examples classified right, for a classifier.
  public var accuracy: Double?

  package init(loss: Double, accuracy: Double?) {
    self.loss = loss
    self.accuracy = accuracy
  }
}

/// Evaluates an objective over a whole set in double precision, on all the cores there are.
///
/// Parameters and examples in single precision are widened, not rounded again.
///
/// The set is cut into chunks of a fixed size whose sums are added in order, so the result doesn't
/// depend on how many threads took part.
///
/// **Concurrency:** one evaluation at a time.
///
/// **Determinism:** the same bits for any number of threads.
public final class LossEvaluator<Scalar: ModelScalar> {
  /// The number of examples of one chunk.
  public static var chunk: Int { 256 }

  private let model: any Objective<Scalar>
  private let lanes: Int
  private let cancellation: Cancellation?
  private var workspaces: [AnyObject] = []
  /// The parameters in double precision, where they are in single.
  private var widened: [Double] = []

  /// Creates an evaluator.
  ///
  /// - Parameters:
  ///   - model: the objective.
  ///   - lanes: the largest number of threads.
  ///   - cancellation: for whose sake an evaluation is given up once it is overdue.
  public init(
    _ model: any Objective<Scalar>, lanes: Int = ProcessInfo.processInfo.activeProcessorCount,
    cancellation: Cancellation? = nil
  ) {
    self.model = model
    self.cancellation = cancellation
    self.lanes = max(1, lanes)
  }

  /// The training loss at the parameters that the model itself starts from.
  ///
  /// - Parameter seed: the run's seed.
  /// - Returns: `nil` if there are no examples.
  public func lossAtModelStart(seed: UInt64) -> Double? {
    var start = [Scalar](repeating: 0, count: model.parameterCount)
    return start.withUnsafeMutableBufferPointer { start in
      guard let base = start.baseAddress else { return nil }
      model.initialize(base, seed: seed)
      return evaluate(at: base, on: .training)?.loss
    }
  }

  /// Evaluates a set.
  ///
  /// - Parameters:
  ///   - view: `[n]`, private memory.
  ///   - set: the set.
  /// - Returns: `nil` if the set is empty, or where the evaluation was given up.
  public func evaluate(at view: UnsafePointer<Scalar>, on set: EvaluationSet) -> SetLoss? {
    if let view = view as? UnsafePointer<Double> { return evaluateExactly(at: view, on: set) }
    if widened.isEmpty { widened = [Double](repeating: 0, count: model.parameterCount) }
    widened.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      Scalar.widen(view, into: base, count: buffer.count)
    }
    return widened.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.flatMap { evaluateExactly(at: $0, on: set) }
    }
  }

  private func evaluateExactly(
    at view: UnsafePointer<Double>, on set: EvaluationSet
  ) -> SetLoss? {
    // An objective without data counts as one example.
    let count = set == .training ? max(1, model.trainingCount) : model.heldOutCount
    guard count > 0 else { return nil }
    let chunks = (count + Self.chunk - 1) / Self.chunk
    let used = min(lanes, chunks)
    while workspaces.count < used {
      workspaces.append(
        model.makeEvaluationWorkspace(batch: min(count, Self.chunk)))
    }
    var sums = [Evaluation](repeating: Evaluation(), count: chunks)
    sums.withUnsafeMutableBufferPointer { sums in
      // Each lane writes only its own chunks' sums and uses only its own workspace, and everything
      // else is read: that is what makes the pointers safe to share.
      nonisolated(unsafe) let sums = sums
      nonisolated(unsafe) let view = view
      nonisolated(unsafe) let workspaces = workspaces
      let model = model
      let cancellation = cancellation
      DispatchQueue.concurrentPerform(iterations: used) { lane in
        let indices = UnsafeMutableBufferPointer<Int32>.allocate(capacity: Self.chunk)
        defer { indices.deallocate() }
        var chunk = lane
        while chunk < chunks, !(cancellation?.isOverdue ?? false) {
          let first = chunk * Self.chunk
          let size = min(Self.chunk, count - first)
          for index in 0..<size { indices[index] = Int32(truncatingIfNeeded: first + index) }
          sums[chunk] = model.evaluate(
            at: view, on: set, examples: UnsafeBufferPointer(rebasing: indices[..<size]),
            erased: workspaces[lane])
          chunk += used
        }
      }
    }
    if cancellation?.isOverdue ?? false { return nil }
    let total = sums.reduce(into: Evaluation(), +=)
    return SetLoss(
      loss: total.lossSum / Double(total.count) + model.regularization(at: view),
      accuracy: model.isClassifier ? Double(total.correct) / Double(total.count) : nil)
  }
}
