import LockstepCore

/// A fully connected network with softmax cross-entropy; without hidden layers it is softmax
/// regression.
///
/// * Loss: the mean over examples of `log Σ_c e^(z_c) − z_y`, `z` the last layer's outputs, with
///   the regulariser `½·λ‖w‖²` over all parameters, biases included.
/// * Layer: `a ← φ(W·a + b)` with `φ` `max(0, x)` or `tanh`; the last one without `φ`.
/// * Gradient: backpropagation; `∂z = softmax(z) − 1_y`, `∂W = δᵀ·a`, `∂b = Σ δ`,
///   `δ ← (δ·W) ⊙ φ′`. The derivative of `max(0, x)` at 0 is taken as 0.
/// * Start: normal weights with variance `2/inputs` before `max(0, x)` (He), `2/(inputs + outputs)`
///   before `tanh` (Glorot), `1/inputs` in the last layer; biases 0.
/// * Optimum: not in closed form.
///
/// For a range of the parameters the forward pass is whole, but the backward pass goes down only to
/// the lowest layer in the range, and there only to the outputs in it.
///
/// **Concurrency:** immutable; the label pointer points into `training`, which is immutable and
/// kept alive beside it: that is the invariant behind `@unchecked Sendable`.
///
/// **Determinism:** with portable kernels bit-exact on every processor; `exp`, `log` and `tanh` are
/// ``PortableMath``'s.
///
/// **Reference:** Rumelhart, Hinton, Williams, *Learning representations by back-propagating
/// errors*, 1986; He et al., *Delving Deep into Rectifiers*, 2015; Glorot and Bengio,
/// *Understanding the difficulty of training deep feedforward neural networks*, 2010.
public final class MultilayerPerceptron<Scalar: ModelScalar>: Objective, @unchecked Sendable {
  /// The private buffers of one thread.
  public final class Workspace {
    /// The most examples that are worked on at a time.
    let chunk: Int
    /// `activations[ℓ]` `[chunk × inputs of layer ℓ]`; the last one holds `z`.
    let activations: UnsafeMutablePointer<UnsafeMutablePointer<Scalar>>
    /// `deltas[ℓ]` `[chunk × outputs of layer ℓ]`, from the lowest layer in the range on.
    let deltas: UnsafeMutablePointer<UnsafeMutablePointer<Scalar>>
    /// `[classes]`.
    let exponentials: UnsafeMutablePointer<Double>
    /// What the algebra scribbles on.
    let scratch: UnsafeMutablePointer<Scalar>
    private let arena = Arena()

    init(batch: Int, layers: [NetworkLayout.Layer], lowest: Int) {
      chunk = min(max(1, batch), MultilayerPerceptron.largestChunk)
      activations = arena.allocate(count: layers.count + 1)
      deltas = arena.allocate(count: layers.count)
      scratch = arena.allocate(count: DenseAlgebra<Scalar>.scratchCount)
      exponentials = arena.allocate(count: layers.last?.outputs ?? 0)
      for (index, layer) in layers.enumerated() {
        activations[index] = arena.allocate(count: chunk * layer.inputs)
        deltas[index] = arena.allocate(count: index < lowest ? 0 : chunk * layer.outputs)
      }
      activations[layers.count] = arena.allocate(count: chunk * (layers.last?.outputs ?? 0))
    }
  }

  /// Larger batches are worked on in parts of this many examples.
  static var largestChunk: Int { 256 }

  /// The number of parameters `n`.
  public let parameterCount: Int
  /// The number of training examples.
  public let trainingCount: Int
  /// The number of held-out examples, 0 for none.
  public let heldOutCount: Int
  /// Classes are counted.
  public var isClassifier: Bool { true }
  /// Activations and, but for the inputs, their derivatives.
  public var scalarsPerExample: Int {
    layout.layers.reduce(layout.layers[0].inputs) { $0 + 2 * $1.outputs }
  }

  let training: ExampleSet<Scalar>
  let heldOut: ExampleSet<Scalar>?
  let labels: UnsafePointer<Int32>
  let layout: NetworkLayout
  let activation: Activation
  /// `λ` of the regulariser.
  public let l2: Double
  let algebra: DenseAlgebra<Scalar>

  /// Creates a network.
  ///
  /// - Parameters:
  ///   - hiddenWidths: the widths of the hidden layers, from the inputs on; may be empty.
  ///   - activation: the non-linearity of the hidden layers.
  ///   - training: the examples to train on, with class labels in `0 ..< classCount`.
  ///   - heldOut: the examples held out, if any, likewise.
  ///   - featureCount: the number of features, at least the largest of both sets'.
  ///   - classCount: the number of classes.
  ///   - l2: `λ` of the regulariser, at least 0.
  ///   - kernels: who multiplies.
  /// - Throws: ``DataError/unsuitable(reason:)`` where there are no class labels, or too many
  ///   parameters.
  public init(
    hiddenWidths: [Int], activation: Activation = .relu, training: ExampleSet<Scalar>,
    heldOut: ExampleSet<Scalar>? = nil, featureCount: Int, classCount: Int, l2: Double = 0,
    kernels: KernelChoice = .blas
  ) throws {
    guard let labels = training.classes, heldOut.map({ $0.classes != nil }) ?? true else {
      throw DataError.unsuitable(reason: "an mlp needs data whose labels are classes")
    }
    guard let layout = NetworkLayout(widths: [featureCount] + hiddenWidths + [classCount]) else {
      throw DataError.unsuitable(
        reason: "an mlp with the widths "
          + ([featureCount] + hiddenWidths + [classCount]).map(String.init).joined(separator: "×")
          + " has more than \(NetworkLayout.largestParameterCount) parameters, the most it can have"
      )
    }
    precondition(training.featureCount <= featureCount, "every feature has an input")
    precondition((heldOut?.featureCount ?? 0) <= featureCount, "every feature has an input")
    precondition(featureCount >= 1 && classCount >= 1, "a network has inputs and outputs")
    self.training = training
    self.heldOut = heldOut
    self.labels = labels
    self.layout = layout
    self.activation = activation
    self.l2 = l2
    algebra = DenseAlgebra(kernels: kernels)
    parameterCount = layout.parameterCount
    trainingCount = training.count
    heldOutCount = heldOut?.count ?? 0
  }

  /// Writes the parameters that training starts from.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func initialize(_ parameters: UnsafeMutablePointer<Scalar>, seed: UInt64) {
    var stream = RandomStream(seed: seed, purpose: .initialization)
    for (index, layer) in layout.layers.enumerated() {
      let variance =
        index == layout.layers.count - 1
        ? 1 / Double(layer.inputs)
        : activation == .relu
          ? 2 / Double(layer.inputs) : 2 / Double(layer.inputs + layer.outputs)
      let deviation = variance.squareRoot()
      for place in layer.weightStart..<layer.biasStart {
        (parameters + place).initialize(to: Scalar(deviation * stream.normal()))
      }
      (parameters + layer.biasStart).initialize(repeating: 0, count: layer.outputs)
    }
  }

  /// Makes the buffers of one thread.
  public func makeWorkspace(batch: Int, range: Range<Int>) -> Workspace {
    Workspace(batch: batch, layers: layout.layers, lowest: layout.lowestLayer(in: range))
  }

  /// Computes partial derivatives of the mean loss over a minibatch, regulariser included.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func computeGradient(
    at view: UnsafePointer<Scalar>, minibatch: Minibatch, range: Range<Int>,
    into gradient: UnsafeMutablePointer<Scalar>, workspace: Workspace
  ) {
    if range.isEmpty { return }
    let total = minibatch.examples.count
    if total == 0 { gradient.update(repeating: 0, count: range.count) }
    let share = 1 / Double(max(1, total))
    minibatch.examples.forEachPart(of: workspace.chunk) { first, ids in
      guard let examples = ids.baseAddress else { return }
      let count = ids.count
      forward(
        at: view, features: training.features, stored: training.featureCount, examples: examples,
        count: count, workspace: workspace)
      softmaxDeltas(examples: examples, count: count, share: share, workspace: workspace)
      backward(
        at: view, count: count, range: range, isFirst: first == 0, into: gradient,
        workspace: workspace)
    }
    SquaredNorm.addGradient(of: view, range: range, l2: l2, to: gradient)
  }

  /// Makes the buffers of one thread for evaluations.
  public func makeEvaluationWorkspace(batch: Int) -> MultilayerPerceptron<Double>.Workspace {
    MultilayerPerceptron<Double>.Workspace(
      batch: batch, layers: layout.layers, lowest: layout.layers.count)
  }

  /// Adds up the losses of some examples, without the regulariser, in double precision.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func evaluate(
    at view: UnsafePointer<Double>, on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    workspace: MultilayerPerceptron<Double>.Workspace
  ) -> Evaluation {
    guard let source = set == .training ? training : heldOut, let labels = source.classes else {
      preconditionFailure("there are no held-out examples")
    }
    var evaluation = Evaluation()
    examples.forEachPart(of: workspace.chunk) { _, ids in
      guard let part = ids.baseAddress else { return }
      let count = ids.count
      forward(
        at: view, features: source.features, stored: source.featureCount, examples: part,
        count: count, workspace: workspace)
      for row in 0..<count {
        let (loss, isCorrect) = outcome(
          row: row, label: Int(labels[Int(part[row])]), workspace: workspace)
        evaluation.lossSum += loss
        if isCorrect { evaluation.correct += 1 }
      }
      evaluation.count += count
    }
    return evaluation
  }

  /// The regulariser `½·λ‖w‖²` at a view, 0 if there is none.
  public func regularization(at view: UnsafePointer<Double>) -> Double {
    SquaredNorm.regularization(of: view, count: parameterCount, l2: l2)
  }
}
