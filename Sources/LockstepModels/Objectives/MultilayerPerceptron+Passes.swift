import LockstepCore

/// The forward and the backward pass over one chunk of examples.
extension MultilayerPerceptron {
  /// Gathers the inputs and computes all layers' outputs into `workspace.activations`.
  ///
  /// The workspace is of the network's scalar, or of a wider one for an evaluation.
  @inline(__always)
  func forward<Element: ModelScalar>(
    at view: UnsafePointer<Element>, features: ExampleSet<Scalar>.Features, stored: Int,
    examples: UnsafePointer<Int32>, count: Int, workspace: MultilayerPerceptron<Element>.Workspace
  ) {
    FeatureRows.gather(
      features, stored: stored, examples: examples, count: count, width: layout.layers[0].inputs,
      into: workspace.activations[0])
    let algebra = DenseAlgebra<Element>(kernels: algebra.kernels)
    let last = layout.layers.count - 1
    for index in 0...last {
      let layer = layout.layers[index]
      let output = workspace.activations[index + 1]
      algebra.multiply(
        .none, .transposed, rows: count, columns: layer.outputs, inner: layer.inputs, alpha: 1,
        a: UnsafePointer(workspace.activations[index]), leadingA: layer.inputs,
        b: view + layer.weightStart, leadingB: layer.inputs, beta: 0, c: output,
        leadingC: layer.outputs, scratch: workspace.scratch)
      let biases = view + layer.biasStart
      for row in 0..<count {
        let z = output + row * layer.outputs
        if index == last {
          for j in 0..<layer.outputs { z[j] += biases[j] }
        } else if activation == .relu {
          for j in 0..<layer.outputs {
            let sum = z[j] + biases[j]
            // max(0, sum) without a branch, exact, and a NaN stays one.
            z[j] = (sum + sum.magnitude) * 0.5
          }
        } else {
          for j in 0..<layer.outputs { z[j] = Element(PortableMath.tanh(Double(z[j] + biases[j]))) }
        }
      }
    }
  }

  /// `e^(z − max z)` of one row, kept in the workspace, with their sum and the largest `z`.
  @inline(__always)
  private func exponentials<Element: ModelScalar>(
    of z: UnsafeMutablePointer<Element>, count: Int, into target: UnsafeMutablePointer<Double>
  ) -> (sum: Double, largest: Double, place: Int) {
    var place = 0
    for c in 1..<max(1, count) where z[c] > z[place] { place = c }
    let largest = Double(z[place])
    var sum = 0.0
    for c in 0..<count {
      let value = PortableMath.exp(Double(z[c]) - largest)
      target[c] = value
      sum += value
    }
    return (sum, largest, place)
  }

  /// `δ ← (softmax(z) − 1_y)·share` for the last layer.
  @inline(__always)
  func softmaxDeltas(
    examples: UnsafePointer<Int32>, count: Int, share: Double, workspace: Workspace
  ) {
    let last = layout.layers.count - 1
    let classes = layout.layers[last].outputs
    let exponentials = workspace.exponentials
    for row in 0..<count {
      let z = workspace.activations[last + 1] + row * classes
      let delta = workspace.deltas[last] + row * classes
      let (sum, _, _) = self.exponentials(of: z, count: classes, into: exponentials)
      let factor = share / sum
      for c in 0..<classes { delta[c] = Scalar(exponentials[c] * factor) }
      let label = Int(labels[Int(examples[row])])
      delta[label] = Scalar(exponentials[label] * factor - share)
    }
  }

  /// The loss of one row, and whether its largest output is its class; a NaN is never right.
  @inline(__always)
  func outcome(
    row: Int, label: Int, workspace: MultilayerPerceptron<Double>.Workspace
  ) -> (loss: Double, isCorrect: Bool) {
    let last = layout.layers.count - 1
    let classes = layout.layers[last].outputs
    let z = workspace.activations[last + 1] + row * classes
    let (sum, largest, place) = exponentials(of: z, count: classes, into: workspace.exponentials)
    let loss = PortableMath.log(sum) + (largest - z[label])
    return (loss, place == label && !sum.isNaN)
  }

  /// Writes, or after the first chunk adds, the chunk's part of the gradient.
  @inline(__always)
  func backward(
    at view: UnsafePointer<Scalar>, count: Int, range: Range<Int>, isFirst: Bool,
    into gradient: UnsafeMutablePointer<Scalar>, workspace: Workspace
  ) {
    let lowest = layout.lowestLayer(in: range)
    var index = layout.layers.count - 1
    while true {
      let layer = layout.layers[index]
      if layer.intersects(range) {
        addGradient(
          of: layer, inputs: UnsafePointer(workspace.activations[index]),
          delta: UnsafePointer(workspace.deltas[index]), count: count, range: range,
          isFirst: isFirst, to: gradient, scratch: workspace.scratch)
      }
      if index == lowest { return }
      index -= 1
      if index > lowest {
        propagate(
          at: view, from: index + 1, outputs: 0..<layout.layers[index].outputs, count: count,
          workspace: workspace)
      } else {
        let (first, second) = layout.layers[index].outputs(touchedBy: range)
        propagate(at: view, from: index + 1, outputs: first, count: count, workspace: workspace)
        propagate(at: view, from: index + 1, outputs: second, count: count, workspace: workspace)
      }
    }
  }

  /// `∂W ← δᵀ·a` and `∂b ← Σ δ`, as far as they are in the range.
  @inline(__always)
  private func addGradient(
    of layer: NetworkLayout.Layer, inputs: UnsafePointer<Scalar>, delta: UnsafePointer<Scalar>,
    count: Int, range: Range<Int>, isFirst: Bool, to gradient: UnsafeMutablePointer<Scalar>,
    scratch: UnsafeMutablePointer<Scalar>
  ) {
    let (head, body, tail) = layer.blocks(in: range)
    let multiply = { (block: NetworkLayout.Layer.Block) in
      let place =
        layer.weightStart + block.rows.lowerBound * layer.inputs + block.columns.lowerBound
      self.algebra.multiply(
        .transposed, .none, rows: block.rows.count, columns: block.columns.count, inner: count,
        alpha: 1, a: delta + block.rows.lowerBound, leadingA: layer.outputs,
        b: inputs + block.columns.lowerBound, leadingB: layer.inputs, beta: isFirst ? 0 : 1,
        c: gradient + (place - range.lowerBound), leadingC: layer.inputs, scratch: scratch)
    }
    if !head.rows.isEmpty { multiply(head) }
    if !body.rows.isEmpty { multiply(body) }
    if !tail.rows.isEmpty { multiply(tail) }
    let biases = range.clamped(to: layer.biasStart..<layer.end)
    if biases.isEmpty { return }
    let sums = gradient + (biases.lowerBound - range.lowerBound)
    if isFirst { sums.update(repeating: 0, count: biases.count) }
    for row in 0..<count {
      let part = delta + (row * layer.outputs + biases.lowerBound - layer.biasStart)
      for j in 0..<biases.count { sums[j] += part[j] }
    }
  }

  /// `δ ← (δ·W) ⊙ φ′` from layer `upper` to some outputs of the layer below it.
  @inline(__always)
  private func propagate(
    at view: UnsafePointer<Scalar>, from upper: Int, outputs: Range<Int>, count: Int,
    workspace: Workspace
  ) {
    if outputs.isEmpty { return }
    let layer = layout.layers[upper]
    let target = workspace.deltas[upper - 1] + outputs.lowerBound
    algebra.multiply(
      .none, .none, rows: count, columns: outputs.count, inner: layer.outputs, alpha: 1,
      a: UnsafePointer(workspace.deltas[upper]), leadingA: layer.outputs,
      b: view + (layer.weightStart + outputs.lowerBound), leadingB: layer.inputs, beta: 0,
      c: target, leadingC: layer.inputs, scratch: workspace.scratch)
    for row in 0..<count {
      let delta = target + row * layer.inputs
      let value = workspace.activations[upper] + (row * layer.inputs + outputs.lowerBound)
      if activation == .relu {
        Scalar.passPositive(delta, where: value, count: outputs.count)
      } else {
        for j in 0..<outputs.count { delta[j] *= 1 - value[j] * value[j] }
      }
    }
  }
}
