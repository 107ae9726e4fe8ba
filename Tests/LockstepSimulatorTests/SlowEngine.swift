import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepSimulator

/// The virtual-time engine once more, as straightforwardly as its definition reads.
///
/// Whole copies of everything, conditions that look at every clock, a search through all workers for
/// whoever comes next, and each rule in its textbook form. It shares random streams, portable
/// functions and the models' gradients with the engine, and nothing else.
final class SlowEngine<Model: Objective> {
  typealias Scalar = Model.Scalar
  enum Act { case read(Int), compute, apply(Int), wake }
  enum Want { case read, apply }

  struct Worker {
    var clock = 0, computed = 0, share = Int.max, line = -1, number = 0
    var want: Want?, act: Act?, due: UInt64 = 0
    var isCalled = false, isCounted = false, isTurnedAway = false, isDead = false
    var since: UInt64 = 0, began: UInt64 = 0, takes: UInt64 = 0, late: UInt64 = 0
    var blockedUntil: UInt64 = 0
    var view: [[Scalar]] = [], seen: [Int] = [], copy = (isClean: true, begun: 0)
    var gradient: [Scalar] = [], examples = 0, stale: [Int] = []
    /// Time read, computed, applied and waited.
    var times: [UInt64] = [0, 0, 0, 0]
    var isBusy: Bool { if case .wake? = act { false } else { act != nil } }
    var hasWork: Bool { clock < share }
  }

  /// An update as it is made: the view of its gradient, and each part of the parameters as it is found.
  struct Shown: Equatable {
    var update: Int, worker: Int, clock: Int, view: [Double], parameters: [Double]
  }

  let setup: Simulation, model: Model, workspace: Model.Workspace
  let policy: String, bound: Int, isBlocks: Bool, isJoint: Bool, isPhased: Bool
  var ranges: [Range<Int>] = [], parts: [[Scalar]] = [], versions: [Int] = []
  var state: [[Scalar]], underWay: [Set<Int>] = [], everBegun: [Int] = []
  var workers: [Worker], faults: [FaultSpecification?], calls: [Int] = []
  var now: UInt64 = 0, updates = 0, started = 0, everStarted = 0, begun = 0, arrived = 0
  var holder: Int?, inLine: [Int] = [], turnedAway: [Int] = []
  var reads = 0, torn = 0, samples = 0, histogram: [Int: Int] = [:]
  var shown: [Shown] = [], found: [Shown]

  var parameters: [Scalar] { parts.flatMap { $0 } }
  var count: Int { workers.count }

  init(_ setup: Simulation, _ model: Model) {
    (self.setup, self.model) = (setup, model)
    let words = setup.policy.specification.split(separator: ":")
    (policy, bound) = (String(words[0]), words.count > 1 ? Int(words[1]) ?? 0 : 0)
    isBlocks = setup.decomposition == .blocks
    isJoint = !isBlocks && policy == "barrier"
    isPhased = setup.readTime != nil || setup.applyTime != nil
    let n = model.parameterCount
    workspace = model.makeWorkspace(batch: max(1, setup.largestBatch), range: 0..<n)
    var start = setup.initial.map { $0.map { Scalar($0) } } ?? []
    if start.isEmpty {
      start = [Scalar](unsafeUninitializedCapacity: n) { buffer, count in
        if let base = buffer.baseAddress { model.initialize(base, seed: setup.seed) }
        count = n
      }
    }
    let shards = isBlocks || isPhased ? min(setup.workers, n) : 1
    for s in 0..<shards {
      let first = s * (n / shards) + min(s, n % shards)
      ranges.append(first..<(first + n / shards + (s < n % shards ? 1 : 0)))
    }
    parts = ranges.map { Array(start[$0]) }
    (versions, everBegun) = (ranges.map { _ in 0 }, ranges.map { _ in 0 })
    underWay = ranges.map { _ in [] }
    state = [start.map { _ in 0 }, start.map { _ in 0 }]
    workers = Array(repeating: Worker(), count: setup.workers)
    faults = setup.faults
    let nothing = Shown(
      update: 0, worker: 0, clock: 0, view: [], parameters: start.map { Double($0) })
    found = workers.map { _ in nothing }
    for p in workers.indices where isJoint || ["sequential", "barrier", "bounded"].contains(policy)
    {
      let turns = setup.updates / count + (p < setup.updates % count ? 1 : 0)
      workers[p].share = isJoint ? setup.updates : turns
    }
  }

  func run() {
    for p in workers.indices { goOn(p) }
    settle()
    while updates < setup.updates {
      let next = workers.indices.filter { workers[$0].act != nil }
        .min { (workers[$0].due, $0) < (workers[$1].due, $1) }
      let fault = faults.indices.filter { faults[$0] != nil }
        .min { (Self.ticks(faults[$0]?.time ?? 0), -$0) < (Self.ticks(faults[$1]?.time ?? 0), -$1) }
      if let fault, let what = faults[fault],
        Self.ticks(what.time) <= next.map({ workers[$0].due }) ?? .max
      {
        faults[fault] = nil
        strike(what)
      } else {
        guard let p = next, let act = workers[p].act else { return }
        now = workers[p].due
        workers[p].act = nil
        switch act {
        case .read(let shard): endCopy(p, shard)
        case .compute: endCompute(p)
        case .apply(let done): endUpdate(p, done)
        case .wake: call(p)
        }
      }
      settle()
    }
  }

  // MARK: Who may go on

  /// Lets a worker want its next view, if it has another iteration to make.
  func goOn(_ p: Int) { if workers[p].hasWork { want(.read, p) } }

  func want(_ want: Want, _ p: Int) { (workers[p].want, workers[p].since) = (want, now) }

  func may(_ p: Int, _ want: Want) -> Bool {
    let clock = workers[p].clock
    let left = workers.filter(\.hasWork)
    switch policy {
    case "sequential": return workers.map(\.clock).reduce(0, +) == clock * count + p
    case "bounded": return left.allSatisfy { clock - $0.clock <= bound }
    case "barrier":
      return left.allSatisfy { want == .read ? $0.clock >= clock : $0.computed > clock }
    default: return true
    }
  }

  func call(_ p: Int) {
    workers[p].isCalled = true
    calls.append(p)
  }

  /// Calls whoever may go on, in the order of numbers, and serves them, until nobody may.
  func settle() {
    while true {
      for p in workers.indices where !workers[p].isCalled && workers[p].act == nil && holder != p {
        guard !workers[p].isDead, !workers[p].isTurnedAway, !inLine.contains(p) else { continue }
        if let want = workers[p].want, may(p, want) { call(p) }
      }
      if calls.isEmpty { return }
      serve(calls.removeFirst())
    }
  }

  func serve(_ p: Int) {
    workers[p].isCalled = false
    workers[p].isTurnedAway = false
    guard !workers[p].isDead, let want = workers[p].want else { return }
    if workers[p].blockedUntil > now { return plan(.wake, p, at: workers[p].blockedUntil) }
    workers[p].times[3] += now - workers[p].since
    workers[p].since = now
    if want == .apply, isJoint, !isPhased, workers.contains(where: \.isDead) {
      return workers[p].want = nil
    }
    if want == .apply, !isJoint, !workers[p].isCounted {
      // The run's updates are those that begin first.
      if started == setup.updates {
        workers[p].isTurnedAway = true
        return turnedAway.append(p)
      }
      found[p].update = everStarted
      workers[p].number = started
      (started, everStarted, workers[p].isCounted) = (started + 1, everStarted + 1, true)
    }
    if policy == "locked" {
      if let holder, holder != p { return inLine.append(p) }
      holder = p
    }
    workers[p].want = nil
    if want == .read { beginRead(p) } else { beginApply(p) }
  }

  func release() {
    guard holder != nil else { return }
    holder = inLine.isEmpty ? nil : inLine.removeFirst()
    if let holder { call(holder) }
  }

  // MARK: What workers do

  func plan(_ act: Act, _ p: Int, at time: UInt64) {
    (workers[p].act, workers[p].due) = (act, time)
  }

  func begin(_ law: ServiceSpecification?, _ purpose: RandomPurpose, _ p: Int) {
    (workers[p].began, workers[p].late) = (now, 0)
    workers[p].takes = law.map { draw($0, purpose, p) } ?? 0
  }

  func plan(_ act: Act, _ p: Int, part: Int, of count: Int) {
    let past = workers[p].takes * UInt64(part) / UInt64(count)
    plan(act, p, at: workers[p].began + workers[p].late + past)
  }

  func beginRead(_ p: Int) {
    if workers[p].line < 0 { (workers[p].line, begun) = (begun, begun + 1) }
    (workers[p].view, workers[p].seen) = (parts, versions + [updates])
    begin(setup.readTime, .readTime, p)
    // Nobody sees a part of a joint update, so its views are read in one go.
    if isJoint { reads += ranges.count }
    if isJoint, setup.readTime != nil { return plan(.read(-1), p, part: 1, of: 1) }
    if isJoint { endRead(p) } else { beginCopy(p, 0) }
  }

  func beginCopy(_ p: Int, _ shard: Int) {
    workers[p].view[shard] = parts[shard]
    workers[p].seen[shard] = versions[shard]
    workers[p].copy = (underWay[shard].isEmpty, everBegun[shard])
    reads += 1
    if setup.readTime == nil { return endCopy(p, shard) }
    plan(.read(shard), p, part: shard + 1, of: ranges.count)
  }

  func endCopy(_ p: Int, _ shard: Int) {
    if shard >= 0 {
      let copy = workers[p].copy
      if !copy.isClean || copy.begun != everBegun[shard] { torn += 1 }
      if shard + 1 < ranges.count { return beginCopy(p, shard + 1) }
    }
    endRead(p)
  }

  func endRead(_ p: Int) {
    workers[p].times[0] += now - workers[p].began
    release()
    begin(setup.service, .serviceTime, p)
    plan(.compute, p, at: now + workers[p].takes)
  }

  func endCompute(_ p: Int) {
    workers[p].times[1] += now - workers[p].began
    workers[p].computed += 1
    let clock = workers[p].clock
    let examples = examples(of: p)
    let range = isBlocks ? ranges[p] : 0..<model.parameterCount
    var gradient = [Scalar](repeating: 0, count: range.count)
    examples.withUnsafeBufferPointer { examples in
      model.computeGradient(
        at: workers[p].view.flatMap { $0 },
        minibatch: Minibatch(
          examples: examples, seed: setup.seed, worker: isBlocks ? 0 : p, clock: clock),
        range: range, into: &gradient, workspace: workspace)
    }
    (workers[p].gradient, workers[p].examples) = (clipped(gradient), examples.count)
    if policy != "locked" { look(p) }
    want(.apply, p)
  }

  func beginApply(_ p: Int) {
    if policy == "locked" { look(p) }
    if !isJoint { samples += workers[p].examples }
    begin(setup.applyTime, .applyTime, p)
    found[p].view = workers[p].view.flatMap { $0.map { Double($0) } }
    (found[p].worker, found[p].clock) = (p, workers[p].clock)
    beginUpdate(p, 0)
  }

  func target(_ p: Int, _ done: Int) -> Int { isBlocks ? p : (p + done) % ranges.count }

  func beginUpdate(_ p: Int, _ done: Int) {
    if !isJoint {
      underWay[target(p, done)].insert(p)
      everBegun[target(p, done)] += 1
    }
    if setup.applyTime == nil { return endUpdate(p, done) }
    plan(.apply(done), p, part: done + 1, of: isBlocks || isJoint ? 1 : ranges.count)
  }

  func endUpdate(_ p: Int, _ done: Int) {
    if isJoint {
      arrived += 1
      if arrived == (isPhased ? count : 1) { stepJointly() }
      if arrived == count { arrived = 0 }
    } else {
      let shard = target(p, done)
      underWay[shard].remove(p)
      for shard in isBlocks ? Array(ranges.indices) : [shard] {
        found[p].parameters.replaceSubrange(ranges[shard], with: parts[shard].map { Double($0) })
      }
      step(shard, number: number(of: p)) {
        workers[p].gradient[isBlocks ? $0 - ranges[p].lowerBound : $0]
      }
      if !isBlocks, done + 1 < ranges.count { return beginUpdate(p, done + 1) }
      updates += 1
      workers[p].isCounted = false
      for stale in workers[p].stale { histogram[stale, default: 0] += 1 }
      shown.append(found[p])
    }
    workers[p].times[2] += now - workers[p].began
    release()
    (workers[p].clock, workers[p].line) = (workers[p].clock + 1, -1)
    goOn(p)
  }
}
