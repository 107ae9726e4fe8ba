import LockstepCore

/// One of the workers' two counters, with those who wait for it.
///
/// The smallest counter is kept by a count of workers at each value, in a ring that starts at the
/// smallest; those who wait for everybody hang in a second ring at the value they wait for, and
/// those who wait for one worker in a list of that worker's. So publishing costs O(1) and each wait
/// O(1), over a run, however many workers there are.
///
/// Every index is a worker's number, or is masked to the ring.
struct ClockBook: ~Copyable {
  /// The clock of a worker that has used up its share: nobody waits for it any more.
  static let finished = Int.max

  private let values: Table<Int>
  private let links: Table<Int32>
  private let targets: Table<Int>
  private let waitersOnWorker: Table<Int32>
  private let watchesEveryone: Bool
  private let watchesWorkers: Bool

  private(set) var minimum = 0
  private var active: Int
  private var counts: Table<Int32>
  private var heads: Table<Int32>
  private var mask: Int

  /// Makes the book of a counter.
  ///
  /// - Parameters:
  ///   - workers: their number; all stand at 0.
  ///   - conditions: every condition on this counter.
  init(workers: Int, conditions: [ClockCondition]) {
    let subjects = conditions.map(\.subject)
    watchesEveryone = subjects.contains(.everyone)
    watchesWorkers = subjects.contains { $0 != .everyone && $0 != .nobody }
    active = workers
    mask = 15
    values = Table(repeating: 0, count: workers)
    links = Table(repeating: -1, count: workers)
    targets = Table(repeating: 0, count: workers)
    waitersOnWorker = Table(repeating: -1, count: workers)
    counts = Table(repeating: 0, count: mask + 1)
    heads = Table(repeating: -1, count: mask + 1)
    counts[0] = Int32(workers)
  }

  /// Whether anybody ever waits for this counter.
  var isWatched: Bool { watchesEveryone || watchesWorkers }

  /// Whether a condition holds for a worker at a clock.
  @inline(__always)
  func holds(_ condition: ClockCondition, at clock: Int) -> Bool {
    let counter: Int
    switch condition.subject {
    case .nobody: return true
    case .everyone: counter = minimum
    case .worker(let worker): counter = values[worker.index]
    }
    return Admission.holds(counter, target: condition.target(at: clock))
  }

  /// Hangs up a worker whose condition doesn't hold.
  mutating func wait(_ worker: Int, for condition: ClockCondition, at clock: Int) {
    let target = condition.target(at: clock)
    switch condition.subject {
    case .nobody: return
    case .everyone:
      grow(toHold: target)
      links[worker] = heads[target & mask]
      heads[target & mask] = Int32(worker)
    case .worker(let subject):
      targets[worker] = target
      links[worker] = waitersOnWorker[subject.index]
      waitersOnWorker[subject.index] = Int32(worker)
    }
  }

  /// Sets a worker's counter and hands over those who need no longer wait.
  @inline(__always)
  mutating func publish(_ value: Int, by worker: Int, releasing batch: inout WorkerBatch) {
    let old = values[worker]
    guard old != value else { return }
    assert(value > old, "a counter only grows")
    values[worker] = value
    if watchesEveryone { move(from: old, to: value, releasing: &batch) }
    if watchesWorkers { releaseWaiters(on: worker, at: value, into: &batch) }
  }

  @inline(__always)
  private mutating func move(from old: Int, to value: Int, releasing batch: inout WorkerBatch) {
    counts[old & mask] &-= 1
    if value == Self.finished {
      active &-= 1
    } else {
      if value &- minimum > mask { grow(toHold: value) }
      counts[value & mask] &+= 1
    }
    guard old == minimum, counts[old & mask] == 0 else { return }
    if active == 0 {
      minimum = Self.finished
      for slot in 0...mask { release(slot, into: &batch) }
      return
    }
    while counts[minimum & mask] == 0 {
      minimum &+= 1
      release(minimum & mask, into: &batch)
    }
  }

  @inline(__always)
  private mutating func release(_ slot: Int, into batch: inout WorkerBatch) {
    var waiter = heads[slot]
    heads[slot] = -1
    while waiter >= 0 {
      batch.add(Int(waiter))
      waiter = links[Int(waiter)]
    }
  }

  private mutating func releaseWaiters(
    on worker: Int, at value: Int, into batch: inout WorkerBatch
  ) {
    var waiter = waitersOnWorker[worker]
    var left: Int32 = -1
    while waiter >= 0 {
      let next = links[Int(waiter)]
      if Admission.holds(value, target: targets[Int(waiter)]) {
        batch.add(Int(waiter))
      } else {
        links[Int(waiter)] = left
        left = waiter
      }
      waiter = next
    }
    waitersOnWorker[worker] = left
  }

  /// Makes the rings long enough to tell a value from the smallest.
  private mutating func grow(toHold value: Int) {
    guard minimum != Self.finished, value - minimum > mask else { return }
    var size = mask + 1
    while value - minimum >= size { size *= 2 }
    let newCounts = Table<Int32>(repeating: 0, count: size)
    let newHeads = Table<Int32>(repeating: -1, count: size)
    for value in minimum...(minimum + mask) {
      newCounts[value & (size - 1)] = counts[value & mask]
      newHeads[value & (size - 1)] = heads[value & mask]
    }
    counts = newCounts
    heads = newHeads
    mask = size - 1
  }
}

extension ClockBook: Archivable {
  mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    let workers = -1..<values.count
    try archive.table("values", values)
    try archive.table("links", links, within: workers)
    try archive.table("targets", targets)
    try archive.table("waitersOnWorker", waitersOnWorker, within: workers)
    try archive.number("minimum", &minimum)
    try archive.number("active", &active)
    var size = counts.count
    try archive.number("size", &size)
    try archive.require(size > 0 && size <= 1 << 32 && size & (size - 1) == 0, "size")
    if archive.isRestoring {
      counts = Table(repeating: 0, count: size)
      heads = Table(repeating: -1, count: size)
      mask = size - 1
    }
    try archive.table("counts", counts)
    try archive.table("heads", heads, within: workers)
  }
}
