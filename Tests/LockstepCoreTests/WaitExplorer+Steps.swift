import LockstepCore

/// What can happen next.
extension WaitExplorer {
  // MARK: Between the words of a state and the code that the threads run

  private func counter(_ counter: ClockCondition.Counter, of worker: Int, _ state: State) -> Int {
    let line = state.words[worker]
    let value = counter == .completed ? line.completed : line.computed
    return value == Self.finished ? 1 << 62 : Int(value)
  }

  /// The number of peers that are looked at one by one.
  private var peerCount: Int { setting.isFolded ? 1 : setting.workers }

  /// What a worker reads when it looks at a peer: where workers are interchangeable, the least counter of all.
  private func counter(_ counter: ClockCondition.Counter, seenAt peer: Int, _ state: State) -> Int {
    guard setting.isFolded else { return self.counter(counter, of: peer, state) }
    var least = Int.max
    for worker in 0..<setting.workers {
      least = min(least, self.counter(counter, of: worker, state))
    }
    return least
  }

  private func condition(of worker: Int, _ line: Worker) -> ClockCondition {
    line.phase == .waitToApply ? rules[worker].apply : rules[worker].start
  }

  private func wait(of worker: Int, _ line: Worker) -> ClockWait {
    let condition = condition(of: worker, line)
    let end: Int
    switch condition.subject {
    case .nobody: end = 0
    case .worker: end = Int(line.peer) + 1
    case .everyone: end = peerCount
    }
    let peer = Int(line.peer)
    let accesses: [ClockWait.Access] = [
      .look(peer), .announce, .readEpoch, .lookAgain(peer), .readStop, .sleep,
      .retract(isStopped: false), .retract(isStopped: true),
    ]
    return ClockWait(
      for: peer..<end, target: condition.target(at: Int(line.completed)),
      next: accesses[Int(line.access)])
  }

  /// Keeps a wait's next access; `nil` where the wait is over.
  private func keep(_ wait: ClockWait, in line: inout Worker) -> Bool? {
    switch wait.next {
    case .look(let peer): (line.access, line.peer) = (0, UInt8(peer))
    case .announce: line.access = 1
    case .readEpoch: line.access = 2
    case .lookAgain: line.access = 3
    case .readStop: line.access = 4
    case .sleep: line.access = 5
    case .retract(let isStopped): line.access = isStopped ? 7 : 6
    case .done(let holds): return holds
    }
    return nil
  }

  private func publication(_ line: Worker, from old: Int) -> ClockPublication {
    let accesses: [ClockPublication.Access] = [
      .store, .countParked, .compare(Int(line.peer)), .raiseEpoch, .wake,
    ]
    return ClockPublication(
      from: old, workers: peerCount, waitsAreForEveryone: waitsAreForEveryone,
      next: accesses[Int(line.access)])
  }

  /// Whether a worker has announced a wait.
  private func isParked(_ line: Worker) -> Bool {
    (line.phase == .waitToStart || line.phase == .waitToApply) && line.access >= 2
  }

  // MARK: Steps

  /// Every state that can follow.
  func successors(of state: State) -> [State] {
    if setting.isReduced {
      for worker in 0..<setting.workers where isSettled(worker, state) {
        return step(worker, state)
      }
    }
    var all: [State] = []
    for worker in 0..<setting.workers {
      all += step(worker, state)
      if setting.wakesSpuriously, state.words[worker].isAsleep { all.append(woken(worker, state)) }
    }
    if state.interruption < 4 { all.append(interrupt(state)) }
    return all
  }

  /// Whether a worker's next access has one outcome, whatever others do first, and changes nothing that
  /// they can see.
  private func isSettled(_ worker: Int, _ state: State) -> Bool {
    let line = state.words[worker]
    switch line.phase {
    case .waitToStart, .waitToApply:
      let condition = condition(of: worker, line)
      switch line.access {
      case 0, 3:
        return Admission.holds(
          counter(condition.counter, seenAt: Int(line.peer), state),
          target: condition.target(at: Int(line.completed)))
      case 4: return state.isStopped || !(setting.isInterrupted || setting.fails)
      case 5: return !line.isAsleep && (!line.isFresh || isMerged)
      default: return false
      }
    case .publishCompleted, .publishComputed, .finishCompleted, .finishComputed:
      if line.access == 0, line.phase == .publishCompleted, setting.steps > 1 { return true }
      guard line.access == 2 else { return false }
      let isOfCompleted = line.phase == .publishCompleted || line.phase == .finishCompleted
      let other = counter(isOfCompleted ? .completed : .computed, seenAt: Int(line.peer), state)
      return !Admission.isHeldBack(from: old(line), by: other)
    default: return false
    }
  }

  /// Whether accesses are merged between which nothing can happen that matters.
  private var isMerged: Bool { setting.isReduced && setting.wakesSpuriously }

  /// Where a worker's publication goes on from.
  private func old(_ line: Worker) -> Int {
    guard setting.hasOldWakeRule else { return Int(line.old) - 1 }
    // One less than what is published; and whoever finishes wakes everybody.
    switch line.phase {
    case .publishCompleted: return Int(line.completed) - 1
    case .publishComputed: return Int(line.computed) - 1
    default: return -1
    }
  }

  private func woken(_ worker: Int, _ state: State) -> State {
    var state = state
    state.words[worker].isAsleep = false
    state.words[worker].access = 6
    return state
  }

  private func wakeAll(_ state: inout State) {
    for worker in 0..<setting.workers where state.words[worker].isAsleep {
      state = woken(worker, state)
    }
  }

  private func raiseEpoch(_ state: inout State) {
    for worker in 0..<setting.workers { state.words[worker].isFresh = false }
  }

  private func interrupt(_ state: State) -> State {
    var state = state
    switch state.interruption {
    case 0: state.isStopped = true
    case 1:
      raiseEpoch(&state)
      if isMerged {
        wakeAll(&state)
        state.interruption = 2
      }
    default: wakeAll(&state)
    }
    state.interruption = state.interruption == 2 ? 4 : state.interruption + 1
    return state
  }

  /// What a worker's next access leads to; several states where the worker has a choice, none where it
  /// sleeps or has finished.
  private func step(_ worker: Int, _ state: State) -> [State] {
    let line = state.words[worker]
    switch line.phase {
    case .top: return choices(of: worker, state)
    case .waitToStart, .waitToApply: return line.isAsleep ? [] : [goOnWaiting(worker, state)]
    case .run: return [makeStep(worker, state)]
    case .publishComputed, .publishCompleted, .finishComputed, .finishCompleted:
      return [goOnPublishing(worker, state)]
    case .stop: return [goOnStopping(worker, state)]
    case .finished: return []
    }
  }

  /// Where a worker stands between two iterations, or runs of them.
  private func choices(of worker: Int, _ state: State) -> [State] {
    let line = state.words[worker]
    var finishing = state
    beginToFinish(worker, &finishing)
    if state.isStopped { return [finishing] }
    if line.completed >= Self.farthest { return [finishing] }
    var all: [State] = []
    if setting.finishes { all.append(finishing) }
    if state.failures > 0 {
      // It leaves its counters behind and then stops the run.
      finishing.failures = 0
      finishing.words[worker].left = 1
      all.append(finishing)
    }
    if setting.steps > 1 {
      let allowed = rules[worker].start.allowance(
        at: Int(line.completed), of: setting.workers
      ) { counter(rules[worker].start.counter, of: $0, state) }
      // A quota may cut a run short.
      for count in stride(from: 1, through: min(setting.steps, allowed), by: 1) {
        var running = state
        begin(count, worker, &running)
        all.append(running)
      }
    }
    var waiting = state
    waiting.words[worker].phase = .waitToStart
    let peers = Self.peers(
      of: rules[worker].start, workers: peerCount)
    waiting.words[worker].peer = UInt8(peers.lowerBound)
    if peers.isEmpty {
      started(worker, &waiting)
    } else if isMerged {
      waiting = goOnWaiting(worker, waiting)
    }
    all.append(waiting)
    return all
  }

  private static func peers(of condition: ClockCondition, workers: Int) -> Range<Int> {
    switch condition.subject {
    case .nobody: 0..<0
    case .worker(let peer): peer.index..<(peer.index + 1)
    case .everyone: 0..<workers
    }
  }

  /// Begins a run of steps of which each shows in the counter.
  private func begin(_ count: Int, _ worker: Int, _ state: inout State) {
    state.words[worker].phase = .run
    state.words[worker].old = state.words[worker].completed + 1
    state.words[worker].left = UInt8(count)
  }

  private func makeStep(_ worker: Int, _ state: State) -> State {
    var state = state
    state.words[worker].completed += 1
    state.words[worker].computed = max(
      state.words[worker].computed, state.words[worker].completed)
    state.words[worker].left -= 1
    if state.words[worker].left == 0 { begin(.publishCompleted, worker, &state) }
    return state
  }

  private func beginToFinish(_ worker: Int, _ state: inout State) {
    state.words[worker].old = state.words[worker].completed + 1
    begin(isMerged && !looksAtComputed ? .finishCompleted : .finishComputed, worker, &state)
  }

  private func begin(_ phase: Phase, _ worker: Int, _ state: inout State) {
    state.words[worker].phase = phase
    state.words[worker].access = 0
    state.words[worker].peer = 0
  }

  /// An iteration that may start, by the policy.
  private func started(_ worker: Int, _ state: inout State) {
    state.words[worker].access = 0
    state.words[worker].peer = 0
    if setting.steps > 1 { return begin(1, worker, &state) }
    state.words[worker].old = state.words[worker].completed + 1
    begin(
      rules[worker].apply.subject == .nobody ? .publishCompleted : .publishComputed, worker, &state)
  }

  private func goOnWaiting(_ worker: Int, _ state: State) -> State {
    var state = state
    var line = state.words[worker]
    var wait = wait(of: worker, line)
    switch wait.next {
    case .look(let peer), .lookAgain(let peer):
      wait.advance(counter(condition(of: worker, line).counter, seenAt: peer, state))
      if isMerged, wait.next == .announce {
        wait.advance()
        line.isFresh = true
        wait.advance()
      }
    case .readEpoch:
      line.isFresh = true
      wait.advance()
    case .readStop: wait.advance(state.isStopped ? 1 : 0)
    case .sleep:
      if line.isFresh { line.isAsleep = true } else { wait.advance() }
      line.isFresh = false
    default: wait.advance()
    }
    let outcome = keep(wait, in: &line)
    if line.access != 3, line.access != 4, line.access != 5 { line.isFresh = false }
    let wasStart = line.phase == .waitToStart
    state.words[worker] = line
    guard let outcome else { return state }
    if !outcome {
      beginToFinish(worker, &state)
    } else if wasStart {
      started(worker, &state)
    } else {
      begin(.publishCompleted, worker, &state)
    }
    return state
  }

  private func goOnPublishing(_ worker: Int, _ state: State) -> State {
    var state = state
    var line = state.words[worker]
    let isOfCompleted = line.phase == .publishCompleted || line.phase == .finishCompleted
    var publication = publication(line, from: old(line))
    switch publication.next {
    case .store:
      switch line.phase {
      case .publishComputed: line.computed = line.completed + 1
      case .publishCompleted:
        // A run of steps has stored its clock already.
        if setting.steps == 1 { line.completed += 1 }
        line.computed = max(line.computed, line.completed)
      case .finishComputed: line.computed = Self.finished
      default: (line.completed, line.computed) = (Self.finished, Self.finished)
      }
      publication.advance()
    case .countParked:
      let parked = (0..<setting.workers).count { isParked(state.words[$0]) }
      publication.advance(parked)
    case .compare(let other):
      publication.advance(counter(isOfCompleted ? .completed : .computed, seenAt: other, state))
    case .raiseEpoch:
      raiseEpoch(&state)
      publication.advance()
      if isMerged {
        wakeAll(&state)
        publication.advance()
      }
    case .wake:
      wakeAll(&state)
      publication.advance()
    case .done: break
    }
    line.peer = 0
    switch publication.next {
    case .store: line.access = 0
    case .countParked: line.access = 1
    case .compare(let other): (line.access, line.peer) = (2, UInt8(other))
    case .raiseEpoch: line.access = 3
    case .wake: line.access = 4
    case .done:
      line.access = 0
      switch line.phase {
      case .publishComputed: line.phase = .waitToApply
      case .publishCompleted: (line.phase, line.old) = (.top, 0)
      case .finishComputed: line.phase = .finishCompleted
      default: (line.phase, line.old) = (line.left > 0 ? .stop : .finished, 0)
      }
    }
    state.words[worker] = line
    return state
  }

  /// A worker that has failed stops the run.
  private func goOnStopping(_ worker: Int, _ state: State) -> State {
    var state = state
    switch state.words[worker].access {
    case 0: state.isStopped = true
    case 1:
      raiseEpoch(&state)
      if isMerged {
        wakeAll(&state)
        state.words[worker].access = 2
      }
    default: wakeAll(&state)
    }
    state.words[worker].access += 1
    if state.words[worker].access == 3 {
      state.words[worker].access = 0
      state.words[worker].left = 0
      state.words[worker].phase = .finished
    }
    return state
  }

  // MARK: Judging

  /// What is wrong with a state.
  func judge(_ state: State) -> Finding? {
    var isAnybodyAwake = false
    var isAnybodyAsleep = false
    var isAnybodyPublishing = (1...2).contains(state.interruption)
    for worker in 0..<setting.workers {
      let line = state.words[worker]
      if line.isAsleep {
        isAnybodyAsleep = true
      } else if line.phase != .finished {
        isAnybodyAwake = true
      }
      switch line.phase {
      case .top, .waitToStart, .waitToApply, .finished: break
      default: isAnybodyPublishing = true
      }
    }
    guard isAnybodyAsleep else { return nil }
    if !isAnybodyAwake, !isAnybodyPublishing { return .deadlock }
    guard !setting.isReduced, !isAnybodyPublishing else { return nil }
    for worker in 0..<setting.workers where state.words[worker].isAsleep {
      if state.isStopped || mayGoOn(worker, state) { return .lostWakeUp }
    }
    return nil
  }

  /// Whether a waiting worker's condition holds.
  func mayGoOn(_ worker: Int, _ state: State) -> Bool {
    let line = state.words[worker]
    let condition = condition(of: worker, line)
    return Admission.holds(
      condition.subjectCounter(of: setting.workers) {
        counter(condition.counter, of: $0, state)
      }, target: condition.target(at: Int(line.completed)))
  }
}
