import LockstepCore
import LockstepModels

@testable import LockstepNoise

extension CurvatureObjective {
  /// An estimator as tests want it.
  func estimator(
    splits: [ShardSplit], directions: Int = 16, optimizer: OptimizerSpecification = .sgd,
    workers: Int = 1, largestBatch: Int = 64, seed: UInt64 = 1, heldOutExamples: Int? = nil,
    isJoint: Bool = false
  ) throws -> NoiseEstimator<Self> {
    var specification = NoiseSpecification(every: 1)
    specification.splits = splits
    specification.directions = directions
    specification.heldOutExamples = heldOutExamples
    return try NoiseEstimator(
      model: self, specification: specification, optimizer: optimizer, workers: workers,
      largestBatch: largestBatch, seed: seed, isJoint: isJoint)
  }
}

/// `|a − b|`, relative to the larger magnitude of `b` and `floor`.
func relativeError(_ a: Double?, _ b: Double, floor: Double = 0) -> Double {
  guard let a else { return .infinity }
  if a == b { return 0 }
  return (a - b).magnitude / max(b.magnitude, floor)
}

/// The contiguous even split, written down once more.
func evenRanges(_ count: Int, _ shards: Int) -> [Range<Int>] {
  var start = 0
  return (0..<shards).map { shard in
    let size = count / shards + (shard < count % shards ? 1 : 0)
    defer { start += size }
    return start..<(start + size)
  }
}
