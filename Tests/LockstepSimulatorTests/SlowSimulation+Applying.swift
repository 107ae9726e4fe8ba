import LockstepCore

@testable import LockstepSimulator

/// How an update is applied, shard after shard, or one for all workers.
extension SlowSimulation {
  func target(_ worker: Int, _ done: Int) -> Int {
    isBlocks ? worker : (worker + done) % ranges.count
  }

  mutating func beginApply(_ worker: Int) {
    if setup.policy.rules(for: WorkerID(worker), of: workers).access == .exclusive { look(worker) }
    begin(2, worker)
    found[worker].view = views[worker].flatMap { $0 }
    (found[worker].worker, found[worker].clock) = (worker, clocks[worker])
    beginUpdate(worker, 0)
  }

  mutating func beginUpdate(_ worker: Int, _ done: Int) {
    if !isJoint {
      underWay[target(worker, done)].insert(worker)
      everBegun[target(worker, done)] += 1
    }
    if laws[2] == nil { return endUpdate(worker, done) }
    agenda[worker] = Appointment(
      time: end(worker, part: done + 1, of: isBlocks || isJoint ? 1 : ranges.count),
      action: .endUpdate(done))
  }

  mutating func endUpdate(_ worker: Int, _ done: Int) {
    if isJoint {
      counted.insert(worker)
      if counted.count == workers { stepJointly() }
    } else {
      let shard = target(worker, done)
      underWay[shard].remove(worker)
      versions[shard] += 1
      for shard in isBlocks ? Array(ranges.indices) : [shard] {
        found[worker].parameters.replaceSubrange(ranges[shard], with: parts[shard])
      }
      let first = isBlocks ? 0 : ranges[shard].lowerBound
      for index in parts[shard].indices {
        parts[shard][index] -= setup.rate * gradients[worker][first + index]
      }
      if !isBlocks, done + 1 < ranges.count { return beginUpdate(worker, done + 1) }
      updates += 1
      counted.remove(worker)
      shown.append(found[worker])
    }
    release()
    clocks[worker] += 1
    completed[worker] = clocks[worker]
    next(worker)
  }

  mutating func stepJointly() {
    counted = []
    shown.append(
      Shown(update: updates, worker: 0, clock: updates, view: [], parameters: parameters))
    updates += 1
    for (shard, range) in ranges.enumerated() {
      versions[shard] += 1
      for (index, place) in range.enumerated() {
        var average = 0.0
        for worker in 0..<workers { average += gradients[worker][place] * (1 / Double(workers)) }
        parts[shard][index] -= setup.rate * average
      }
    }
  }
}
