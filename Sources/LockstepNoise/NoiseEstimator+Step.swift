import LockstepCore
import LockstepModels
import LockstepTelemetry

/// The step, and what every split of it shares.
extension NoiseEstimator {
  /// Takes over an observation: `w`, the batches, and the step `Δ` for all parameters.
  func load(_ observation: StepObservation) {
    precondition(
      observation.parameters.count == parameterCount && observation.range.lowerBound >= 0
        && observation.range.upperBound <= parameterCount, "the observation is of this model")
    precondition(
      observation.state.count == maker.stateVectors
        && observation.state.allSatisfy { $0.count == parameterCount },
      "the observation has the optimiser's state")
    precondition(
      fresh == nil || observation.examples.count <= largestBatch, "the batch fits the buffers")
    for index in all { base[index] = observation.parameters[index] }
    point.update(from: base, count: parameterCount)
    if let fresh {
      let current = sets[0]
      current.count = observation.examples.count
      for (index, example) in observation.examples.enumerated() { current.storage[index] = example }
      sets[1].count = fresh.draw(
        besides: current.examples, update: observation.update, into: sets[1].storage)
    }
    computeGradient(at: base, range: all, of: observation, into: batchGradient)
    maker.make(
      from: batchGradient, at: observation.parameters, range: all, of: observation, into: step)
  }

  /// The minibatch's gradient by some of the parameters, with the noise that the engine adds.
  ///
  /// - Parameters:
  ///   - view: `[n]`.
  ///   - range: the parameters.
  ///   - observation: the update, whose worker and clock the noise is keyed by.
  ///   - gradient: `[range.count]`, overwritten.
  func computeGradient(
    at view: UnsafePointer<Double>, range: Range<Int>, of observation: StepObservation,
    into gradient: UnsafeMutablePointer<Double>
  ) {
    let examples = sets[0].examples
    guard isJoint && fresh == nil else {
      // In `blocks` all workers share the draw of a clock; one that owns everything is worker 0.
      let worker = observation.range == all ? observation.worker : 0
      computer.compute(
        at: view, examples: examples, clock: observation.clock, worker: worker, range: range,
        into: gradient)
      return
    }
    for worker in 0..<workers {
      computer.compute(
        at: view, examples: examples, clock: observation.clock, worker: worker, range: range,
        into: computer.gradient)
      VectorSum.accumulate(
        computer.gradient, scale: 1 / Double(workers), into: gradient, count: range.count,
        overwrite: worker == 0)
    }
  }

  /// `∇L_E(w)`, `HΔ`, and the losses at `w` and at `w + Δ`.
  func survey(_ set: ProbeSet) {
    model.computeCurvature(
      at: base, along: step, on: set.source, examples: set.examples, gradient: set.gradient,
      product: set.product, workspace: workspace)
    set.curvature = VectorProducts.dot(step, set.product, range: all)
    computeLosses(at: base, on: set, into: set.losses)
    if !model.isQuadratic {
      movePoint(by: step)
      computeLosses(at: point, on: set, into: set.movedLosses)
      returnPoint()
    }
  }

  /// What doesn't depend on the split.
  func record(
    of set: ProbeSet, staleness: StalenessProbe, penalty: Double?, shards: Int, update: Int
  ) -> NoiseRecord {
    var record = NoiseRecord(update: update, set: set.name, shards: shards)
    record.loss =
      (VectorProducts.mean(set.losses, count: set.lossCount) + model.regularization(at: base))
      .ifFinite
    record.promisedDecrease = (-VectorProducts.dot(set.gradient, step, range: all)).ifFinite
    record.linearisationSecondOrder = (0.5 * set.curvature).ifFinite
    record.linearisation =
      model.isQuadratic ? record.linearisationSecondOrder : linearisation(on: set).ifFinite
    record.staleness = penalty
    record.gradientError = staleness.gradientError
    record.gradientCosine = staleness.gradientCosine
    return record
  }

  /// `L_E(w + Δ) − L_E(w) − ∇L_E(w)ᵀΔ`.
  private func linearisation(on set: ProbeSet) -> Double {
    VectorProducts.meanDifference(set.movedLosses, set.losses, count: set.lossCount)
      + regularizerDifference(from: nil, to: step)
      - VectorProducts.dot(set.gradient, step, range: all)
  }

  /// The regulariser at `w + b` minus that at `w + a`, as `λ·(b − a)ᵀ(w + ½(a + b))`; `a` is 0
  /// where it is `nil`.
  private func regularizerDifference(
    from a: UnsafePointer<Double>?, to b: UnsafePointer<Double>
  ) -> Double {
    if model.l2 == 0 { return 0 }
    var sum = CompensatedSum()
    for index in all {
      let start = a.map { $0[index] } ?? 0
      sum.add((b[index] - start) * (base[index] + 0.5 * (start + b[index])))
    }
    return model.l2 * sum.value
  }

  /// `L_E(w + b) − L_E(w + a)`.
  ///
  /// For a quadratic function `(∇L_E(w) + ½·H(a + b))ᵀ(b − a)`, which has no difference of losses
  /// in it. Otherwise the mean of the examples' differences, and the regulariser's difference as a
  /// product.
  ///
  /// - Parameters:
  ///   - set: the evaluation set, surveyed.
  ///   - a: `[n]`.
  ///   - b: `[n]`.
  ///   - losses: the losses at `w + b` where they are known.
  func lossDifference(
    on set: ProbeSet, from a: UnsafePointer<Double>, to b: UnsafePointer<Double>,
    losses: UnsafePointer<Double>? = nil
  ) -> Double {
    if model.isQuadratic {
      for index in all { direction[index] = a[index] + b[index] }
      multiply(direction, on: set)
      var sum = CompensatedSum()
      for index in all {
        sum.add((set.gradient[index] + 0.5 * directionProduct[index]) * (b[index] - a[index]))
      }
      return sum.value
    }
    movePoint(by: a)
    computeLosses(at: point, on: set, into: otherLosses)
    var known = losses
    if known == nil {
      returnPoint()
      movePoint(by: b)
      computeLosses(at: point, on: set, into: lossSums)
      known = UnsafePointer(lossSums)
    }
    returnPoint()
    guard let known else { return .nan }
    return VectorProducts.meanDifference(known, otherLosses, count: set.lossCount)
      + regularizerDifference(from: a, to: b)
  }

  /// The examples' losses at a point.
  func computeLosses(
    at view: UnsafePointer<Double>, on set: ProbeSet, into losses: UnsafeMutablePointer<Double>
  ) {
    model.computeLosses(
      at: view, on: set.source, examples: set.examples, into: losses, workspace: workspace)
  }

  /// `directionProduct ← Hv` on a set.
  func multiply(_ vector: UnsafePointer<Double>, on set: ProbeSet) {
    model.computeCurvature(
      at: base, along: vector, on: set.source, examples: set.examples, gradient: nil,
      product: directionProduct, workspace: workspace)
  }

  /// `point ← w + δ`, from `w`.
  func movePoint(by step: UnsafePointer<Double>, range: Range<Int>? = nil) {
    for index in range ?? all { point[index] = base[index] + step[index] }
  }

  /// `point ← w`.
  func returnPoint(range: Range<Int>? = nil) {
    let range = range ?? all
    (point + range.lowerBound).update(from: base + range.lowerBound, count: range.count)
  }
}
