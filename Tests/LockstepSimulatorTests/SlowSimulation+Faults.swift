import LockstepCore

@testable import LockstepSimulator

/// What befalls workers.
extension SlowSimulation {
  /// The fault that comes next; of those at one time, the one given last.
  func nextFault() -> (time: UInt64, index: Int)? {
    var next: (time: UInt64, index: Int)?
    for (index, fault) in pendingFaults.enumerated() {
      guard let fault else { continue }
      let time = ServiceLaw.ticks(fault.time)
      if time <= next?.time ?? .max { next = (time, index) }
    }
    return next
  }

  /// Lets a fault happen; time passes only if it hits somebody.
  mutating func strike(_ index: Int, at time: UInt64) {
    guard let fault = pendingFaults[index] else { return }
    pendingFaults[index] = nil
    let worker = fault.worker
    guard !dead.contains(worker), clocks[worker] < shares[worker] else { return }
    let isBusy = agenda[worker].map { if case .wake = $0.action { false } else { true } } ?? false
    switch fault.kind {
    case .stall(let duration):
      ticks = time
      if isBusy {
        agenda[worker]?.time += ServiceLaw.ticks(duration)
        phaseBegan[worker] += ServiceLaw.ticks(duration)
      } else {
        blockedUntil[worker] = max(blockedUntil[worker], time) + ServiceLaw.ticks(duration)
      }
    case .crash:
      ticks = time
      if isBusy, case .endUpdate(let done) = agenda[worker]?.action, !isJoint {
        underWay[target(worker, done)].remove(worker)
      }
      dead.insert(worker)
      agenda[worker] = nil
      line.removeAll { $0 == worker }
      turnedAway.removeAll { $0 == worker }
      if !isJoint, counted.remove(worker) != nil { started -= 1 }
      if started < setup.updates, !turnedAway.isEmpty { call(turnedAway.removeFirst()) }
    case .restart:
      guard isBusy, let action = agenda[worker]?.action else { return }
      if case .endUpdate = action { return }
      ticks = time
      agenda[worker] = nil
      want(.read, worker)
      if holder != nil, holder != worker { return line.append(worker) }
      if setup.policy.rules(for: WorkerID(worker), of: workers).access == .exclusive {
        holder = worker
      }
      wants[worker] = nil
      beginRead(worker)
    }
  }
}
