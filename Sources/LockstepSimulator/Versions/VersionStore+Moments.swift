/// Instantaneous views of all shards.
///
/// Such a view is nothing but a *moment*, the number of updates made before it: of each shard it holds
/// the newest version that isn't younger. Holding one costs O(1), and no table of workers times shards,
/// which is what lets 65,536 workers own a shard each. A version is dropped with the last view between
/// its birth and its successor's.
extension VersionStore {
  /// Takes a worker's view.
  func holdAll(by worker: Int) {
    moments[worker] = moment
    before[worker] = last
    after[worker] = -1
    if last >= 0 { after[Int(last)] = Int32(worker) }
    last = Int32(worker)
  }

  /// Lets a worker's view go, with the versions that nobody else sees.
  func letGoAll(by worker: Int) {
    let (earlier, later) = (before[worker], after[worker])
    if earlier >= 0 { after[Int(earlier)] = later }
    if later >= 0 { before[Int(later)] = earlier } else { last = earlier }
    let taken = moments[worker]
    let lower = earlier >= 0 ? moments[Int(earlier)] : -1
    let upper = later >= 0 ? moments[Int(later)] : moment
    assert(lower <= taken && taken <= upper, "views stand in the order of their moments")
    guard lower != taken, upper != taken else { return }
    for shard in 0..<shardCount where births[shard] > taken {
      var younger = newestVersion(shard)
      var version = Int(versions[younger].older)
      while version >= 0, versions[version].birth > taken {
        younger = version
        version = Int(versions[version].older)
      }
      guard version >= 0, versions[version].birth > lower, versions[younger].birth <= upper
      else { continue }
      versions[younger].older = versions[version].older
      pool.giveBack(version)
    }
  }

  /// Copies the vector as it was at a moment.
  func copy(at moment: Int, into vector: UnsafeMutablePointer<Scalar>) {
    for shard in 0..<shardCount {
      copy(
        births[shard] > moment ? find(shard, at: moment) : newestVersion(shard), of: shard,
        into: vector)
    }
  }

  /// Counts, for every shard but one, the updates since a moment.
  func countStaleness(
    since moment: Int, besides worker: Int, into counts: inout StalenessCounts
  ) {
    // Nothing has happened since: the rule under `barrier`.
    if self.moment == moment {
      counts.record(0, count: shardCount - 1)
      return
    }
    var fresh = 0
    for shard in 0..<shardCount where shard != worker {
      if births[shard] <= moment {
        fresh &+= 1
      } else {
        counts.record(number(shard) &- number(of: find(shard, at: moment)), count: 1)
      }
    }
    counts.record(0, count: fresh)
  }

  @inline(__always)
  private func find(_ shard: Int, at moment: Int) -> Int {
    var version = newestVersion(shard)
    while versions[version].birth > moment {
      assert(
        versions[version].older >= 0
          && versions[Int(versions[version].older)].birth < versions[version].birth,
        "a view's versions are kept, each older than the one after it")
      version = Int(versions[version].older)
    }
    return version
  }
}
