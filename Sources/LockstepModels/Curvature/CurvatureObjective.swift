/// An objective that can multiply by its own Hessian, exactly.
///
/// With `L` the mean loss over some examples, regulariser included, `H = ∇²L` is never formed:
/// `Hv = d/dt ∇L(w + t·v)` at `t = 0` is computed by differentiating the gradient's own computation
/// in the direction `v` (forward over reverse). No step size is chosen, so nothing is lost to one.
/// In double precision only: what it serves are differences of nearly equal numbers.
///
/// Where a loss has kinks (`max(0, x)`, the hinge), `H` is the Hessian of the smooth piece that `w`
/// lies in, with the conventions of the gradient at a kink itself.
///
/// **Concurrency:** as ``Objective``: immutable; each thread has a workspace of its own.
///
/// **Reference:** Pearlmutter, *Fast Exact Multiplication by the Hessian*, Neural Computation 6,
/// 1994.
public protocol CurvatureObjective<CurvatureWorkspace>: Objective where Scalar == Double {
  /// The private buffers of one thread; every allocation is made when the workspace is.
  associatedtype CurvatureWorkspace: AnyObject

  /// Whether `L` is a quadratic function of the parameters, so that `H` is the same everywhere and
  /// `L(w + δ) − L(w) − ∇L(w)ᵀδ = ½·δᵀHδ` holds without remainder.
  var isQuadratic: Bool { get }

  /// `λ` of the regulariser `½·λ‖w‖²`, at least 0.
  var l2: Double { get }

  /// Makes the buffers for products over up to `batch` examples.
  ///
  /// - Parameter batch: the largest number of examples of one call, at least 1.
  func makeCurvatureWorkspace(batch: Int) -> CurvatureWorkspace

  /// Computes the gradient and a Hessian-vector product of the mean loss over some examples,
  /// regulariser included, without any gradient noise that the objective adds for training.
  ///
  /// - Parameters:
  ///   - view: `w`, `[n]`, private memory.
  ///   - direction: `v`, `[n]`, private memory.
  ///   - set: which set the examples are numbers in; held-out examples only where there are any.
  ///   - examples: any number of them; ignored by an objective without data.
  ///   - gradient: `∇L(w)`, `[n]`, private memory, overwritten; `nil` where only the product is
  ///     wanted, which saves the work.
  ///   - product: `Hv`, `[n]`, private memory, overwritten; apart from `direction`.
  ///   - workspace: the calling thread's buffers.
  /// - Complexity: a constant times that of the gradient.
  func computeCurvature(
    at view: UnsafePointer<Double>, along direction: UnsafePointer<Double>,
    on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    gradient: UnsafeMutablePointer<Double>?, product: UnsafeMutablePointer<Double>,
    workspace: CurvatureWorkspace)

  /// Computes the loss of each of some examples, without the regulariser.
  ///
  /// One by one, so that a difference between two points can be taken example by example before it
  /// is added up: a sum of losses has the rounding error of the sum, a sum of differences that of
  /// the differences.
  ///
  /// - Parameters:
  ///   - view: `w`, `[n]`, private memory.
  ///   - set: which set the examples are numbers in; held-out examples only where there are any.
  ///   - examples: any number of them; an objective without data counts as one example instead.
  ///   - losses: `[examples.count]`, for an objective without data `[1]`; overwritten.
  ///   - workspace: the calling thread's buffers.
  func computeLosses(
    at view: UnsafePointer<Double>, on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    into losses: UnsafeMutablePointer<Double>, workspace: CurvatureWorkspace)
}
