import LockstepCore
import LockstepParameters

/// The contiguous shards that a step is split into.
struct ShardPartition: Equatable {
  /// The parameters of each shard, ascending; together all of them.
  let ranges: [Range<Int>]

  /// The number of shards `S`.
  var count: Int { ranges.count }

  /// Makes the partition that a split describes: as even as the engines' blocks, and never with
  /// more shards than parameters.
  ///
  /// - Parameters:
  ///   - split: the split.
  ///   - parameterCount: `n ≥ 1`.
  ///   - workers: the number of workers, at least 1.
  init(_ split: ShardSplit, parameterCount: Int, workers: Int) {
    let wanted =
      switch split {
      case .workers: workers
      case .parameters: parameterCount
      case .count(let count): count
      }
    ranges =
      ShardLayout.even(
        parameterCount: parameterCount, shards: min(wanted, parameterCount),
        scalarBytes: MemoryLayout<Double>.stride
      ).ranges
  }

  /// The partitions of several splits, in order; of equal ones the first.
  static func distinct(
    _ splits: [ShardSplit], parameterCount: Int, workers: Int
  ) -> [ShardPartition] {
    var partitions: [ShardPartition] = []
    for split in splits {
      let partition = ShardPartition(split, parameterCount: parameterCount, workers: workers)
      // Even partitions of one vector are equal where their numbers of shards are.
      if !partitions.contains(where: { $0.count == partition.count }) {
        partitions.append(partition)
      }
    }
    return partitions
  }
}
