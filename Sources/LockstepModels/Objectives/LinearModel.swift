import LockstepCore
import LockstepParameters

/// A linear model: least squares, logistic regression or a linear support vector machine.
///
/// * Loss: the mean over examples of ``LinearLoss`` at the margin `m = x·w (+ b)`: `½(m − y)²`,
///   `log(1 + e^(−y·m))` or `max(0, 1 − y·m)`; with the regulariser `½·λ‖w‖²` over all parameters.
/// * Gradient: the mean of `ℓ′(m, y)·x`, plus `λw`.
/// * Start: zero.
/// * Optimum: for least squares the solution of the normal equations `(XᵀX/N + λI)w = Xᵀy/N`;
///   otherwise not in closed form, but unique where `λ > 0`.
///
/// The parameters are one weight per feature and, with an intercept, the intercept last. With
/// sparse rows and without a regulariser it can be updated in place.
///
/// **Concurrency:** immutable; the pointers in `rows` point into `training` and `arena`, which are
/// kept alive beside them and not written after the initialiser: that is the invariant behind
/// `@unchecked Sendable`.
///
/// **Determinism:** sparse rows bit-exact; dense rows as their kernels are.
///
/// **Reference:** Recht, Ré, Wright, Niu, *Hogwild!*, NIPS 2011, section 2 (sparse SVM); Hastie,
/// Tibshirani, Friedman, *The Elements of Statistical Learning*, chapters 3, 4 and 12.
public final class LinearModel<Scalar: ModelScalar>: Objective, @unchecked Sendable {
  /// The private buffers of one thread.
  public final class Workspace {
    /// The most examples that are worked on at a time.
    let chunk: Int
    /// `[chunk × featureCount]`, for dense rows; empty where there are none.
    let features: UnsafeMutablePointer<Scalar>
    /// `[chunk]`: margins, then derivatives.
    let margins: UnsafeMutablePointer<Scalar>
    /// `[batch]`: the examples of a prepared gradient.
    let examples: UnsafeMutablePointer<Int32>
    /// `[batch]`: their derivatives divided by the batch size.
    let coefficients: UnsafeMutablePointer<Scalar>
    /// `[1]`: the intercept's derivative.
    let intercept: UnsafeMutablePointer<Scalar>
    /// How many examples are prepared.
    var preparedCount = 0
    private let arena = Arena()

    init(batch: Int, gatheredWidth: Int, isSparse: Bool) {
      chunk = min(batch, LinearModel.largestChunk)
      features = arena.allocate(count: chunk * gatheredWidth)
      margins = arena.allocate(count: chunk)
      examples = arena.allocate(count: isSparse ? batch : 0)
      coefficients = arena.allocate(count: isSparse ? batch : 0)
      intercept = arena.allocate(count: 1)
    }
  }

  /// Larger batches are gathered and multiplied in parts of this many rows.
  static var largestChunk: Int { 256 }

  /// The number of parameters `n`.
  public let parameterCount: Int
  /// The number of training examples.
  public let trainingCount: Int
  /// The number of held-out examples, 0 for none.
  public let heldOutCount: Int
  /// Whether an evaluation counts right classifications.
  public let isClassifier: Bool
  /// The gathered rows of dense data.
  public var scalarsPerExample: Int { rows == nil ? featureCount : 0 }
  /// The loss.
  public let loss: LinearLoss

  let training: ExampleSet<Scalar>
  let heldOut: ExampleSet<Scalar>?
  let featureCount: Int
  let hasIntercept: Bool
  /// `λ` of the regulariser.
  public let l2: Double
  let algebra: DenseAlgebra<Scalar>
  /// The training rows where they are sparse.
  let rows: SparseRows<Scalar>?
  /// The width of the rows that are gathered to be multiplied: 0 where both sets are sparse.
  let gatheredWidth: Int
  private let arena = Arena()

  /// Creates a linear model.
  ///
  /// - Parameters:
  ///   - loss: the loss.
  ///   - training: the examples to train on; for a classifier the targets are ±1.
  ///   - heldOut: the examples held out, if any, with as many features or fewer.
  ///   - featureCount: the number of features, at least the largest of both sets'.
  ///   - intercept: whether there is an intercept.
  ///   - l2: `λ` of the regulariser, at least 0.
  ///   - kernels: who multiplies dense matrices.
  public init(
    loss: LinearLoss, training: ExampleSet<Scalar>, heldOut: ExampleSet<Scalar>? = nil,
    featureCount: Int, intercept: Bool = false, l2: Double = 0, kernels: KernelChoice = .blas
  ) {
    precondition(training.featureCount <= featureCount, "every feature has a weight")
    precondition((heldOut?.featureCount ?? 0) <= featureCount, "every feature has a weight")
    self.loss = loss
    self.training = training
    self.heldOut = heldOut
    self.featureCount = featureCount
    self.l2 = l2
    hasIntercept = intercept
    isClassifier = loss.isClassifier
    parameterCount = featureCount + (intercept ? 1 : 0)
    trainingCount = training.count
    heldOutCount = heldOut?.count ?? 0
    algebra = DenseAlgebra(kernels: kernels)
    rows = SparseRows(training, arena: arena)
    gatheredWidth = training.isSparse && heldOut?.isSparse ?? true ? 0 : featureCount
  }

  /// Writes the parameters that training starts from.
  public func initialize(_ parameters: UnsafeMutablePointer<Scalar>, seed: UInt64) {
    parameters.initialize(repeating: 0, count: parameterCount)
  }

  /// Makes the buffers of one thread.
  public func makeWorkspace(batch: Int, range: Range<Int>) -> Workspace {
    Workspace(batch: max(1, batch), gatheredWidth: gatheredWidth, isSparse: rows != nil)
  }

  /// Computes partial derivatives of the mean loss over a minibatch, regulariser included.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func computeGradient(
    at view: UnsafePointer<Scalar>, minibatch: Minibatch, range: Range<Int>,
    into gradient: UnsafeMutablePointer<Scalar>, workspace: Workspace
  ) {
    differentiate(
      at: view, minibatch: minibatch, range: range, into: gradient, workspace: workspace)
  }

  // Apart from its entry point, whose unspecialised form would otherwise make room for locals of a
  // type it doesn't know before it jumps to the specialised one.
  @inline(never)
  private func differentiate(
    at view: UnsafePointer<Scalar>, minibatch: Minibatch, range: Range<Int>,
    into gradient: UnsafeMutablePointer<Scalar>, workspace: Workspace
  ) {
    gradient.update(repeating: 0, count: range.count)
    let columns = range.clamped(to: 0..<featureCount)
    let share = 1 / Double(max(1, minibatch.examples.count))
    var sum = 0.0
    if let rows {
      for id in minibatch.examples {
        let example = Int(id)
        let row = rows.headers[example]
        let margin = sparseMargin(
          at: view, columns: rows.columns, values: rows.values, entries: row.entries)
        let coefficient =
          loss.derivative(margin: Double(margin), target: Double(row.target)) * share
        sum += coefficient
        if coefficient == 0 { continue }
        let scale = Scalar(coefficient)
        for entry in rows.part(of: row.entries, columnsIn: columns) {
          gradient[Int(rows.columns[entry]) - range.lowerBound] += scale * rows.values[entry]
        }
      }
    } else {
      minibatch.examples.forEachPart(of: workspace.chunk) { _, examples in
        let count = examples.count
        gatherRows(of: training, examples: examples, into: workspace.features)
        denseMargins(
          at: view, features: workspace.features, count: count, into: workspace.margins)
        for row in 0..<count {
          let target = Double(training.targets[Int(examples[row])])
          let coefficient =
            loss.derivative(margin: Double(workspace.margins[row]), target: target) * share
          workspace.margins[row] = Scalar(coefficient)
          sum += coefficient
        }
        algebra.multiplyVector(
          .transposed, rows: count, columns: columns.count, alpha: 1,
          a: UnsafePointer(workspace.features + columns.lowerBound), leadingA: featureCount,
          x: UnsafePointer(workspace.margins), beta: 1, y: gradient)
      }
    }
    if hasIntercept && range.contains(featureCount) {
      gradient[featureCount - range.lowerBound] = Scalar(sum)
    }
    SquaredNorm.addGradient(of: view, range: range, l2: l2, to: gradient)
  }

  /// Makes the buffers of one thread for evaluations.
  public func makeEvaluationWorkspace(batch: Int) -> LinearModel<Double>.Workspace {
    LinearModel<Double>.Workspace(
      batch: max(1, batch), gatheredWidth: gatheredWidth, isSparse: false)
  }

  /// Adds up the losses of some examples, without the regulariser, in double precision.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func evaluate(
    at view: UnsafePointer<Double>, on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    workspace: LinearModel<Double>.Workspace
  ) -> Evaluation {
    guard let source = set == .training ? training : heldOut else {
      preconditionFailure("there are no held-out examples")
    }
    var evaluation = Evaluation()
    examples.forEachPart(of: workspace.chunk) { _, part in
      gatherRows(of: source, examples: part, into: workspace.features)
      exactMargins(
        at: view, of: source, examples: part, features: workspace.features,
        into: workspace.margins)
      for row in 0..<part.count {
        let margin = workspace.margins[row]
        let target = Double(source.targets[Int(part[row])])
        evaluation.lossSum += loss.value(margin: margin, target: target)
        // A margin of 0 counts as the positive class, one that is NaN as neither.
        if isClassifier, target > 0 ? margin >= 0 : margin < 0 { evaluation.correct += 1 }
      }
      evaluation.count += part.count
    }
    return evaluation
  }

  /// The regulariser `½·λ‖w‖²` at a view, 0 if there is none.
  public func regularization(at view: UnsafePointer<Double>) -> Double {
    SquaredNorm.regularization(of: view, count: parameterCount, l2: l2)
  }

  /// `x·w (+ b)` of one sparse row, at a view that may be shared.
  @inline(__always)
  func sparseMargin(
    at view: UnsafePointer<Scalar>, columns: UnsafePointer<Int32>,
    values: UnsafePointer<Scalar>, entries: Range<Int>
  ) -> Scalar {
    let dot = Scalar.racySparseDot(
      view, indices: columns + entries.lowerBound, values: values + entries.lowerBound,
      count: entries.upperBound &- entries.lowerBound)
    return hasIntercept ? dot + sharedIntercept(view) : dot
  }

  @inline(__always)
  private func sharedIntercept(_ view: UnsafePointer<Scalar>) -> Scalar {
    var value: Scalar = 0
    Scalar.racyRead(view + featureCount, into: &value, count: 1)
    return value
  }

  /// `margins[i] ← x_i·w (+ b)` of some examples; dense rows have been gathered into `features`.
  @inline(__always)
  func computeMargins(
    at view: UnsafePointer<Scalar>, of set: ExampleSet<Scalar>,
    examples: UnsafeBufferPointer<Int32>, features: UnsafeMutablePointer<Scalar>,
    into margins: UnsafeMutablePointer<Scalar>
  ) {
    guard case .sparse(let offsets, let columns, let values) = set.features else {
      denseMargins(at: view, features: features, count: examples.count, into: margins)
      return
    }
    for row in 0..<examples.count {
      let example = Int(examples[row])
      margins[row] = sparseMargin(
        at: view, columns: columns, values: values, entries: offsets[example]..<offsets[example + 1]
      )
    }
  }

  /// `margins[i] ← x_i·w (+ b)` in double precision, whatever the examples are stored in.
  @inline(__always)
  private func exactMargins(
    at view: UnsafePointer<Double>, of set: ExampleSet<Scalar>,
    examples: UnsafeBufferPointer<Int32>, features: UnsafeMutablePointer<Double>,
    into margins: UnsafeMutablePointer<Double>
  ) {
    let intercept = hasIntercept ? view[featureCount] : 0
    guard case .sparse(let offsets, let columns, let values) = set.features else {
      margins.update(repeating: intercept, count: examples.count)
      DenseAlgebra<Double>(kernels: algebra.kernels).multiplyVector(
        .none, rows: examples.count, columns: featureCount, alpha: 1, a: UnsafePointer(features),
        leadingA: featureCount, x: view, beta: 1, y: margins)
      return
    }
    for row in 0..<examples.count {
      let example = Int(examples[row])
      let dot = exactDot(
        view, columns: columns, values: values, entries: offsets[example]..<offsets[example + 1])
      margins[row] = hasIntercept ? dot + intercept : dot
    }
  }

  /// `Σ w[column[i]]·value[i]`, with the bits of ``SharedScalar/racySparseDot(_:indices:values:count:)``
  /// in double precision.
  @inline(__always)
  private func exactDot(
    _ w: UnsafePointer<Double>, columns: UnsafePointer<Int32>, values: UnsafePointer<Scalar>,
    entries: Range<Int>
  ) -> Double {
    var sums = (0.0, 0.0, 0.0, 0.0)
    var entry = entries.lowerBound
    while entry &+ 4 <= entries.upperBound {
      sums.0 += w[Int(columns[entry])] * Double(values[entry])
      sums.1 += w[Int(columns[entry &+ 1])] * Double(values[entry &+ 1])
      sums.2 += w[Int(columns[entry &+ 2])] * Double(values[entry &+ 2])
      sums.3 += w[Int(columns[entry &+ 3])] * Double(values[entry &+ 3])
      entry &+= 4
    }
    while entry < entries.upperBound {
      sums.0 += w[Int(columns[entry])] * Double(values[entry])
      entry &+= 1
    }
    return (sums.0 + sums.2) + (sums.1 + sums.3)
  }

  /// Gathers the rows of some examples into `features`, unless they are sparse.
  @inline(__always)
  func gatherRows<Element: ModelScalar>(
    of set: ExampleSet<Scalar>, examples: UnsafeBufferPointer<Int32>,
    into features: UnsafeMutablePointer<Element>
  ) {
    guard !set.isSparse, let ids = examples.baseAddress else { return }
    FeatureRows.gather(
      set.features, stored: set.featureCount, examples: ids, count: examples.count,
      width: featureCount, into: features)
  }

  /// `margins[i] ← x_i·w (+ b)` of `count` gathered rows.
  @inline(__always)
  private func denseMargins(
    at view: UnsafePointer<Scalar>, features: UnsafeMutablePointer<Scalar>, count: Int,
    into margins: UnsafeMutablePointer<Scalar>
  ) {
    margins.update(repeating: hasIntercept ? view[featureCount] : 0, count: count)
    algebra.multiplyVector(
      .none, rows: count, columns: featureCount, alpha: 1, a: UnsafePointer(features),
      leadingA: featureCount, x: view, beta: 1, y: margins)
  }
}
