import LockstepCore
import LockstepModels

/// One update on its way to one worker.
struct DelayMessage: BitwiseCopyable {
  var parcel: Int32
  var receiver: Int32
  /// The next one of the same round, or the next free one.
  var next: Int32
}

/// Updates on their way to the workers' caches, sorted by the round at whose start they arrive.
///
/// Messages that arrive together are delivered in the order in which they were sent. Neither
/// sending nor delivering allocates once as many are in flight as ever will be.
///
/// **Concurrency:** belongs to one replica.
struct DelayMailbox<Scalar: ModelScalar>: ~Copyable {
  private let count: Int
  private let rounds: Int
  private var messages = Table<DelayMessage>(capacity: 256)
  private var messageCount = 0
  private var freeMessage: Int32 = -1
  private var parcels: BufferPool<Scalar>
  /// For each parcel, the number of receivers it is still on its way to.
  private var pending = Table<Int32>(capacity: 16)
  // The first and the last message of each round, in a ring.
  private let first: Table<Int32>
  private let last: Table<Int32>

  /// Makes an empty mailbox.
  ///
  /// - Parameters:
  ///   - count: the number of parameters.
  ///   - longest: no message arrives more rounds after the next one.
  init(count: Int, longest: Int) {
    self.count = count
    rounds = longest + 2
    parcels = BufferPool(size: count)
    first = Table(repeating: -1, count: rounds)
    last = Table(repeating: -1, count: rounds)
  }

  /// Throws all messages away.
  mutating func reset() {
    messageCount = 0
    freeMessage = -1
    for parcel in 0..<parcels.allocated where pending[parcel] > 0 {
      pending[parcel] = 0
      parcels.giveBack(parcel)
    }
    first.fill(with: -1)
  }

  /// Takes a parcel for no receiver yet, whose contents the caller writes.
  mutating func take() -> Int {
    let parcel = parcels.take()
    if parcel == pending.count { pending.grow(to: parcel * 2) }
    pending[parcel] = 0
    return parcel
  }

  /// What a parcel holds, `[n]`.
  func contents(of parcel: Int) -> UnsafeMutablePointer<Scalar> { parcels[parcel] }

  /// Sends a parcel to one more receiver; ``close(_:)`` follows the last.
  @inline(__always)
  mutating func send(_ parcel: Int, to receiver: Int, arriving round: Int) {
    var index = Int(freeMessage)
    if index >= 0 {
      freeMessage = messages[index].next
    } else {
      if messageCount == messages.count { messages.grow(to: 2 * messageCount) }
      index = messageCount
      messageCount += 1
    }
    messages[index] = DelayMessage(
      parcel: Int32(truncatingIfNeeded: parcel), receiver: Int32(truncatingIfNeeded: receiver),
      next: -1)
    pending[parcel] &+= 1
    let place = round % rounds
    if first[place] < 0 {
      first[place] = Int32(truncatingIfNeeded: index)
    } else {
      messages[Int(last[place])].next = Int32(truncatingIfNeeded: index)
    }
    last[place] = Int32(truncatingIfNeeded: index)
  }

  /// Frees a parcel that has been sent to nobody.
  @inline(__always)
  mutating func close(_ parcel: Int) {
    if pending[parcel] == 0 { parcels.giveBack(parcel) }
  }

  /// Adds every parcel that arrives at the start of a round to its receiver's cache.
  ///
  /// - Parameters:
  ///   - round: the round.
  ///   - caches: `[P × n]`.
  @inline(__always)
  mutating func deliver(round: Int, to caches: UnsafeMutablePointer<Scalar>) {
    let place = round % rounds
    var index = Int(first[place])
    first[place] = -1
    while index >= 0 {
      let message = messages[index]
      let cache = caches + Int(message.receiver) * count
      let values = parcels[Int(message.parcel)]
      for element in 0..<count { cache[element] += values[element] }
      pending[Int(message.parcel)] &-= 1
      if pending[Int(message.parcel)] == 0 { parcels.giveBack(Int(message.parcel)) }
      messages[index].next = freeMessage
      freeMessage = Int32(truncatingIfNeeded: index)
      index = Int(message.next)
    }
  }
}

extension DelayMailbox: Archivable {
  /// Transfers what is on its way.
  mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.part("parcels", &parcels)
    let parcelCount = parcels.allocated
    while pending.count < parcelCount { pending.grow(to: pending.count * 2) }
    try archive.numbers("pending", pending.base, count: parcelCount)
    try archive.number("messages", &messageCount)
    try archive.require(messageCount >= 0 && messageCount <= Int(Int32.max), "messages")
    while messages.count < messageCount { messages.grow(to: 2 * messages.count) }
    try archive.column("messages.parcels", messages, count: messageCount, \.parcel)
    try archive.column("messages.receivers", messages, count: messageCount, \.receiver)
    try archive.column("messages.next", messages, count: messageCount, \.next)
    try archive.number("freeMessage", &freeMessage)
    let indices = -1..<max(1, messageCount)
    try archive.require(indices.contains(Int(freeMessage)), "freeMessage")
    for index in 0..<messageCount {
      let message = messages[index]
      try archive.require(
        indices.contains(Int(message.next)) && (0..<parcelCount).contains(Int(message.parcel))
          && message.receiver >= 0, "messages.next")
    }
    try archive.table("first", first, within: indices)
    try archive.table("last", last, within: indices)
  }
}
