import LockstepCore

/// Walks through every state that workers can reach which wait, publish and wake as the threads do.
///
/// What a worker does next is decided by the code that the threads run: ``ClockWait``,
/// ``ClockPublication``, ``Admission`` and the policy's own rules. The explorer adds the memory that they
/// share, the sleepers, and every order in which the single accesses can follow each other.
///
/// Clocks are counted from the slowest worker's, so the walk covers runs of any length. A worker may
/// finish at any clock. A setting in which the run may be interrupted and a worker may fail includes all runs in
/// which neither happens.
///
/// Three things keep the number of states down without losing a dead end:
///
/// - **Settled accesses** have one outcome, whatever others do first, and change nothing that others see. They
///   are taken at once.
/// - **Merged accesses.** Where workers may wake for no reason, waking somebody too early or too often adds nothing
///   that could not happen anyway, and a worker that is awake need not move. So accesses are taken together if the
///   only thing that can happen between them is that somebody is woken: raising the epoch and waking;
///   looking in vain, announcing the wait and reading the epoch; publishing a counter that no condition reads.
/// - **Interchangeable workers**, where all waits are for everyone. Counters only grow, so a waiter that goes
///   through its peers gets to the end exactly if the least counter has reached the target when it reads the
///   last one, and is held up exactly if the least counter has not when it reads the one that holds it up. (If that
///   one gets there while another is missing, the waiter looks again; here it may also sleep and wake
///   for no reason, which comes to the same.) A publisher that compares stops exactly if the least counter is held
///   back. So both read the least counter at once. Then the order of the workers means nothing, and states
///   that differ only in it are one.
struct WaitExplorer {
  /// What is explored.
  struct Setting: CustomStringConvertible {
    var policy: any SynchronizationPolicy
    var workers: Int
    /// The most iterations that a worker makes before it publishes its clock.
    var steps = 1
    /// Whether a sleeper may wake up for no reason.
    var wakesSpuriously = true
    /// Whether the run may be interrupted, once, at any moment.
    var isInterrupted = false
    /// Whether one worker may fail, at the beginning of any iteration.
    var fails = false
    /// Whether a worker may finish before the others.
    var finishes = true
    /// Whether the publisher compares with the value that it publishes, as it did once.
    var hasOldWakeRule = false
    /// Whether settled accesses are taken at once and others are merged: all dead ends are still found, but
    /// not every state on the way.
    var isReduced = true
    /// Whether workers count as interchangeable; only where all waits are for everyone.
    var isFolded = false

    var description: String {
      "\(policy.specification), \(workers) workers, up to \(steps) steps"
        + (isInterrupted ? ", interrupted" : "") + (fails ? ", one fails" : "")
        + (isFolded ? ", interchangeable" : "")
    }
  }

  /// What was found.
  enum Finding: Equatable {
    /// Everyone who has not finished sleeps.
    case deadlock
    /// A worker sleeps that may go on, and nobody is about to wake it.
    case lostWakeUp
  }

  /// What one worker is doing.
  enum Phase: UInt8 {
    case top, waitToStart, run, publishComputed, waitToApply, publishCompleted
    case finishComputed, finishCompleted, stop, finished
  }

  /// One worker, and its counters in shared memory; 8 bytes, so that many states fit.
  struct Worker {
    var phase = Phase.top
    /// The kind of the next access, and the worker that it is about.
    var access: UInt8 = 0
    var peer: UInt8 = 0
    var completed: UInt8 = 0
    var computed: UInt8 = 0
    /// Where the last publication of the counter ended, plus 1; 0 for below everybody's clocks.
    var old: UInt8 = 0
    /// The steps of a run that are still to be made.
    var left: UInt8 = 0
    /// Whether the epoch that the worker has read is still the one.
    var isFresh = false
    var isAsleep = false

    var word: UInt64 {
      UInt64(phase.rawValue) | UInt64(access) << 8 | UInt64(peer) << 16 | UInt64(completed) << 24
        | UInt64(computed) << 32 | UInt64(old) << 40 | UInt64(left) << 48
        | (isFresh ? 1 << 56 : 0) | (isAsleep ? 1 << 57 : 0)
    }

    init() {}

    init(word: UInt64) {
      phase = Phase(rawValue: UInt8(truncatingIfNeeded: word)) ?? .finished
      access = UInt8(truncatingIfNeeded: word >> 8)
      peer = UInt8(truncatingIfNeeded: word >> 16)
      completed = UInt8(truncatingIfNeeded: word >> 24)
      computed = UInt8(truncatingIfNeeded: word >> 32)
      old = UInt8(truncatingIfNeeded: word >> 40)
      left = UInt8(truncatingIfNeeded: word >> 48)
      isFresh = word >> 56 & 1 == 1
      isAsleep = word >> 57 & 1 == 1
    }
  }

  /// A state of all workers, of at most four, and of what is beside them.
  struct State: Hashable {
    var words: InlineWords
    var isStopped = false
    /// 0: an interruption may come; 1 … 3: its accesses; 4: none will come.
    var interruption: UInt8 = 4
    var failures: UInt8 = 0
  }

  /// Four workers' words.
  struct InlineWords: Hashable {
    var a: UInt64 = 0
    var b: UInt64 = 0
    var c: UInt64 = 0
    var d: UInt64 = 0

    /// Puts the words in falling order, so that the unused ones, which are 0, stay at the end.
    mutating func sort() {
      func order(_ x: inout UInt64, _ y: inout UInt64) { if x < y { swap(&x, &y) } }
      order(&a, &b)
      order(&c, &d)
      order(&a, &c)
      order(&b, &d)
      order(&b, &c)
    }

    subscript(index: Int) -> Worker {
      get { Worker(word: index == 0 ? a : index == 1 ? b : index == 2 ? c : d) }
      set {
        switch index {
        case 0: a = newValue.word
        case 1: b = newValue.word
        case 2: c = newValue.word
        default: d = newValue.word
        }
      }
    }
  }

  /// The counter of a worker that has finished.
  static let finished: UInt8 = 255
  /// A worker that is so far ahead finishes: only under policies that don't hold it back.
  static let farthest: UInt8 = 12

  let setting: Setting
  let rules: [WorkerRules]
  let waitsAreForEveryone: Bool
  let looksAtComputed: Bool

  private(set) var states: [State] = []
  private(set) var finding: (Finding, state: Int)?
  private var origins: [Int32] = []
  private var seen: Set<State> = []

  init(_ setting: Setting) {
    self.setting = setting
    rules = setting.policy.rules(of: setting.workers)
    looksAtComputed = rules.contains { rule in
      [rule.start, rule.apply].contains { $0.subject != .nobody && $0.counter == .computed }
    }
    waitsAreForEveryone = Admission.waitsAreForEveryone(rules)
  }

  /// Visits states, breadth first, until something is found or all are visited.
  ///
  /// - Parameter limit: the number of states at which the walk gives up.
  /// - Returns: whether it is complete.
  mutating func explore(limit: Int = .max) -> Bool {
    var start = State(words: InlineWords())
    start.interruption = setting.isInterrupted ? 0 : 4
    start.failures = setting.fails ? 1 : 0
    for worker in 0..<setting.workers { start.words[worker] = Worker() }
    add(start, from: -1)
    var next = 0
    while next < states.count {
      let state = states[next]
      if let found = judge(state) {
        finding = (found, next)
        return true
      }
      for successor in successors(of: state) { add(successor, from: Int32(next)) }
      if states.count > limit { return false }
      next += 1
    }
    return true
  }

  private mutating func add(_ state: State, from origin: Int32) {
    var state = state
    normalize(&state)
    if setting.isFolded { state.words.sort() }
    guard seen.insert(state).inserted else { return }
    states.append(state)
    origins.append(origin)
  }

  /// The states from the first to one.
  func path(to index: Int) -> [State] {
    var path: [State] = []
    var index = Int32(index)
    while index >= 0 {
      path.append(states[Int(index)])
      index = origins[Int(index)]
    }
    return path.reversed()
  }

  /// Counts clocks from the slowest worker's.
  private func normalize(_ state: inout State) {
    var least = Self.finished
    for index in 0..<setting.workers { least = min(least, state.words[index].completed) }
    guard least > 0, least != Self.finished else { return }
    for index in 0..<setting.workers {
      var worker = state.words[index]
      if worker.completed != Self.finished { worker.completed -= least }
      if worker.computed != Self.finished { worker.computed -= least }
      worker.old = worker.old > least ? worker.old - least : 0
      state.words[index] = worker
    }
  }
}
