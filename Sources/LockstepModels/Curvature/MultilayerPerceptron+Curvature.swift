import LockstepCore

/// The buffers of one thread for the curvature of a network.
public final class NetworkCurvatureWorkspace {
  /// The buffers of the gradient itself.
  let base: MultilayerPerceptron<Double>.Workspace
  /// `activations[ℓ]` `[chunk × inputs of layer ℓ]`: `d/dt` of the activations, 0 for the inputs;
  /// the last one holds that of `z`.
  let activations: UnsafeMutablePointer<UnsafeMutablePointer<Double>>
  /// `deltas[ℓ]` `[chunk × outputs of layer ℓ]`: `d/dt` of the deltas.
  let deltas: UnsafeMutablePointer<UnsafeMutablePointer<Double>>
  private let arena = Arena()

  init(batch: Int, layers: [NetworkLayout.Layer]) {
    base = MultilayerPerceptron<Double>.Workspace(batch: batch, layers: layers, lowest: 0)
    activations = arena.allocate(count: layers.count + 1)
    deltas = arena.allocate(count: layers.count)
    for (index, layer) in layers.enumerated() {
      activations[index] = arena.allocate(count: base.chunk * layer.inputs)
      deltas[index] = arena.allocate(count: base.chunk * layer.outputs)
    }
    activations[layers.count] = arena.allocate(count: base.chunk * (layers.last?.outputs ?? 0))
  }
}

/// Each line of the forward and the backward pass is followed by its derivative along `v = (V, c)`.
///
/// * `z = W·a + b`: `ż = V·a + W·ȧ + c`; `ȧ ← φ′(z) ⊙ ż`.
/// * `δ = (softmax(z) − 1_y)/B`: `δ̇ = (p ⊙ ż − p·(p·ż))/B`.
/// * `∂W = δᵀ·a`: its derivative is `δ̇ᵀ·a + δᵀ·ȧ`; `∂b = Σ δ`: `Σ δ̇`.
/// * `u = δ·W`: `u̇ = δ̇·W + δ·V`; `δ ← φ′ ⊙ u`: `δ̇ ← φ′ ⊙ u̇ + φ″ ⊙ ż ⊙ u`, where
///   `φ″ ⊙ ż = −2a ⊙ ȧ` for tanh and 0 for `max(0, x)`.
extension MultilayerPerceptron: CurvatureObjective where Scalar == Double {
  /// Cross-entropy isn't.
  public var isQuadratic: Bool { false }

  /// Makes the buffers of one thread.
  public func makeCurvatureWorkspace(batch: Int) -> NetworkCurvatureWorkspace {
    NetworkCurvatureWorkspace(batch: batch, layers: layout.layers)
  }

  /// Computes the gradient and a Hessian-vector product, regulariser included.
  public func computeCurvature(
    at view: UnsafePointer<Double>, along direction: UnsafePointer<Double>,
    on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    gradient: UnsafeMutablePointer<Double>?, product: UnsafeMutablePointer<Double>,
    workspace: NetworkCurvatureWorkspace
  ) {
    guard let source = set == .training ? training : heldOut, let labels = source.classes else {
      preconditionFailure("there are no held-out examples")
    }
    gradient?.update(repeating: 0, count: parameterCount)
    product.update(repeating: 0, count: parameterCount)
    let share = 1 / Double(max(1, examples.count))
    examples.forEachPart(of: workspace.base.chunk) { _, ids in
      guard let part = ids.baseAddress else { return }
      let count = ids.count
      forward(
        at: view, features: source.features, stored: source.featureCount, examples: part,
        count: count, workspace: workspace.base)
      forwardChange(at: view, along: direction, count: count, workspace: workspace)
      outputDeltas(
        labels: labels, examples: part, count: count, share: share, workspace: workspace)
      var index = layout.layers.count - 1
      while true {
        addProducts(
          of: index, count: count, gradient: gradient, product: product, workspace: workspace)
        if index == 0 { break }
        propagateChange(
          at: view, along: direction, from: index, count: count, workspace: workspace)
        index -= 1
      }
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
    into losses: UnsafeMutablePointer<Double>, workspace: NetworkCurvatureWorkspace
  ) {
    guard let source = set == .training ? training : heldOut, let labels = source.classes else {
      preconditionFailure("there are no held-out examples")
    }
    examples.forEachPart(of: workspace.base.chunk) { first, ids in
      guard let part = ids.baseAddress else { return }
      let count = ids.count
      forward(
        at: view, features: source.features, stored: source.featureCount, examples: part,
        count: count, workspace: workspace.base)
      for row in 0..<count {
        losses[first + row] =
          outcome(row: row, label: Int(labels[Int(part[row])]), workspace: workspace.base).loss
      }
    }
  }

  /// `ż` and `ȧ` of every layer, after the forward pass.
  private func forwardChange(
    at view: UnsafePointer<Double>, along direction: UnsafePointer<Double>, count: Int,
    workspace: NetworkCurvatureWorkspace
  ) {
    let last = layout.layers.count - 1
    for index in 0...last {
      let layer = layout.layers[index]
      let change = workspace.activations[index + 1]
      let value = workspace.base.activations[index + 1]
      algebra.multiply(
        .none, .transposed, rows: count, columns: layer.outputs, inner: layer.inputs, alpha: 1,
        a: workspace.base.activations[index], leadingA: layer.inputs,
        b: direction + layer.weightStart, leadingB: layer.inputs, beta: 0, c: change,
        leadingC: layer.outputs, scratch: workspace.base.scratch)
      if index > 0 {
        algebra.multiply(
          .none, .transposed, rows: count, columns: layer.outputs, inner: layer.inputs, alpha: 1,
          a: workspace.activations[index], leadingA: layer.inputs, b: view + layer.weightStart,
          leadingB: layer.inputs, beta: 1, c: change, leadingC: layer.outputs,
          scratch: workspace.base.scratch)
      }
      let biases = direction + layer.biasStart
      for row in 0..<count {
        let part = change + row * layer.outputs
        for j in 0..<layer.outputs { part[j] += biases[j] }
      }
      if index < last {
        multiplyBySlope(change, where: value, count: count * layer.outputs)
      }
    }
  }

  /// `values ← φ′ ⊙ values`, with `φ′` from the activations.
  private func multiplyBySlope(
    _ values: UnsafeMutablePointer<Double>, where activations: UnsafePointer<Double>, count: Int
  ) {
    if activation == .relu {
      Double.passPositive(values, where: activations, count: count)
    } else {
      for j in 0..<count { values[j] *= 1 - activations[j] * activations[j] }
    }
  }

  /// `δ` and `δ̇` of the last layer.
  private func outputDeltas(
    labels: UnsafePointer<Int32>, examples: UnsafePointer<Int32>, count: Int, share: Double,
    workspace: NetworkCurvatureWorkspace
  ) {
    let last = layout.layers.count - 1
    let classes = layout.layers[last].outputs
    for row in 0..<count {
      let z = workspace.base.activations[last + 1] + row * classes
      let zChange = workspace.activations[last + 1] + row * classes
      let delta = workspace.base.deltas[last] + row * classes
      let change = workspace.deltas[last] + row * classes
      var largest = z[0]
      for c in 1..<max(1, classes) { largest = max(largest, z[c]) }
      var sum = 0.0
      for c in 0..<classes {
        delta[c] = PortableMath.exp(z[c] - largest)
        sum += delta[c]
      }
      var mean = 0.0
      for c in 0..<classes {
        delta[c] /= sum
        mean += delta[c] * zChange[c]
      }
      for c in 0..<classes {
        change[c] = share * delta[c] * (zChange[c] - mean)
        delta[c] *= share
      }
      delta[Int(labels[Int(examples[row])])] -= share
    }
  }

  /// Adds one layer's part of a chunk to the gradient, if wanted, and to its derivative.
  private func addProducts(
    of index: Int, count: Int, gradient: UnsafeMutablePointer<Double>?,
    product: UnsafeMutablePointer<Double>, workspace: NetworkCurvatureWorkspace
  ) {
    let layer = layout.layers[index]
    let addOuter = {
      (
        delta: UnsafePointer<Double>, input: UnsafePointer<Double>,
        target: UnsafeMutablePointer<Double>
      ) in
      self.algebra.multiply(
        .transposed, .none, rows: layer.outputs, columns: layer.inputs, inner: count, alpha: 1,
        a: delta, leadingA: layer.outputs, b: input, leadingB: layer.inputs, beta: 1,
        c: target + layer.weightStart, leadingC: layer.inputs, scratch: workspace.base.scratch)
    }
    let delta = workspace.base.deltas[index]
    let change = workspace.deltas[index]
    if let gradient { addOuter(delta, workspace.base.activations[index], gradient) }
    addOuter(change, workspace.base.activations[index], product)
    if index > 0 { addOuter(delta, workspace.activations[index], product) }
    for row in 0..<count {
      for j in 0..<layer.outputs {
        if let gradient { gradient[layer.biasStart + j] += delta[row * layer.outputs + j] }
        product[layer.biasStart + j] += change[row * layer.outputs + j]
      }
    }
  }

  /// `δ` and `δ̇` of the layer below `upper`.
  private func propagateChange(
    at view: UnsafePointer<Double>, along direction: UnsafePointer<Double>, from upper: Int,
    count: Int, workspace: NetworkCurvatureWorkspace
  ) {
    let layer = layout.layers[upper]
    let delta = workspace.base.deltas[upper - 1]
    let change = workspace.deltas[upper - 1]
    let multiply = {
      (
        upperDelta: UnsafePointer<Double>, weights: UnsafePointer<Double>, beta: Double,
        target: UnsafeMutablePointer<Double>
      ) in
      self.algebra.multiply(
        .none, .none, rows: count, columns: layer.inputs, inner: layer.outputs, alpha: 1,
        a: upperDelta, leadingA: layer.outputs, b: weights + layer.weightStart,
        leadingB: layer.inputs, beta: beta, c: target, leadingC: layer.inputs,
        scratch: workspace.base.scratch)
    }
    multiply(workspace.base.deltas[upper], view, 0, delta)
    multiply(workspace.deltas[upper], view, 0, change)
    multiply(workspace.base.deltas[upper], direction, 1, change)
    let total = count * layer.inputs
    let value = workspace.base.activations[upper]
    let valueChange = workspace.activations[upper]
    multiplyBySlope(change, where: value, count: total)
    if activation == .tanh {
      for j in 0..<total { change[j] -= 2 * value[j] * valueChange[j] * delta[j] }
    }
    multiplyBySlope(delta, where: value, count: total)
  }
}
