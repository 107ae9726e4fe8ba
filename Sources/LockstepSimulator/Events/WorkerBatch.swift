import LockstepCore

/// Workers that may go on, gathered in any order and handed out by number.
///
/// A worker is in a batch at most once, so the number of workers is room enough.
struct WorkerBatch: ~Copyable {
  private let members: Table<Int32>
  private let bits: Table<UInt64>
  private let words: Int
  private(set) var count = 0

  /// Makes room for all workers.
  init(workers: Int) {
    words = (workers + 63) / 64
    members = Table(repeating: 0, count: workers)
    bits = Table(repeating: 0, count: words)
  }

  @inline(__always)
  mutating func add(_ worker: Int) {
    members[count] = Int32(truncatingIfNeeded: worker)
    count &+= 1
  }

  /// Moves all to the end of a queue, in the order of their numbers.
  mutating func drain(into queue: inout WorkerQueue) {
    if count <= 16 {
      for index in stride(from: 1, to: count, by: 1) {
        let member = members[index]
        var hole = index
        while hole > 0, members[hole - 1] > member {
          members[hole] = members[hole - 1]
          hole -= 1
        }
        members[hole] = member
      }
      for index in 0..<count { queue.append(Int(members[index])) }
    } else {
      for index in 0..<count {
        let member = Int(members[index])
        bits[member >> 6] |= 1 << UInt64(member & 63)
      }
      for word in 0..<words {
        while bits[word] != 0 {
          queue.append(word << 6 + bits[word].trailingZeroBitCount)
          bits[word] &= bits[word] &- 1
        }
      }
    }
    count = 0
  }
}

/// Workers that go on at the present moment, in order.
struct WorkerQueue: ~Copyable {
  private let ring: Table<Int32>
  private let mask: Int
  private var first = 0
  private var last = 0

  /// Makes room for all workers.
  init(workers: Int) {
    var size = 1
    while size < workers { size *= 2 }
    mask = size - 1
    ring = Table(repeating: 0, count: size)
  }

  /// Whether nobody goes on.
  var isEmpty: Bool { first == last }

  @inline(__always)
  mutating func append(_ worker: Int) {
    ring[last & mask] = Int32(truncatingIfNeeded: worker)
    last &+= 1
  }

  @inline(__always)
  mutating func popFirst() -> Int? {
    guard first != last else { return nil }
    let worker = ring[first & mask]
    first &+= 1
    return Int(worker)
  }

  /// Visits those still in the queue until told to stop.
  func visit(_ body: (Int) -> Bool) {
    var index = first
    while index != last, body(Int(ring[index & mask])) { index &+= 1 }
  }
}

extension WorkerQueue: Archivable {
  mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    var members = (first..<last).map { ring[$0 & mask] }
    try archive.list("members", &members)
    guard archive.isRestoring else { return }
    try archive.require(members.count <= ring.count, "members")
    (first, last) = (0, 0)
    for member in members {
      try archive.require(member >= 0 && Int(member) < ring.count, "members")
      append(Int(member))
    }
  }
}
