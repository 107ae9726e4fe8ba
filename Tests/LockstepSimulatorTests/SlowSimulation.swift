import LockstepCore
import LockstepModels
import LockstepTelemetry

@testable import LockstepSimulator

/// The same simulation as straightforwardly as can be: whole copies of everything, conditions that
/// look at every clock, and a search through all workers for whoever comes next.
///
/// Plain descent only. It shares the draws, the policies' rules and the gradients with the engine.
struct SlowSimulation {
  /// Something that a worker will do at a time.
  struct Appointment {
    var time: UInt64
    var action: Action
  }

  enum Action {
    case endCopy(Int)
    case compute
    case endUpdate(Int)
    case wake
  }

  /// An update as it is made: the view of its gradient, and each part of the parameters as it is found.
  struct Shown: Equatable {
    var update: Int
    var worker: Int
    var clock: Int
    var view: [Double]
    var parameters: [Double]
  }

  enum Want { case read, apply }

  let setup: Simulation
  let model: Quadratic<Double>

  private(set) var parts: [[Double]] = []
  private(set) var versions: [Int] = []
  var ticks: UInt64 = 0
  private(set) var delays: [Int: Int] = [:]
  private(set) var reads = 0
  private(set) var torn = 0
  private(set) var updates = 0
  /// Every update, in the order in which they end; joint ones without a view.
  private(set) var shown: [Shown] = []
  var dead: Set<Int> = []
  /// For each worker, the time read, computed, applied and waited.
  private(set) var times: [[UInt64]] = []

  private var ranges: [Range<Int>] = []
  private var laws: [ServiceLaw?] = []
  var agenda: [Appointment?] = []
  var wants: [Want?] = []
  private var isCalled: [Bool] = []
  private var calls: [Int] = []
  var clocks: [Int] = []
  private var computed: [Int] = []
  private var completed: [Int] = []
  var shares: [Int] = []
  private var views: [[[Double]]] = []
  private var seen: [[Int]] = []
  private var seenInAll: [Int] = []
  private var gradients: [[Double]] = []
  var started = 0
  private var everStarted = 0
  var counted: Set<Int> = []
  var turnedAway: [Int] = []
  var pendingFaults: [FaultSpecification?] = []
  var blockedUntil: [UInt64] = []
  private var found: [Shown] = []
  private var wantedSince: [UInt64] = []
  var phaseBegan: [UInt64] = []
  private var phaseTakes: [UInt64] = []
  var holder: Int?
  var line: [Int] = []
  /// The updates of each shard that are under way, and all that ever began, by a running number.
  var underWay: [Set<Int>] = []
  private var everBegun: [Int] = []
  private var copyBegan: [(isClean: Bool, begun: Int)] = []

  private var isBlocks: Bool { setup.decomposition == .blocks }
  var isJoint: Bool { setup.configuration.budget.isJoint }
  var workers: Int { setup.workers }

  var parameters: [Double] { parts.flatMap { $0 } }

  init(_ setup: Simulation, _ model: Quadratic<Double>) throws {
    self.setup = setup
    self.model = model
    var start = [Double](repeating: 0, count: model.parameterCount)
    start.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { model.initialize(base, seed: setup.seed) }
    }
    let shards = min(workers, start.count)
    var first = 0
    for shard in 0..<shards {
      let size = start.count / shards + (shard < start.count % shards ? 1 : 0)
      ranges.append(first..<(first + size))
      first += size
    }
    parts = ranges.map { Array(start[$0]) }
    versions = ranges.map { _ in 0 }
    underWay = ranges.map { _ in [] }
    everBegun = versions
    laws = [
      try setup.readTime.map { try ServiceLaw($0, workers: setup.workers, for: .read) },
      try ServiceLaw(setup.service, workers: setup.workers),
      try setup.applyTime.map { try ServiceLaw($0, workers: setup.workers, for: .apply) },
    ]
    clocks = Array(repeating: 0, count: workers)
    (computed, completed) = (clocks, clocks)
    let budget = setup.configuration.budget
    shares = (0..<workers).map {
      budget.isDealt || isJoint
        ? budget.iterations(of: WorkerID($0), within: setup.updates) : Int.max
    }
    agenda = clocks.map { _ in nil }
    wants = clocks.map { _ in nil }
    isCalled = clocks.map { _ in false }
    views = clocks.map { _ in parts }
    seen = clocks.map { _ in versions }
    seenInAll = clocks
    gradients = clocks.map { _ in [] }
    times = clocks.map { _ in [0, 0, 0, 0] }
    wantedSince = clocks.map { _ in 0 }
    (phaseBegan, phaseTakes) = (wantedSince, wantedSince)
    copyBegan = clocks.map { _ in (true, 0) }
    blockedUntil = wantedSince
    pendingFaults = setup.faults
    found = clocks.map { _ in Shown(update: 0, worker: 0, clock: 0, view: [], parameters: start) }
  }

  mutating func run() {
    for worker in 0..<workers { next(worker) }
    callWhoMay()
    serve()
    while updates < setup.updates {
      let soonest = (0..<workers).filter { agenda[$0] != nil }
        .min { (agenda[$0]?.time ?? 0, $0) < (agenda[$1]?.time ?? 0, $1) }
      let fault = nextFault()
      if let fault, fault.time <= soonest.flatMap({ agenda[$0]?.time }) ?? .max {
        strike(fault.index, at: fault.time)
        serve()
        continue
      }
      guard let worker = soonest, let appointment = agenda[worker] else { return }
      agenda[worker] = nil
      ticks = appointment.time
      switch appointment.action {
      case .endCopy(let done): endCopy(worker, done)
      case .compute: endCompute(worker)
      case .endUpdate(let done): endUpdate(worker, done)
      case .wake: call(worker)
      }
      callWhoMay()
      serve()
    }
  }

  /// Lets a worker want its next view, if it has another iteration to make.
  private mutating func next(_ worker: Int) {
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

  private mutating func callWhoMay() {
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

  private mutating func serve() {
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

  private mutating func release() {
    guard let _ = holder else { return }
    holder = line.isEmpty ? nil : line.removeFirst()
    if let next = holder { call(next) }
  }

  /// Begins a phase; the length of one that takes no time is 0.
  private mutating func begin(_ phase: Int, _ worker: Int) {
    phaseBegan[worker] = ticks
    phaseTakes[worker] =
      laws[phase]?.ticks(seed: setup.seed, worker: worker, clock: clocks[worker]) ?? 0
    times[worker][phase] += phaseTakes[worker]
  }

  private func end(_ worker: Int, part: Int, of count: Int) -> UInt64 {
    phaseBegan[worker] + phaseTakes[worker] * UInt64(part) / UInt64(count)
  }

  // MARK: Reading

  mutating func beginRead(_ worker: Int) {
    seenInAll[worker] = updates
    begin(0, worker)
    beginCopy(worker, 0)
  }

  private mutating func beginCopy(_ worker: Int, _ shard: Int) {
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

  private mutating func endCopy(_ worker: Int, _ shard: Int) {
    if !copyBegan[worker].isClean || copyBegan[worker].begun != everBegun[shard] { torn += 1 }
    if !isJoint, shard + 1 < ranges.count { return beginCopy(worker, shard + 1) }
    release()
    begin(1, worker)
    agenda[worker] = Appointment(time: ticks + phaseTakes[worker], action: .compute)
  }

  private mutating func endCompute(_ worker: Int) {
    computed[worker] = clocks[worker] + 1
    let range = isBlocks ? ranges[worker] : 0..<model.parameterCount
    let computer = GradientComputer(
      model: model, range: range, batch: 1, seed: setup.seed, worker: 0)
    let view = views[worker].flatMap { $0 }
    var gradient = [Double](repeating: 0, count: range.count)
    view.withUnsafeBufferPointer { view in
      gradient.withUnsafeMutableBufferPointer { gradient in
        guard let view = view.baseAddress, let into = gradient.baseAddress else { return }
        computer.compute(
          at: view, examples: UnsafeBufferPointer(start: nil, count: 0), clock: clocks[worker],
          worker: isBlocks ? 0 : worker, range: range, into: into)
      }
    }
    gradients[worker] = gradient
    if setup.policy.rules(for: WorkerID(worker), of: workers).access == .racing { look(worker) }
    want(.apply, worker)
  }

  private mutating func look(_ worker: Int) {
    if isBlocks {
      for shard in ranges.indices where shard != worker {
        delays[versions[shard] - seen[worker][shard], default: 0] += 1
      }
    } else {
      delays[updates - seenInAll[worker], default: 0] += 1
    }
  }

  // MARK: Applying

  func target(_ worker: Int, _ done: Int) -> Int {
    isBlocks ? worker : (worker + done) % ranges.count
  }

  private mutating func beginApply(_ worker: Int) {
    if setup.policy.rules(for: WorkerID(worker), of: workers).access == .exclusive { look(worker) }
    begin(2, worker)
    found[worker].view = views[worker].flatMap { $0 }
    (found[worker].worker, found[worker].clock) = (worker, clocks[worker])
    beginUpdate(worker, 0)
  }

  private mutating func beginUpdate(_ worker: Int, _ done: Int) {
    if !isJoint {
      underWay[target(worker, done)].insert(worker)
      everBegun[target(worker, done)] += 1
    }
    if laws[2] == nil { return endUpdate(worker, done) }
    agenda[worker] = Appointment(
      time: end(worker, part: done + 1, of: isBlocks || isJoint ? 1 : ranges.count),
      action: .endUpdate(done))
  }

  private mutating func endUpdate(_ worker: Int, _ done: Int) {
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

  private mutating func stepJointly() {
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
