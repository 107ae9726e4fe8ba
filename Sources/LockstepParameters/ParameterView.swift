import LockstepCore

/// One worker's view `ŵ`: a private copy of the parameters, with the version of every shard in it.
///
/// **Concurrency:** belongs to one worker at a time.
public final class ParameterView<Scalar: SharedScalar> {
  /// The parameters, `[n]`, without the padding of the shared storage.
  public let values: UnsafeMutablePointer<Scalar>
  /// The version of each shard at the start of its copy.
  public let versions: UnsafeMutablePointer<Int>
  /// The number of shards.
  public let shardCount: Int
  // One thread at a time uses a view, so its counts need no run-time check for overlapping access.
  /// The number of shard copies made.
  @exclusivity(unchecked) public internal(set) var reads = 0
  /// The number of those during which the shard was being updated.
  @exclusivity(unchecked) public internal(set) var torn = 0

  private let parameters: SharedParameters<Scalar>

  /// Allocates a view of all shards.
  public init(of parameters: SharedParameters<Scalar>) {
    let layout = parameters.layout
    self.parameters = parameters
    shardCount = layout.shardCount
    values = .allocate(capacity: layout.parameterCount)
    values.initialize(repeating: 0, count: layout.parameterCount)
    versions = .allocate(capacity: layout.shardCount)
    versions.initialize(repeating: 0, count: layout.shardCount)
  }

  deinit {
    values.deallocate()
    versions.deallocate()
  }

  /// Takes back the last copy of all shards, whose update won't be made.
  package func takeBack() { reads -= shardCount }

  /// Copies every shard as it stands, noting its version before and after.
  ///
  /// Under a policy that keeps readers and writers apart no copy is torn; under Hogwild! some are,
  /// and are counted.
  ///
  /// - Complexity: O(n).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func refresh() {
    let counters = parameters.versions
    for shard in 0..<shardCount {
      let place = parameters.places[shard]
      let before = counters.applied(shard)
      Scalar.racyRead(
        parameters.values + place.offset, into: values + place.start, count: place.count)
      versions[shard] = before
      torn += counters.begunAfterReading(shard) == before ? 0 : 1
    }
    reads += shardCount
  }
}

extension ParameterView: Archivable {
  /// Transfers the counts; a view is copied anew before it is used.
  package func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.number("reads", &reads)
    try archive.number("torn", &torn)
  }
}
