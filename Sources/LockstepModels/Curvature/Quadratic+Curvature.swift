/// `∇L = Hx + λx` and `Hv + λv`, by the same product, without the gradient noise.
extension Quadratic: CurvatureObjective where Scalar == Double {
  /// It is one.
  public var isQuadratic: Bool { true }

  /// Makes the buffers of one thread.
  public func makeCurvatureWorkspace(batch: Int) -> Workspace {
    makeWorkspace(batch: batch, range: 0..<parameterCount)
  }

  /// Computes the gradient and a Hessian-vector product, regulariser included.
  public func computeCurvature(
    at view: UnsafePointer<Double>, along direction: UnsafePointer<Double>,
    on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    gradient: UnsafeMutablePointer<Double>?, product: UnsafeMutablePointer<Double>,
    workspace: Workspace
  ) {
    let all = 0..<parameterCount
    if let gradient {
      multiply(view, range: all, into: gradient)
      SquaredNorm.addGradient(of: view, range: all, l2: l2, to: gradient)
    }
    multiply(direction, range: all, into: product)
    SquaredNorm.addGradient(of: direction, range: all, l2: l2, to: product)
  }

  /// Computes the one loss there is, without the regulariser.
  public func computeLosses(
    at view: UnsafePointer<Double>, on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    into losses: UnsafeMutablePointer<Double>, workspace: Workspace
  ) {
    losses[0] = evaluate(at: view, on: set, examples: examples, workspace: workspace).lossSum
  }
}
