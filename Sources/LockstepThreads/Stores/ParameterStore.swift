import LockstepModels
import LockstepParameters
import LockstepTelemetry

/// How one worker reads and updates the shared parameters.
///
/// An iteration calls ``read(_:)``, ``computeGradient(_:clock:)`` and ``push(number:noting:)``, in this
/// order. When it may do so is not the store's business: the worker waits at the clocks and holds the lock,
/// where there is one.
///
/// **Concurrency:** belongs to one worker. Another one's gradient is read in a joint step only, after both
/// have passed the apply condition; a worker writes its own only after both have passed the start condition.
protocol ParameterStore<Scalar>: AnyObject {
  /// The type of the parameters.
  associatedtype Scalar: ModelScalar

  /// The worker's copy of the parameters; `nil` where it reads them where they stand.
  var view: ParameterView<Scalar>? { get }

  /// How several iterations are made in one go; `nil` where each is made by itself.
  var steps: InPlaceSteps<Scalar>? { get }

  /// Is told of the stores of all workers, whose gradients joint steps are made of.
  func join(_ stores: [Self])

  /// Reads what a gradient on some examples needs.
  func read(_ examples: UnsafeBufferPointer<Int32>)

  /// Computes the gradient at what was read.
  ///
  /// - Parameters:
  ///   - examples: those that it was read for.
  ///   - clock: the worker's clock.
  func computeGradient(_ examples: UnsafeBufferPointer<Int32>, clock: Int)

  /// Updates the parameters with the gradient, or with the mean of all workers' in a joint step.
  ///
  /// - Parameters:
  ///   - number: the number of the update in the run, from 0.
  ///   - trace: where the versions that it makes are noted down, if anywhere.
  func push(number: Int, noting trace: TraceBuffer?)
}
