import LockstepCore
import LockstepParameters

/// The examples of one gradient, and what its random part is keyed by.
public struct Minibatch {
  /// The examples' numbers in the training set; empty for an objective without data.
  public var examples: UnsafeBufferPointer<Int32>
  /// The run's seed.
  public var seed: UInt64
  /// The worker that draws, or 0 where all workers share the draw (`blocks`).
  public var worker: Int
  /// The clock of the draw.
  public var clock: Int

  /// Creates a minibatch.
  @inlinable
  public init(examples: UnsafeBufferPointer<Int32>, seed: UInt64, worker: Int, clock: Int) {
    self.examples = examples
    self.seed = seed
    self.worker = worker
    self.clock = clock
  }
}

/// Which examples an objective is evaluated on.
public enum EvaluationSet: Sendable {
  /// Those it is trained on.
  case training
  /// Those held out.
  case heldOut
}

/// The sums that an evaluation adds up over examples, in double precision.
public struct Evaluation: Sendable, Equatable {
  /// The sum of the examples' losses, without the regulariser.
  public var lossSum: Double
  /// The number of examples classified right; meaningless where the objective isn't a classifier.
  public var correct: Int
  /// The number of examples.
  public var count: Int

  /// Creates the sums.
  public init(lossSum: Double = 0, correct: Int = 0, count: Int = 0) {
    self.lossSum = lossSum
    self.correct = correct
    self.count = count
  }

  /// Adds another part's sums.
  public static func += (sum: inout Evaluation, part: Evaluation) {
    sum.lossSum += part.lossSum
    sum.correct += part.correct
    sum.count += part.count
  }
}

/// A function of the parameters that is minimised: a mean of losses over examples, or, without
/// data, a plain function.
///
/// The parameters are one flat vector `w` of ``parameterCount`` scalars. An objective knows nothing
/// of workers, shards and versions; it computes what it is asked for at a view that it is handed.
///
/// **Concurrency:** immutable, so that any number of threads compute with it at once; whatever a
/// computation scribbles on is in the ``Workspace`` that each thread makes for itself.
public protocol Objective<Scalar>: AnyObject, Sendable {
  /// The type of the parameters.
  associatedtype Scalar: ModelScalar
  /// The private buffers of one thread; every allocation is made when the workspace is.
  associatedtype Workspace: AnyObject
  /// The private buffers of one thread for evaluations.
  associatedtype EvaluationWorkspace: AnyObject

  /// The number of parameters `n`.
  var parameterCount: Int { get }
  /// The number of training examples, 0 for an objective without data.
  var trainingCount: Int { get }
  /// The number of held-out examples, 0 for none.
  var heldOutCount: Int { get }
  /// Whether an evaluation counts right classifications.
  var isClassifier: Bool { get }
  /// The number of scalars that a thread keeps for each example it works on at a time.
  var scalarsPerExample: Int { get }

  /// Writes the parameters that training starts from.
  ///
  /// - Parameters:
  ///   - parameters: `[n]`, private memory, uninitialised.
  ///   - seed: the run's seed.
  func initialize(_ parameters: UnsafeMutablePointer<Scalar>, seed: UInt64)

  /// Makes the buffers for gradients of up to `batch` examples.
  ///
  /// - Parameters:
  ///   - batch: the largest number of examples of one call, at least 1.
  ///   - range: the parameters whose partial derivatives will be asked for.
  func makeWorkspace(batch: Int, range: Range<Int>) -> Workspace

  /// Computes partial derivatives of the mean loss over a minibatch, regulariser included.
  ///
  /// Does no more work than the range needs.
  ///
  /// - Parameters:
  ///   - view: `[n]`, private memory.
  ///   - minibatch: the examples.
  ///   - range: the parameters to differentiate by, within the workspace's range.
  ///   - gradient: `[range.count]`, private memory; overwritten.
  ///   - workspace: the calling thread's buffers.
  func computeGradient(
    at view: UnsafePointer<Scalar>, minibatch: Minibatch, range: Range<Int>,
    into gradient: UnsafeMutablePointer<Scalar>, workspace: Workspace)

  /// Makes the buffers for evaluations of up to `batch` examples.
  ///
  /// - Parameter batch: the largest number of examples of one call, at least 1.
  func makeEvaluationWorkspace(batch: Int) -> EvaluationWorkspace

  /// Adds up the losses of some examples, without the regulariser, in double precision.
  ///
  /// An objective without data counts as one example, whatever `examples` holds.
  ///
  /// - Parameters:
  ///   - view: `[n]`, private memory: the parameters, widened where they are single.
  ///   - set: which set the examples are numbers in.
  ///   - examples: at most as many as the workspace was made for.
  ///   - workspace: the calling thread's buffers.
  func evaluate(
    at view: UnsafePointer<Double>, on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    workspace: EvaluationWorkspace
  ) -> Evaluation

  /// The regulariser `½·λ‖w‖²` at a view, 0 if there is none.
  func regularization(at view: UnsafePointer<Double>) -> Double
}

// Engines hold any objective of their scalar and don't know the types of its workspaces. They call it through
// these; within a call everything is concrete again.
extension Objective {
  /// Computes partial derivatives as ``computeGradient(at:minibatch:range:into:workspace:)`` does.
  ///
  /// - Parameter workspace: one that this objective has made.
  @inlinable
  @inline(__always)
  package func computeGradient(
    at view: UnsafePointer<Scalar>, minibatch: Minibatch, range: Range<Int>,
    into gradient: UnsafeMutablePointer<Scalar>, erased workspace: AnyObject
  ) {
    computeGradient(
      at: view, minibatch: minibatch, range: range, into: gradient,
      workspace: unsafeDowncast(workspace, to: Workspace.self))
  }

  /// Adds up losses as ``evaluate(at:on:examples:workspace:)`` does.
  ///
  /// - Parameter workspace: one that this objective has made.
  package func evaluate(
    at view: UnsafePointer<Double>, on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    erased workspace: AnyObject
  ) -> Evaluation {
    evaluate(
      at: view, on: set, examples: examples,
      workspace: unsafeDowncast(workspace, to: EvaluationWorkspace.self))
  }
}

/// An objective whose examples touch few parameters, and that can therefore read and update the
/// shared vector where it stands, coordinate by coordinate, without a snapshot.
///
/// Only for plain gradient descent without regulariser: anything else moves coordinates that the
/// example doesn't touch.
public protocol InPlaceObjective<Scalar>: Objective {
  /// Whether this objective, with its data and regulariser, can be updated in place.
  var supportsInPlace: Bool { get }

  /// Reads what a minibatch needs from the shared vector and keeps its gradient in the workspace.
  ///
  /// - Parameters:
  ///   - shared: `[n]`, written by others meanwhile.
  ///   - examples: at most as many as the workspace was made for.
  ///   - workspace: the calling thread's buffers.
  func prepareInPlace(
    at shared: UnsafePointer<Scalar>, examples: UnsafeBufferPointer<Int32>, workspace: Workspace)

  /// `w_j ← w_j − η·g_j` for every touched coordinate `j` in a range, with the prepared gradient.
  ///
  /// - Parameters:
  ///   - workspace: the buffers of the thread that prepared, which may be another one.
  ///   - shared: `[n]`, read and written by others meanwhile.
  ///   - range: the coordinates to update.
  ///   - rate: `η`; the gradient is the mean over the prepared examples.
  func applyInPlace(
    _ workspace: Workspace, to shared: UnsafeMutablePointer<Scalar>, range: Range<Int>,
    rate: Scalar)

  /// `w_j ← w_j − η·ḡ_j` for every touched coordinate `j` in a range, with the mean of several workers'
  /// prepared gradients, each added up before it moves anything: the bits are those of the whole gradient.
  ///
  /// - Parameters:
  ///   - workspaces: the buffers of the workers that prepared.
  ///   - shared: `[n]`; nobody else reads or writes the range meanwhile.
  ///   - range: the coordinates to update.
  ///   - rate: `η`.
  ///   - weight: what each gradient weighs in the mean.
  ///   - sums: two vectors `[n]` of zeros, which are zeros again afterwards.
  func applyMeanInPlace(
    _ workspaces: [Workspace], to shared: UnsafeMutablePointer<Scalar>, range: Range<Int>,
    rate: Scalar, weight: Scalar,
    sums: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>))

  /// Prepares and applies one example after another, each to all its coordinates.
  ///
  /// - Parameters:
  ///   - shared: `[n]`, read and written by others meanwhile.
  ///   - examples: their numbers in the training set, in the order of the steps; those beyond
  ///     `count` are the next ones, so that their memory can be fetched ahead of their turn.
  ///   - count: the number of steps.
  ///   - rates: `[count]`, `η` of each step.
  ///   - counter: where each step is counted once it is made.
  func stepInPlace(
    _ shared: UnsafeMutablePointer<Scalar>, examples: UnsafeBufferPointer<Int32>, count: Int,
    rates: UnsafePointer<Scalar>, counter: StepCounter)
}

extension InPlaceObjective {
  /// Reads what a minibatch needs as ``prepareInPlace(at:examples:workspace:)`` does.
  ///
  /// - Parameter workspace: one that this objective has made, as in the calls below.
  package func prepareInPlace(
    at shared: UnsafePointer<Scalar>, examples: UnsafeBufferPointer<Int32>,
    erased workspace: AnyObject
  ) {
    prepareInPlace(
      at: shared, examples: examples, workspace: unsafeDowncast(workspace, to: Workspace.self))
  }

  /// Takes a step as ``applyInPlace(_:to:range:rate:)`` does.
  package func applyInPlace(
    erased workspace: AnyObject, to shared: UnsafeMutablePointer<Scalar>, range: Range<Int>,
    rate: Scalar
  ) {
    applyInPlace(
      unsafeDowncast(workspace, to: Workspace.self), to: shared, range: range, rate: rate)
  }

  /// Takes a step as ``applyMeanInPlace(_:to:range:rate:weight:sums:)`` does.
  package func applyMeanInPlace(
    erased workspaces: [AnyObject], to shared: UnsafeMutablePointer<Scalar>, range: Range<Int>,
    rate: Scalar, weight: Scalar,
    sums: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>)
  ) {
    // An array of objects is laid out alike whatever their class.
    applyMeanInPlace(
      unsafeBitCast(workspaces, to: [Workspace].self), to: shared, range: range, rate: rate,
      weight: weight, sums: sums)
  }
}
