import LockstepParameters

/// The buffers of one thread for the curvature of a linear model.
public final class LinearCurvatureWorkspace {
  /// The most examples that are worked on at a time.
  let chunk: Int
  /// `[chunk × featureCount]`, for dense rows.
  let features: UnsafeMutablePointer<Double>
  /// `[chunk]`: margins, then first derivatives.
  let margins: UnsafeMutablePointer<Double>
  /// `[chunk]`: the margins' changes, then second derivatives times those.
  let changes: UnsafeMutablePointer<Double>
  private let arena = Arena()

  init(batch: Int, featureCount: Int) {
    chunk = min(max(1, batch), LinearModel<Double>.largestChunk)
    features = arena.allocate(count: chunk * featureCount)
    margins = arena.allocate(count: chunk)
    changes = arena.allocate(count: chunk)
  }
}

/// `Hv` is the mean of `ℓ″(m, y)·(x·v)·x`, plus `λv`.
extension LinearModel: CurvatureObjective where Scalar == Double {
  /// Least squares is.
  public var isQuadratic: Bool { loss == .squared }

  /// Makes the buffers of one thread.
  public func makeCurvatureWorkspace(batch: Int) -> LinearCurvatureWorkspace {
    LinearCurvatureWorkspace(batch: batch, featureCount: gatheredWidth)
  }

  /// Computes the gradient and a Hessian-vector product, regulariser included.
  public func computeCurvature(
    at view: UnsafePointer<Double>, along direction: UnsafePointer<Double>,
    on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    gradient: UnsafeMutablePointer<Double>?, product: UnsafeMutablePointer<Double>,
    workspace: LinearCurvatureWorkspace
  ) {
    guard let source = set == .training ? training : heldOut else {
      preconditionFailure("there are no held-out examples")
    }
    gradient?.update(repeating: 0, count: parameterCount)
    product.update(repeating: 0, count: parameterCount)
    let share = 1 / Double(max(1, examples.count))
    examples.forEachPart(of: workspace.chunk) { _, part in
      gatherRows(of: source, examples: part, into: workspace.features)
      for (vector, margins) in [(view, workspace.margins), (direction, workspace.changes)] {
        computeMargins(
          at: vector, of: source, examples: part, features: workspace.features, into: margins)
      }
      differentiate(part, of: source, share: share, workspace: workspace)
      if let gradient {
        addRows(of: source, part, times: workspace.margins, to: gradient, workspace: workspace)
      }
      addRows(of: source, part, times: workspace.changes, to: product, workspace: workspace)
    }
    let all = 0..<parameterCount
    if let gradient {
      SquaredNorm.addGradient(of: view, range: all, l2: l2, to: gradient)
    }
    SquaredNorm.addGradient(of: direction, range: all, l2: l2, to: product)
  }

  /// Computes the loss of each of some examples, without the regulariser.
  public func computeLosses(
    at view: UnsafePointer<Double>, on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    into losses: UnsafeMutablePointer<Double>, workspace: LinearCurvatureWorkspace
  ) {
    guard let source = set == .training ? training : heldOut else {
      preconditionFailure("there are no held-out examples")
    }
    examples.forEachPart(of: workspace.chunk) { first, part in
      gatherRows(of: source, examples: part, into: workspace.features)
      computeMargins(
        at: view, of: source, examples: part, features: workspace.features,
        into: workspace.margins)
      for row in 0..<part.count {
        losses[first + row] = loss.value(
          margin: workspace.margins[row], target: source.targets[Int(part[row])])
      }
    }
  }

  /// Replaces margins by `ℓ′/B` and their changes by `ℓ″·change/B`.
  private func differentiate(
    _ examples: UnsafeBufferPointer<Int32>, of source: ExampleSet<Double>, share: Double,
    workspace: LinearCurvatureWorkspace
  ) {
    for row in 0..<examples.count {
      let margin = workspace.margins[row]
      let target = source.targets[Int(examples[row])]
      workspace.margins[row] = loss.derivative(margin: margin, target: target) * share
      workspace.changes[row] *= loss.secondDerivative(margin: margin, target: target) * share
    }
  }

  /// `out ← out + Xᵀc` over the rows of some examples, and `Σ c` for the intercept.
  private func addRows(
    of source: ExampleSet<Double>, _ examples: UnsafeBufferPointer<Int32>,
    times coefficients: UnsafePointer<Double>, to out: UnsafeMutablePointer<Double>,
    workspace: LinearCurvatureWorkspace
  ) {
    if case .sparse(let offsets, let columns, let values) = source.features {
      for (row, example) in examples.enumerated() {
        for entry in offsets[Int(example)]..<offsets[Int(example) + 1] {
          out[Int(columns[entry])] += coefficients[row] * values[entry]
        }
      }
    } else {
      algebra.multiplyVector(
        .transposed, rows: examples.count, columns: featureCount, alpha: 1, a: workspace.features,
        leadingA: featureCount, x: coefficients, beta: 1, y: out)
    }
    if hasIntercept {
      for row in 0..<examples.count { out[featureCount] += coefficients[row] }
    }
  }
}
