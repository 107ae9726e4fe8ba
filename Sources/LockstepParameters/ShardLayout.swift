/// Where each shard's parameters stand in the shared allocation.
///
/// A shard is a contiguous range of the parameter vector. Invariants: the ranges cover
/// `0 ..< parameterCount` in order without gap; none is empty; their sizes differ by at most one; the
/// storage of two shards doesn't overlap. In an even layout each shard starts on a cache line of its
/// own, so that two workers that write two shards never write one line.
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
    let ranges = evenRanges(parameterCount: parameterCount, shards: shards)
    let line = cacheLineBytes / scalarBytes
    var offsets: [Int] = []
    var storage = 0
    for range in ranges {
      offsets.append(storage)
      storage += (range.count + line - 1) / line * line
    }
    return ShardLayout(ranges: ranges, offsets: offsets, storageCount: storage)
  }

  /// Splits the parameters at the same places as ``even(parameterCount:shards:scalarBytes:)``, without
  /// padding between them: parameter `i` stands at offset `i`, and neighbours share a cache line.
  ///
  /// - Parameters:
  ///   - parameterCount: `n ≥ 1`.
  ///   - shards: `1 … n`.
  ///   - scalarBytes: the size of a scalar.
  public static func contiguous(
    parameterCount: Int, shards: Int, scalarBytes: Int
  ) -> ShardLayout {
    let ranges = evenRanges(parameterCount: parameterCount, shards: shards)
    let line = cacheLineBytes / scalarBytes
    return ShardLayout(
      ranges: ranges, offsets: ranges.map(\.lowerBound),
      storageCount: (parameterCount + line - 1) / line * line)
  }

  /// The one cut of a parameter vector, whichever store holds it.
  private static func evenRanges(parameterCount: Int, shards: Int) -> [Range<Int>] {
    precondition(shards >= 1 && shards <= parameterCount, "1 … n shards")
    let (quotient, remainder) = parameterCount.quotientAndRemainder(dividingBy: shards)
    var next = 0
    return (0..<shards).map { shard in
      let first = next
      next += quotient + (shard < remainder ? 1 : 0)
      return first..<next
    }
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
