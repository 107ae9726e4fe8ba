@testable import LockstepSimulator

/// How a view is read, shard after shard.
extension SlowSimulation {
  mutating func beginRead(_ worker: Int) {
    seenInAll[worker] = updates
    begin(0, worker)
    beginCopy(worker, 0)
  }

  mutating func beginCopy(_ worker: Int, _ shard: Int) {
    // Nobody sees a part of a joint update, so its views are read in one go.
    let range = isJoint ? shard..<ranges.count : shard..<(shard + 1)
    for shard in range {
      views[worker][shard] = parts[shard]
      seen[worker][shard] = versions[shard]
      copyBegan[worker] = (underWay[shard].isEmpty, everBegun[shard])
      reads += 1
    }
    let last = isJoint ? 0 : shard
    if laws[0] == nil { return endCopy(worker, last) }
    agenda[worker] = Appointment(
      time: end(worker, part: last + 1, of: isJoint ? 1 : ranges.count), action: .endCopy(last))
  }

  mutating func endCopy(_ worker: Int, _ shard: Int) {
    if !copyBegan[worker].isClean || copyBegan[worker].begun != everBegun[shard] { torn += 1 }
    if !isJoint, shard + 1 < ranges.count { return beginCopy(worker, shard + 1) }
    release()
    begin(1, worker)
    agenda[worker] = Appointment(time: ticks + phaseTakes[worker], action: .compute)
  }
}
