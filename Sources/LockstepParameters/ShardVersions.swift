import Synchronization

/// The version counters of one shard, alone on their cache lines.
///
/// An update increments `begun`, writes the shard, then increments `applied`. A copy of the shard is
/// whole iff `begun` after the copy equals `applied` before it: then no update was in progress
/// when the copy started and none began before it ended.
@usableFromInline
struct ShardCounters: ~Copyable {
  @usableFromInline let begun = Atomic<Int>(0)
  @usableFromInline let applied = Atomic<Int>(0)
  // Two lines a shard: processors that fetch lines in pairs would otherwise make neighbours share.
  let padding: InlineArray<14, Int> = .init(repeating: 0)

  @usableFromInline
  init() {}
}

/// How many updates of each shard have begun and how many are applied.
///
/// **Concurrency:** any thread may call any method. `begin`/`end` with `exclusive: true` are for a
/// shard with one writer at a time (its owner in `blocks`, or whoever holds the lock); the increment
/// is then a load and a store instead of an atomic read-modify-write.
public final class ShardVersions: @unchecked Sendable {
  // Invariant behind @unchecked: the pointer is set once; what it points at is only atomics.
  @usableFromInline let counters: UnsafeMutablePointer<ShardCounters>
  /// The number of shards.
  public let count: Int

  /// Creates counters at version 0.
  public init(count: Int) {
    self.count = count
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<ShardCounters>.stride, alignment: 128)
    counters = raw.bindMemory(to: ShardCounters.self, capacity: count)
    for shard in 0..<count { (counters + shard).initialize(to: ShardCounters()) }
  }

  deinit {
    counters.deinitialize(count: count)
    UnsafeMutableRawPointer(counters).deallocate()
  }

  /// The number of updates applied to a shard.
  ///
  /// Acquiring: whoever sees version `v` also sees the writes of the updates that made it.
  @inlinable
  public func applied(_ shard: Int) -> Int {
    counters[shard].applied.load(ordering: .acquiring)
  }

  /// The number of updates begun on a shard, read after a copy of it.
  ///
  /// The fence keeps the copy's loads before the counter's.
  @inlinable
  public func begunAfterReading(_ shard: Int) -> Int {
    atomicMemoryFence(ordering: .acquiring)
    return counters[shard].begun.load(ordering: .relaxed)
  }

  /// Sets the number of updates of a shard while nobody updates it.
  package func reset(_ shard: Int, to number: Int) {
    counters[shard].begun.store(number, ordering: .relaxed)
    counters[shard].applied.store(number, ordering: .releasing)
  }

  /// Announces an update of a shard.
  ///
  /// - Returns: the number of updates begun before this one.
  @inlinable
  public func begin(_ shard: Int, exclusive: Bool) -> Int {
    if exclusive {
      let before = counters[shard].begun.load(ordering: .relaxed)
      counters[shard].begun.store(before + 1, ordering: .relaxed)
      // The announcement must be visible before the first write of the update is.
      atomicMemoryFence(ordering: .acquiringAndReleasing)
      return before
    }
    return counters[shard].begun.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
  }

  /// Counts an update as applied.
  ///
  /// Releasing: the update's writes are visible to whoever sees the new version.
  @inlinable
  public func end(_ shard: Int, exclusive: Bool) {
    if exclusive {
      let before = counters[shard].applied.load(ordering: .relaxed)
      counters[shard].applied.store(before + 1, ordering: .releasing)
    } else {
      counters[shard].applied.wrappingAdd(1, ordering: .releasing)
    }
  }
}
