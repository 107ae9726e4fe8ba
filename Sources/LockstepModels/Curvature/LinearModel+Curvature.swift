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
    var first = 0
    while first < examples.count {
      let count = min(workspace.chunk, examples.count - first)
      let part = UnsafeBufferPointer(rebasing: examples[first..<(first + count)])
      if case .sparse(let offsets, let columns, let values) = source.features {
        for row in 0..<count {
          let entries = offsets[Int(part[row])]..<offsets[Int(part[row]) + 1]
          workspace.margins[row] = sparseMargin(
            at: view, columns: columns, values: values, entries: entries)
          workspace.changes[row] = sparseMargin(
            at: direction, columns: columns, values: values, entries: entries)
        }
        differentiate(part, of: source, share: share, workspace: workspace)
        for row in 0..<count {
          for entry in offsets[Int(part[row])]..<offsets[Int(part[row]) + 1] {
            let column = Int(columns[entry])
            if let gradient { gradient[column] += workspace.margins[row] * values[entry] }
            product[column] += workspace.changes[row] * values[entry]
          }
        }
      } else if let ids = part.baseAddress {
        FeatureRows.gather(
          source.features, stored: source.featureCount, examples: ids, count: count,
          width: featureCount, into: workspace.features)
        multiply(view, count: count, into: workspace.margins, workspace: workspace)
        multiply(direction, count: count, into: workspace.changes, workspace: workspace)
        differentiate(part, of: source, share: share, workspace: workspace)
        if let gradient {
          multiplyTransposed(workspace.margins, count: count, into: gradient, workspace: workspace)
        }
        multiplyTransposed(workspace.changes, count: count, into: product, workspace: workspace)
      }
      if hasIntercept {
        for row in 0..<count {
          if let gradient { gradient[featureCount] += workspace.margins[row] }
          product[featureCount] += workspace.changes[row]
        }
      }
      first += count
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
    var first = 0
    while first < examples.count {
      let count = min(workspace.chunk, examples.count - first)
      let part = UnsafeBufferPointer(rebasing: examples[first..<(first + count)])
      if case .sparse(let offsets, let columns, let values) = source.features {
        for row in 0..<count {
          let entries = offsets[Int(part[row])]..<offsets[Int(part[row]) + 1]
          workspace.margins[row] = sparseMargin(
            at: view, columns: columns, values: values, entries: entries)
        }
      } else if let ids = part.baseAddress {
        FeatureRows.gather(
          source.features, stored: source.featureCount, examples: ids, count: count,
          width: featureCount, into: workspace.features)
        multiply(view, count: count, into: workspace.margins, workspace: workspace)
      }
      for row in 0..<count {
        losses[first + row] = loss.value(
          margin: workspace.margins[row], target: source.targets[Int(part[row])])
      }
      first += count
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

  /// `out ← X·w (+ b)` over the gathered rows.
  private func multiply(
    _ weights: UnsafePointer<Double>, count: Int, into out: UnsafeMutablePointer<Double>,
    workspace: LinearCurvatureWorkspace
  ) {
    out.update(repeating: hasIntercept ? weights[featureCount] : 0, count: count)
    algebra.multiplyVector(
      .none, rows: count, columns: featureCount, alpha: 1, a: workspace.features,
      leadingA: featureCount, x: weights, beta: 1, y: out)
  }

  /// `out ← out + Xᵀc` over the gathered rows.
  private func multiplyTransposed(
    _ coefficients: UnsafePointer<Double>, count: Int, into out: UnsafeMutablePointer<Double>,
    workspace: LinearCurvatureWorkspace
  ) {
    algebra.multiplyVector(
      .transposed, rows: count, columns: featureCount, alpha: 1, a: workspace.features,
      leadingA: featureCount, x: coefficients, beta: 1, y: out)
  }
}
