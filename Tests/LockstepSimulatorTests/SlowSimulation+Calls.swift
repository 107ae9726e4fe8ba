import LockstepCore

@testable import LockstepSimulator

/// Who wants what, and who is let in.
extension SlowSimulation {
  /// Lets a worker want its next view, if it has another iteration to make.
  mutating func next(_ worker: Int) {
    if clocks[worker] < shares[worker] {
      want(.read, worker)
    } else {
      (computed[worker], completed[worker]) = (Int.max, Int.max)
    }
  }

  mutating func want(_ want: Want, _ worker: Int) {
    wants[worker] = want
    wantedSince[worker] = ticks
  }

  mutating func callWhoMay() {
    for worker in 0..<workers where !isCalled[worker] && !line.contains(worker) {
      guard !dead.contains(worker), agenda[worker] == nil, holder != worker else { continue }
      guard !turnedAway.contains(worker), let want = wants[worker] else { continue }
      let rules = setup.policy.rules(for: WorkerID(worker), of: workers)
      let rule = want == .read ? rules.start : rules.apply
      guard rule.holds(at: clocks[worker], computed: computed, completed: completed) else {
        continue
      }
      call(worker)
    }
  }

  mutating func call(_ worker: Int) {
    isCalled[worker] = true
    calls.append(worker)
  }

  mutating func serve() {
    while !calls.isEmpty {
      let worker = calls.removeFirst()
      isCalled[worker] = false
      if dead.contains(worker) { continue }
      if blockedUntil[worker] > ticks {
        agenda[worker] = Appointment(time: blockedUntil[worker], action: .wake)
        continue
      }
      let want = wants[worker]
      times[worker][3] += ticks - wantedSince[worker]
      wantedSince[worker] = ticks
      if want == .apply, !isJoint, !counted.contains(worker) {
        // The run's updates are those that begin first.
        guard started < setup.updates else {
          turnedAway.append(worker)
          continue
        }
        found[worker].update = everStarted
        started += 1
        everStarted += 1
        counted.insert(worker)
      }
      let rules = setup.policy.rules(for: WorkerID(worker), of: workers)
      if rules.access == .exclusive, let owner = holder, owner != worker {
        line.append(worker)
        continue
      }
      if rules.access == .exclusive { holder = worker }
      wants[worker] = nil
      if want == .read { beginRead(worker) } else { beginApply(worker) }
      callWhoMay()
    }
  }

  mutating func release() {
    guard let _ = holder else { return }
    holder = line.isEmpty ? nil : line.removeFirst()
    if let next = holder { call(next) }
  }
}
