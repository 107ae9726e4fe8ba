import LockstepCore
import LockstepModels

/// What an observation says of the staleness of its update.
struct StalenessProbe {
  /// The staleness penalty on each set; `nil` where it isn't finite.
  var penalties: [Double?]
  /// `‖g(ŵ) − g(w)‖/‖g(w)‖` over the update's parameters.
  var gradientError: Double?
  /// The cosine between `g(ŵ)` and `g(w)` over the update's parameters.
  var gradientCosine: Double?
}

/// Steps in another order, and from another view.
extension NoiseEstimator {
  /// `otherStep ←` the step of one Gauss–Seidel sweep over the shards.
  ///
  /// Each shard takes the gradient of the minibatch where the shards before it have already moved,
  /// with its own state and the same rate.
  ///
  /// - Complexity: S partial gradients.
  func sweep(_ partition: ShardPartition, of observation: StepObservation) {
    for range in partition.ranges {
      computeGradient(at: point, range: range, of: observation, into: otherGradient)
      maker.make(
        from: otherGradient, at: observation.parameters, range: range, of: observation,
        into: otherStep)
      movePoint(by: otherStep, range: range)
    }
    returnPoint()
  }

  /// `L_E(w + Δ(ŵ)) − L_E(w + Δ(w))` of the update's own parameters on each set, and how far the
  /// gradient at the view is from the one at `w`.
  func probeStaleness(of observation: StepObservation) -> StalenessProbe {
    guard let view = observation.view else {
      return StalenessProbe(
        penalties: sets.map { _ in 0 }, gradientError: 0, gradientCosine: 1)
    }
    precondition(view.count == parameterCount, "the view is of this model")
    let range = observation.range
    for index in all { point[index] = view[index] }
    computeGradient(at: point, range: range, of: observation, into: otherGradient)
    returnPoint()
    otherStep.update(repeating: 0, count: parameterCount)
    ownStep.update(repeating: 0, count: parameterCount)
    maker.make(
      from: otherGradient, at: observation.readsView ? view : observation.parameters, range: range,
      of: observation, into: otherStep)
    (ownStep + range.lowerBound).update(from: step + range.lowerBound, count: range.count)
    let penalties = sets.map { lossDifference(on: $0, from: ownStep, to: otherStep).ifFinite }

    let parts = 0..<range.count
    let fresh = UnsafePointer(batchGradient + range.lowerBound)
    let stale = UnsafePointer(otherGradient)
    let (freshSquare, staleSquare) = (
      VectorProducts.dot(fresh, fresh, range: parts), VectorProducts.dot(stale, stale, range: parts)
    )
    var distance = CompensatedSum()
    for index in parts {
      distance.add((stale[index] - fresh[index]) * (stale[index] - fresh[index]))
    }
    let product = VectorProducts.dot(fresh, stale, range: parts)
    let cosine = product / (freshSquare.squareRoot() * staleSquare.squareRoot())
    // Zero over zero is NaN, and something over zero infinite: neither is a number for a record.
    return StalenessProbe(
      penalties: penalties,
      gradientError: (distance.value.squareRoot() / freshSquare.squareRoot()).ifFinite,
      gradientCosine: cosine.ifFinite.map { max(-1, min(1, $0)) })
  }
}
