import LockstepCore
import LockstepTelemetry

/// What moving together costs beyond what each shard was promised by moving alone.
extension NoiseEstimator {
  /// The interaction penalty by differences of losses, which are added up example by example.
  ///
  /// The regulariser has no part in it: it is a sum over parameters.
  ///
  /// - Complexity: S evaluations.
  func interaction(on set: ProbeSet, _ partition: ShardPartition) -> Double {
    for example in 0..<set.lossCount {
      lossSums[example] = set.movedLosses[example] - set.losses[example]
    }
    for range in partition.ranges {
      movePoint(by: step, range: range)
      computeLosses(at: point, on: set, into: otherLosses)
      for example in 0..<set.lossCount {
        lossSums[example] -= otherLosses[example] - set.losses[example]
      }
      returnPoint(range: range)
    }
    return VectorProducts.mean(lossSums, count: set.lossCount)
  }

  /// Fills in the second-order interaction penalty, with its error or its parts.
  func addSecondOrder(
    on set: ProbeSet, _ partition: ShardPartition, update: Int, to record: inout NoiseRecord
  ) {
    if partition.count <= directions || (model.isQuadratic && isExact(partition)) {
      let parts = contributions(on: set, partition)
      var sum = CompensatedSum()
      for part in parts { sum.add(part) }
      record.interactionSecondOrder = sum.value.ifFinite
      guard record.interactionSecondOrder != nil else { return }
      record.interactionSecondOrderError = 0
      record.contributions = parts
    } else {
      let (mean, error) = hutchinson(on: set, partition, update: update)
      record.interactionSecondOrder = mean.ifFinite
      record.interactionSecondOrderError = error.ifFinite
    }
  }

  /// `½Δ_pᵀ(HΔ − H_ppΔ_p)` of every shard, as `½Δ_pᵀH(Δ − Δ_p)`: nothing large cancels.
  ///
  /// - Complexity: S products.
  private func contributions(on set: ProbeSet, _ partition: ShardPartition) -> [Double] {
    direction.update(from: step, count: parameterCount)
    return partition.ranges.map { range in
      (direction + range.lowerBound).update(repeating: 0, count: range.count)
      multiply(direction, on: set)
      (direction + range.lowerBound).update(from: step + range.lowerBound, count: range.count)
      return 0.5 * VectorProducts.dot(step, directionProduct, range: range)
    }
  }

  /// The second-order interaction penalty from random directions, with its standard error.
  ///
  /// With independent random signs `z_p` and `v = Σ_p z_pΔ_p`, `E[vᵀHv] = Σ_p Δ_pᵀH_ppΔ_p`, so each
  /// `½(ΔᵀHΔ − vᵀHv)` is an unbiased estimate. The signs are the same on every set.
  ///
  /// - Complexity: one product per direction.
  /// - Returns: the mean, and its standard error, which is NaN for a single direction.
  private func hutchinson(
    on set: ProbeSet, _ partition: ShardPartition, update: Int
  ) -> (mean: Double, error: Double) {
    var signs = RandomStream(
      seed: seed, purpose: .probe, worker: partition.count, clock: update)
    var estimates: [Double] = []
    for _ in 0..<directions {
      var word: UInt32 = 0
      for (shard, range) in partition.ranges.enumerated() {
        if shard & 31 == 0 { word = signs.nextWord() }
        let isNegative = word & 1 == 1
        word >>= 1
        for index in range { direction[index] = isNegative ? -step[index] : step[index] }
      }
      multiply(direction, on: set)
      let square = VectorProducts.dot(direction, directionProduct, range: all)
      estimates.append(0.5 * (set.curvature - square))
    }
    let count = Double(directions)
    let mean = estimates.reduce(0, +) / count
    let squares = estimates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / (count * (count - 1))).squareRoot())
  }
}
