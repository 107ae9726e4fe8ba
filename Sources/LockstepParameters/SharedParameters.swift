import LockstepCore

/// Where a shard stands in the shared storage and in the parameter vector, for the hot loops.
public struct ShardPlace: BitwiseCopyable, Sendable {
  /// Where it starts in the storage, in scalars.
  public let offset: Int
  /// Its first parameter.
  public let start: Int
  /// Its number of parameters.
  public let count: Int
}

/// The one shared copy of the parameter vector, sharded, with a version for every shard and the
/// optimiser's state laid out alike.
///
/// **Concurrency:** the memory is read and written by all workers at once, only through the racing
/// kernels of ``SharedScalar``; that, and that the pointers never change, is the invariant behind
/// `@unchecked Sendable`.
public final class SharedParameters<Scalar: SharedScalar>: @unchecked Sendable {
  /// Where each shard stands.
  public let layout: ShardLayout
  /// The versions of the shards.
  public let versions: ShardVersions
  /// The parameters, `[layout.storageCount]`, aligned to a page.
  public let values: UnsafeMutablePointer<Scalar>
  /// The optimiser's state vectors, each laid out as the parameters are; at most two.
  public let state: [UnsafeMutablePointer<Scalar>]
  /// The shards' places, `[layout.shardCount]`: the layout once more, without an array's counting.
  public let places: UnsafePointer<ShardPlace>

  /// Allocates the parameters and the state without touching their pages.
  ///
  /// The pages are placed when they are first written, which each shard's pinned owner does in
  /// ``initializeShard(_:from:)``.
  ///
  /// - Parameters:
  ///   - layout: where each shard stands.
  ///   - stateVectors: the number of optimiser state values per parameter, 0 … 2.
  public init(layout: ShardLayout, stateVectors: Int) {
    self.layout = layout
    versions = ShardVersions(count: layout.shardCount)
    func allocate() -> UnsafeMutablePointer<Scalar> {
      LargeMemory.allocate(
        byteCount: layout.storageCount * MemoryLayout<Scalar>.stride
      ).bindMemory(to: Scalar.self, capacity: layout.storageCount)
    }
    values = allocate()
    state = (0..<stateVectors).map { _ in allocate() }
    let places = UnsafeMutablePointer<ShardPlace>.allocate(capacity: layout.shardCount)
    for (shard, range) in layout.ranges.enumerated() {
      (places + shard).initialize(
        to: ShardPlace(
          offset: layout.offsets[shard], start: range.lowerBound, count: range.count))
    }
    self.places = UnsafePointer(places)
  }

  deinit {
    values.deallocate()
    for vector in state { vector.deallocate() }
    places.deallocate()
  }

  /// Writes a shard's first parameters and zeroes its state.
  ///
  /// - Parameters:
  ///   - shard: the shard.
  ///   - parameters: `[n]`, the whole vector.
  public func initializeShard(_ shard: Int, from parameters: UnsafePointer<Scalar>) {
    let range = layout.ranges[shard]
    let offset = layout.offsets[shard]
    let next = shard + 1 < layout.shardCount ? layout.offsets[shard + 1] : layout.storageCount
    (values + offset).initialize(repeating: 0, count: next - offset)
    Scalar.racyWrite(parameters + range.lowerBound, into: values + offset, count: range.count)
    for vector in state { (vector + offset).initialize(repeating: 0, count: next - offset) }
  }

  /// The bytes of a shard's parameters, for binding them to a NUMA node.
  public func storage(ofShard shard: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      start: values + layout.offsets[shard],
      count: layout.ranges[shard].count * MemoryLayout<Scalar>.stride)
  }

  /// Copies the whole vector out: as it is when nobody writes, and as each scalar stands when
  /// somebody does.
  public func copyAll(into destination: UnsafeMutablePointer<Scalar>) {
    copy(values, into: destination)
  }

  /// Copies one of the optimiser's state vectors out, likewise.
  ///
  /// - Parameters:
  ///   - vector: which of ``state``.
  ///   - destination: `[n]`, private, overwritten.
  public func copyState(_ vector: Int, into destination: UnsafeMutablePointer<Scalar>) {
    copy(state[vector], into: destination)
  }

  private func copy(
    _ source: UnsafeMutablePointer<Scalar>, into destination: UnsafeMutablePointer<Scalar>
  ) {
    for (range, offset) in zip(layout.ranges, layout.offsets) {
      Scalar.racyRead(source + offset, into: destination + range.lowerBound, count: range.count)
    }
  }
}

// MARK: - Checkpoints

extension SharedParameters: Archivable {
  /// Transfers the parameters, the optimiser's state and the versions, while nobody writes them.
  package func transfer(_ archive: StateArchive) throws(CheckpointError) {
    let count = layout.parameterCount
    let vector = UnsafeMutablePointer<Scalar>.allocate(capacity: count)
    vector.initialize(repeating: 0, count: count)
    defer { vector.deallocate() }
    let vectors = [("parameters", values)] + state.enumerated().map { ("state.\($0)", $1) }
    for (name, shared) in vectors {
      if !archive.isRestoring { copy(shared, into: vector) }
      try archive.numbers(name, vector, count: count)
      guard archive.isRestoring else { continue }
      for (range, offset) in zip(layout.ranges, layout.offsets) {
        Scalar.racyWrite(vector + range.lowerBound, into: shared + offset, count: range.count)
      }
    }
    var numbers = (0..<layout.shardCount).map { versions.applied($0) }
    try archive.list("versions", &numbers)
    try archive.require(
      numbers.count == layout.shardCount && numbers.allSatisfy { $0 >= 0 }, "versions")
    if archive.isRestoring {
      for (shard, number) in numbers.enumerated() { versions.reset(shard, to: number) }
    }
  }
}
