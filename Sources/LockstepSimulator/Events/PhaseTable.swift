import LockstepCore

/// The laws of the time that reading a view and applying an update take.
struct PhaseLaws: Sendable {
  /// How long reading a view takes; `nil` for no time.
  var read: ServiceLaw?
  /// How long applying an update takes; `nil` for no time.
  var apply: ServiceLaw?

  /// Whether one of them takes time.
  var takeTime: Bool { read != nil || apply != nil }
}

/// One worker's reading and applying.
struct PhaseState: BitwiseCopyable {
  /// Whether its update is one of those that the run makes.
  var isCounted = false
  /// The number of updates that began before it.
  var number = 0
  /// The number of updates that began before it, without those that were lost half-way.
  var place = 0
  /// The number of shards that are done.
  var done = 0
  /// How stale its update was when it was ready (`samples`).
  var staleness = 0
  /// When the present phase began, how long it takes, and how much later it is, in ticks.
  var began: UInt64 = 0
  var duration: UInt64 = 0
  var late: UInt64 = 0
  /// The buffer of the gradient that is being applied.
  var gradient = 0
  /// Time read and time applied, in ticks.
  var read: UInt64 = 0
  var applied: UInt64 = 0

  /// Begins a phase.
  mutating func begin(at time: UInt64, duration: UInt64 = 0) {
    (done, began, late, self.duration) = (0, time, 0, duration)
  }

  /// When the next of several equal parts of the phase ends.
  func nextEnd(of parts: Int) -> UInt64 {
    let (whole, rest) = duration.quotientAndRemainder(dividingBy: UInt64(parts))
    let part = UInt64(done + 1)
    return began &+ late &+ whole &* part &+ rest &* part / UInt64(parts)
  }
}

/// An update that is shown, while it is being applied.
struct PartialObservation {
  /// The number of updates that began to be applied before it.
  var update: Int
  /// The number of this update of the first shard it changes, from 1.
  var step: Int
  /// The view that its gradient was computed at; `nil` for the parameters.
  var view: [Double]?
  /// The parameters and the optimiser's state, each part as the update finds it.
  var parameters: [Double]
  var state: [[Double]]
}

/// What a run keeps where reading and applying take time.
///
/// **Concurrency:** used by one thread at a time, as the run is.
final class PhaseTable<Scalar: BitwiseCopyable> {
  let laws: PhaseLaws
  /// The views; `nil` under joint updates, of which nobody sees a part.
  let views: ShardViews<Scalar>?
  /// Whether reads and applies are atomic under one lock.
  let isExclusive: Bool
  /// The number of shards, for what is counted.
  let shardCount: Int
  let states: Table<PhaseState>
  /// The gradients that are being applied.
  @exclusivity(unchecked) var gradients: BufferPool<Scalar>
  /// The number of updates that have been begun, and of workers through with a joint one.
  @exclusivity(unchecked) var begun = 0
  /// The same with those that were lost half-way.
  @exclusivity(unchecked) var everBegun = 0
  @exclusivity(unchecked) var arrived = 0
  /// Those whose updates there was no room for, in order.
  @exclusivity(unchecked) var turnedAway: WorkerQueue
  /// The updates under way that are shown, by worker.
  @exclusivity(unchecked) var shown: [Int: PartialObservation] = [:]
  /// Who holds the lock.
  @exclusivity(unchecked) private(set) var holder: Int?
  @exclusivity(unchecked) private var line: WorkerQueue

  init(
    laws: PhaseLaws, views: ShardViews<Scalar>?, shardCount: Int, workers: Int, largest: Int,
    isExclusive: Bool
  ) {
    self.laws = laws
    self.views = views
    self.shardCount = shardCount
    self.isExclusive = isExclusive
    states = Table(repeating: PhaseState(), count: workers)
    gradients = BufferPool(size: largest)
    line = WorkerQueue(workers: workers)
    turnedAway = WorkerQueue(workers: workers)
  }

  /// The number of parts of reading a view.
  var readParts: Int { views?.count ?? 1 }

  /// Takes the lock, or stands in line for it.
  func takesLock(_ worker: Int) -> Bool {
    guard isExclusive, holder != worker else { return true }
    guard holder != nil else {
      holder = worker
      return true
    }
    line.append(worker)
    return false
  }

  /// Hands the lock to whoever stood in line first.
  ///
  /// - Returns: who that is.
  func passLock() -> Int? {
    guard isExclusive else { return nil }
    holder = line.popFirst()
    return holder
  }
}

extension PhaseTable: Archivable {
  func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.flags("isCounted", states, \.isCounted)
    try archive.column("number", states, \.number)
    try archive.column("place", states, \.place)
    try archive.column("done", states, \.done)
    try archive.column("staleness", states, \.staleness)
    try archive.column("began", states, \.began)
    try archive.column("duration", states, \.duration)
    try archive.column("late", states, \.late)
    try archive.column("gradient", states, \.gradient)
    try archive.column("read", states, \.read)
    try archive.column("applied", states, \.applied)
    try archive.part("gradients", &gradients)
    for worker in 0..<states.count {
      try archive.require(
        (0..<max(1, gradients.allocated)).contains(states[worker].gradient), "gradient")
      try archive.require((0...readParts).contains(states[worker].done), "done")
    }
    try archive.number("begun", &begun)
    try archive.number("everBegun", &everBegun)
    try archive.number("arrived", &arrived)
    try archive.part("turnedAway", &turnedAway)
    try archive.optional("holder", &holder)
    try archive.require(holder.map { (0..<states.count).contains($0) } ?? true, "holder")
    try archive.part("line", &line)
    if let views { try archive.part("views", views) }
    try transferShown(archive)
  }

  /// Transfers the updates under way that are shown.
  private func transferShown(_ archive: StateArchive) throws(CheckpointError) {
    var workers = shown.keys.sorted()
    try archive.list("shown", &workers)
    for worker in workers {
      try archive.require((0..<states.count).contains(worker), "shown")
      var part =
        shown[worker]
        ?? PartialObservation(update: 0, step: 0, view: nil, parameters: [], state: [])
      try archive.part("shown.\(worker)", &part)
      shown[worker] = part
    }
  }
}

extension PartialObservation: Archivable {
  mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.number("update", &update)
    try archive.number("step", &step)
    var (hasView, seen, vectors) = (view != nil, view ?? [], state.count)
    try archive.flag("hasView", &hasView)
    try archive.list("view", &seen)
    view = hasView ? seen : nil
    try archive.list("parameters", &parameters)
    try archive.number("vectors", &vectors)
    try archive.require((0...2).contains(vectors), "vectors")
    if archive.isRestoring { state = Array(repeating: [], count: vectors) }
    for index in 0..<vectors { try archive.list("state.\(index)", &state[index]) }
    try archive.require(
      (state + [seen]).allSatisfy { $0.isEmpty || $0.count == parameters.count }, "state")
  }
}
