/// Where each shard's parameters stand in the shared allocation.
///
/// A shard is a contiguous range of the parameter vector that starts on a cache line of its own, so
/// that two workers that write two shards never write one line. Invariants: the ranges cover
/// `0 ..< parameterCount` in order without gap; none is empty; each storage offset is a multiple of
/// a cache line; the storage of two shards doesn't overlap.
public struct ShardLayout: Equatable, Sendable {
  /// The size of a cache line in bytes: 64 on every x86-64 and nearly every arm64 server.
  public static let cacheLineBytes = 64

  /// The number of parameters `n`.
  public let parameterCount: Int
  /// The parameters of each shard.
  public let ranges: [Range<Int>]
  /// Where each shard starts in the storage, in scalars.
  public let offsets: [Int]
  /// The size of the storage in scalars.
  public let storageCount: Int

  /// Splits the parameters as evenly as possible: shard sizes differ by at most one.
  ///
  /// Where a boundary falls inside a cache line the storage is padded, so parameter `i` need not
  /// stand at offset `i`.
  ///
  /// - Parameters:
  ///   - parameterCount: `n ≥ 1`.
  ///   - shards: `1 … n`.
  ///   - scalarBytes: the size of a scalar.
  public static func even(parameterCount: Int, shards: Int, scalarBytes: Int) -> ShardLayout {
    precondition(shards >= 1 && shards <= parameterCount, "1 … n shards")
    let line = cacheLineBytes / scalarBytes
    let (quotient, remainder) = parameterCount.quotientAndRemainder(dividingBy: shards)
    var ranges: [Range<Int>] = []
    var offsets: [Int] = []
    var next = 0
    var storage = 0
    for shard in 0..<shards {
      let size = quotient + (shard < remainder ? 1 : 0)
      ranges.append(next..<(next + size))
      offsets.append(storage)
      next += size
      storage += (size + line - 1) / line * line
    }
    return ShardLayout(ranges: ranges, offsets: offsets, storageCount: storage)
  }

  /// Splits the parameters at cache lines, so that parameter `i` stands at offset `i`.
  ///
  /// - Parameters:
  ///   - parameterCount: `n ≥ 1`.
  ///   - shards: the largest number of shards; fewer where there are fewer cache lines.
  ///   - scalarBytes: the size of a scalar.
  public static func aligned(parameterCount: Int, shards: Int, scalarBytes: Int) -> ShardLayout {
    precondition(shards >= 1 && parameterCount >= 1, "at least one shard and one parameter")
    let line = cacheLineBytes / scalarBytes
    let lines = (parameterCount + line - 1) / line
    let count = min(shards, lines)
    var ranges: [Range<Int>] = []
    for shard in 0..<count {
      let first = lines * shard / count * line
      let last = min(parameterCount, lines * (shard + 1) / count * line)
      ranges.append(first..<last)
    }
    return ShardLayout(
      ranges: ranges, offsets: ranges.map(\.lowerBound), storageCount: lines * line)
  }

  private init(ranges: [Range<Int>], offsets: [Int], storageCount: Int) {
    parameterCount = ranges.last?.upperBound ?? 0
    self.ranges = ranges
    self.offsets = offsets
    self.storageCount = storageCount
  }

  /// The number of shards.
  public var shardCount: Int { ranges.count }

  /// Whether parameter `i` stands at offset `i`, for every `i`.
  public var isContiguous: Bool {
    zip(ranges, offsets).allSatisfy { $0.lowerBound == $1 }
  }
}
