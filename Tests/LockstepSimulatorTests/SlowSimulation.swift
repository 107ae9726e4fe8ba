import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

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

  // The parameters, shard by shard, and what came of the run.
  var ranges: [Range<Int>] = []
  var parts: [[Double]] = []
  var versions: [Int] = []
  var updates = 0
  var delays: [Int: Int] = [:]
  var reads = 0
  var torn = 0
  /// Every update, in the order in which they end; joint ones without a view.
  var shown: [Shown] = []
  var found: [Shown] = []
  /// For each worker, the time read, computed, applied and waited.
  var times: [[UInt64]] = []

  // When what happens.
  var ticks: UInt64 = 0
  var agenda: [Appointment?] = []
  var laws: [ServiceLaw?] = []
  var phaseBegan: [UInt64] = []
  var phaseTakes: [UInt64] = []

  // Who wants what, and may.
  var wants: [Want?] = []
  var wantedSince: [UInt64] = []
  var isCalled: [Bool] = []
  var calls: [Int] = []
  var clocks: [Int] = []
  var computed: [Int] = []
  var completed: [Int] = []
  var shares: [Int] = []
  var started = 0
  var everStarted = 0
  var counted: Set<Int> = []
  var turnedAway: [Int] = []
  var holder: Int?
  var line: [Int] = []

  // What each worker read and made of it.
  var views: [[[Double]]] = []
  var seen: [[Int]] = []
  var seenInAll: [Int] = []
  var copyBegan: [(isClean: Bool, begun: Int)] = []
  var gradients: [[Double]] = []
  /// The updates of each shard that are under way, and all that ever began, by a running number.
  var underWay: [Set<Int>] = []
  var everBegun: [Int] = []

  // What befalls workers.
  var pendingFaults: [FaultSpecification?] = []
  var blockedUntil: [UInt64] = []
  var dead: Set<Int> = []

  var isBlocks: Bool { setup.decomposition == .blocks }
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

  /// Begins a phase; the length of one that takes no time is 0.
  mutating func begin(_ phase: Int, _ worker: Int) {
    phaseBegan[worker] = ticks
    phaseTakes[worker] =
      laws[phase]?.ticks(seed: setup.seed, worker: worker, clock: clocks[worker]) ?? 0
    times[worker][phase] += phaseTakes[worker]
  }

  func end(_ worker: Int, part: Int, of count: Int) -> UInt64 {
    phaseBegan[worker] + phaseTakes[worker] * UInt64(part) / UInt64(count)
  }
}

extension SlowSimulation {
  /// Expects the engine to have come to the same.
  func expectEqual(
    _ outcome: SimulationOutcome<Double>, _ place: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.parameters == parameters, "\(place)", sourceLocation: sourceLocation)
    #expect(outcome.updates == updates, "\(place)", sourceLocation: sourceLocation)
    #expect(
      outcome.virtualTime == Double(ticks) / Double(ServiceLaw.ticksPerUnit), "\(place)",
      sourceLocation: sourceLocation)
    #expect(
      outcome.tornViews == TornViewsRecord(reads: reads, torn: torn), "\(place)",
      sourceLocation: sourceLocation)
    let histogram = delays.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
    #expect(
      outcome.staleness.histogram == histogram, "\(place)", sourceLocation: sourceLocation)
  }
}
