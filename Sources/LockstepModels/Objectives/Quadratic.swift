import LockstepCore

/// A quadratic without data: the one objective whose behaviour under staleness is known in closed
/// form.
///
/// * Loss: `½·xᵀHx`, with the regulariser `½·λ‖x‖²`.
/// * Gradient: `Hx + λx`, plus `σ` times a standard normal per coordinate.
/// * Start: all ones, or independent standard normals.
/// * Optimum: 0 at `x = 0` where `H` is positive definite.
///
/// `H` is diagonal (given eigenvalues, or a geometric progression from 1 down to `1/C`), the same
/// turned by a random Householder reflection, `(1 − R)·I + R·11ᵀ`, the 1-D Laplacian, or a dense
/// matrix from a file. Only the last is stored as a matrix; the others take O(n) memory, and O(n)
/// time or less. The matrix-free forms compute in double precision and round once.
///
/// The noise of coordinate `i` is normal deviate number `i` of the stream of
/// `(seed, worker, clock)`, so it depends neither on how the parameters are split nor on who asks.
///
/// **Determinism:** bit-exact, except that the dense form has the determinism of its kernels.
///
/// **Reference:** Gupta, *Inherent Noise in Gradient Based Methods*, 2020 (the setting); Bottou,
/// Curtis and Nocedal, *Optimization Methods for Large-Scale Machine Learning*, 2018, section 4.
public final class Quadratic<Scalar: ModelScalar>: Objective, Sendable {
  /// The private buffers of one thread.
  public final class Workspace {
    fileprivate let product: UnsafeMutablePointer<Scalar>
    private let arena = Arena()

    fileprivate init(productCount: Int) {
      product = arena.allocate(count: productCount)
    }
  }

  /// The dimension `n`.
  public let parameterCount: Int
  /// There is no data.
  public var trainingCount: Int { 0 }
  /// There is no data.
  public var heldOutCount: Int { 0 }
  /// Nothing is classified.
  public var isClassifier: Bool { false }
  /// There are no examples.
  public var scalarsPerExample: Int { 0 }

  private let hessian: QuadraticHessian<Scalar>
  private let algebra: DenseAlgebra<Scalar>
  private let noise: Double
  private let start: QuadraticSpecification.Start
  /// `λ` of the regulariser.
  public let l2: Double

  /// Creates the quadratic.
  ///
  /// - Parameters:
  ///   - specification: the matrix, the noise and the start.
  ///   - l2: `λ` of the regulariser, at least 0.
  ///   - kernels: who multiplies by a dense matrix.
  ///   - seed: the run's seed, for a rotated matrix.
  /// - Throws: ``DataError`` where the matrix comes from a file that cannot be used.
  public init(
    _ specification: QuadraticSpecification, l2: Double = 0, kernels: KernelChoice = .blas,
    seed: UInt64 = 0
  ) throws {
    hessian = try QuadraticHessian(specification, seed: seed)
    parameterCount = hessian.dimension
    algebra = DenseAlgebra(kernels: kernels)
    noise = specification.noise
    start = specification.start
    self.l2 = l2
  }

  /// Writes the parameters that training starts from.
  public func initialize(_ parameters: UnsafeMutablePointer<Scalar>, seed: UInt64) {
    switch start {
    case .ones:
      parameters.initialize(repeating: 1, count: parameterCount)
    case .normal:
      var stream = RandomStream(seed: seed, purpose: .initialization)
      for index in 0..<parameterCount {
        (parameters + index).initialize(to: Scalar(stream.normal()))
      }
    }
  }

  /// Makes the buffers of one thread.
  public func makeWorkspace(batch: Int, range: Range<Int>) -> Workspace {
    Workspace(productCount: productCount)
  }

  private var productCount: Int {
    if case .dense = hessian.storage { parameterCount } else { 0 }
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
    multiply(view, range: range, into: gradient)
    SquaredNorm.addGradient(of: view, range: range, l2: l2, to: gradient)
    if noise != 0 {
      var stream = RandomStream(
        seed: minibatch.seed, purpose: .gradientNoise, worker: minibatch.worker,
        clock: minibatch.clock)
      stream.seek(toDeviate: range.lowerBound)
      for offset in 0..<range.count { gradient[offset] += Scalar(noise * stream.normal()) }
    }
  }

  /// Makes the buffers of one thread for evaluations.
  public func makeEvaluationWorkspace(batch: Int) -> Quadratic<Double>.Workspace {
    Quadratic<Double>.Workspace(productCount: productCount)
  }

  /// Adds up the losses of some examples, without the regulariser, in double precision.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func evaluate(
    at view: UnsafePointer<Double>, on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    workspace: Quadratic<Double>.Workspace
  ) -> Evaluation {
    Evaluation(lossSum: loss(at: view, workspace: workspace), correct: 0, count: 1)
  }

  /// The regulariser `½·λ‖w‖²` at a view, 0 if there is none.
  public func regularization(at view: UnsafePointer<Double>) -> Double {
    SquaredNorm.regularization(of: view, count: parameterCount, l2: l2)
  }

  /// `out ← (Hx)[range]`.
  @inline(__always)
  func multiply(
    _ x: UnsafePointer<Scalar>, range: Range<Int>, into out: UnsafeMutablePointer<Scalar>
  ) {
    let low = range.lowerBound
    switch hessian.storage {
    case .diagonal(let eigenvalues):
      for offset in 0..<range.count {
        out[offset] = Scalar(eigenvalues[low + offset] * Double(x[low + offset]))
      }
    case .reflected(let eigenvalues, let axis):
      // Q(Λ(Qx)), each reflection as x − 2(v·x)v: backward stable however ill-conditioned Λ is.
      var first = 0.0
      for i in 0..<parameterCount { first += axis[i] * Double(x[i]) }
      first *= 2
      var second = 0.0
      for i in 0..<parameterCount {
        second += axis[i] * (eigenvalues[i] * (Double(x[i]) - first * axis[i]))
      }
      second *= 2
      for offset in 0..<range.count {
        let i = low + offset
        let turned = eigenvalues[i] * (Double(x[i]) - first * axis[i])
        out[offset] = Scalar(turned - second * axis[i])
      }
    case .coupled(let coupling):
      var sum = 0.0
      for i in 0..<parameterCount { sum += Double(x[i]) }
      let shared = coupling * sum
      for offset in 0..<range.count {
        out[offset] = Scalar((1 - coupling) * Double(x[low + offset]) + shared)
      }
    case .laplacian:
      for offset in 0..<range.count {
        let i = low + offset
        let before = i == 0 ? 0 : Double(x[i - 1])
        let after = i == parameterCount - 1 ? 0 : Double(x[i + 1])
        out[offset] = Scalar(2 * Double(x[i]) - before - after)
      }
    case .dense(let matrix):
      algebra.multiplyVector(
        .none, rows: range.count, columns: parameterCount, alpha: 1,
        a: UnsafePointer(matrix + low * parameterCount), leadingA: parameterCount, x: x, beta: 0,
        y: out)
    }
  }

  /// `½·xᵀHx` in double precision, as a sum of squares where the kind of `H` allows.
  @inline(__always)
  private func loss(
    at x: UnsafePointer<Double>, workspace: Quadratic<Double>.Workspace
  ) -> Double {
    var sum = 0.0
    switch hessian.storage {
    case .diagonal(let eigenvalues):
      for i in 0..<parameterCount { sum += eigenvalues[i] * (x[i] * x[i]) }
    case .reflected(let eigenvalues, let axis):
      var twice = 0.0
      for i in 0..<parameterCount { twice += axis[i] * x[i] }
      twice *= 2
      for i in 0..<parameterCount {
        let turned = x[i] - twice * axis[i]
        sum += eigenvalues[i] * (turned * turned)
      }
    case .coupled(let coupling):
      var total = 0.0
      for i in 0..<parameterCount {
        total += x[i]
        sum += x[i] * x[i]
      }
      sum = (1 - coupling) * sum + coupling * (total * total)
    case .laplacian:
      var before = 0.0
      for i in 0..<parameterCount {
        let difference = x[i] - before
        sum += difference * difference
        before = x[i]
      }
      sum += before * before
    case .dense(let matrix):
      if let matrix = matrix as? UnsafeMutablePointer<Double> {
        DenseAlgebra<Double>(kernels: algebra.kernels).multiplyVector(
          .none, rows: parameterCount, columns: parameterCount, alpha: 1,
          a: UnsafePointer(matrix), leadingA: parameterCount, x: x, beta: 0, y: workspace.product)
        for i in 0..<parameterCount { sum += x[i] * workspace.product[i] }
      } else {
        // A single-precision matrix, row by row: it is not worth a copy in double precision.
        for i in 0..<parameterCount {
          let row = matrix + i * parameterCount
          var product = 0.0
          for j in 0..<parameterCount { product += Double(row[j]) * x[j] }
          sum += x[i] * product
        }
      }
    }
    return 0.5 * sum
  }
}
