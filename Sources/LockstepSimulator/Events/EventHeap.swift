import LockstepCore

/// The end of one worker's computation.
struct Event: BitwiseCopyable {
  /// When, in ticks.
  var time: UInt64
  /// Whose.
  var worker: Int32

  /// Whether it comes first: by time, then by worker.
  ///
  /// A worker has at most one computation in progress, so the two decide it for good.
  @inline(__always)
  static func < (first: Event, second: Event) -> Bool {
    first.time < second.time || (first.time == second.time && first.worker < second.worker)
  }
}

/// The events to come, soonest first: a heap with four children a node in one piece of memory.
///
/// Taking an event leaves a vacancy at the top, which the next insertion fills: a worker that starts
/// again at once costs one walk down and no walk up.
struct EventHeap: ~Copyable {
  private let events: Table<Event>
  private var count = 0
  private var isVacant = false

  /// Makes room for events.
  init(capacity: Int) {
    events = Table(repeating: Event(time: 0, worker: 0), count: max(1, capacity))
  }

  /// Takes out the soonest event; `nil` if there is none.
  @inline(__always)
  mutating func takeFirst() -> Event? {
    if isVacant {
      isVacant = false
      count &-= 1
      if count > 0 { sink(events[count]) }
    }
    guard count > 0 else { return nil }
    isVacant = true
    return events[0]
  }

  /// Adds an event.
  @inline(__always)
  mutating func insert(_ event: Event) {
    if isVacant {
      isVacant = false
      sink(event)
      return
    }
    var hole = count
    count &+= 1
    while hole > 0 {
      let parent = (hole &- 1) >> 2
      guard event < events[parent] else { break }
      events[hole] = events[parent]
      hole = parent
    }
    events[hole] = event
  }

  /// Lets an event sink from the top to its place.
  @inline(__always)
  private mutating func sink(_ event: Event) {
    var hole = 0
    while true {
      let first = hole << 2 &+ 1
      guard first < count else { break }
      var least = first
      for child in (first &+ 1)..<max(first &+ 1, min(first &+ 4, count))
      where events[child] < events[least] {
        least = child
      }
      guard events[least] < event else { break }
      events[hole] = events[least]
      hole = least
    }
    events[hole] = event
  }

  /// Visits some of the pending events, roughly the soonest, until told to stop.
  ///
  /// - Parameter body: returns false to stop.
  func visitEarly(_ body: (Event) -> Bool) {
    var index = isVacant ? 1 : 0
    while index < count, body(events[index]) { index += 1 }
  }
}

extension EventHeap: Archivable {
  mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.number("count", &count)
    try archive.require((0...events.count).contains(count), "count")
    try archive.flag("isVacant", &isVacant)
    try archive.column("times", events, count: count, \.time)
    try archive.column("workers", events, count: count, \.worker)
  }

  /// Whether all events are those of some workers.
  func isOnly(of workers: Range<Int32>) -> Bool {
    (0..<count).allSatisfy { workers.contains(events[$0].worker) }
  }
}
