import LockstepModels

/// Updates on their way to the workers' caches, sorted by the round at whose start they arrive.
///
/// Messages that arrive together are delivered in the order in which they were sent. Neither
/// sending nor delivering allocates once as many are in flight as ever will be.
///
/// **Concurrency:** belongs to one replica.
struct DelayMailbox<Scalar: ModelScalar>: ~Copyable {
  private struct Message {
    var parcel: Int32
    var receiver: Int32
    var next: Int32
  }

  private struct Parcel {
    var values: UnsafeMutablePointer<Scalar>
    var pending: Int32
  }

  private let count: Int
  private let rounds: Int
  private var messages = Table<Message>(capacity: 256)
  private var messageCount = 0
  private var parcels: [Parcel] = []
  private var freeMessage: Int32 = -1
  private var freeParcels: [Int32] = []
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
    first = Table(repeating: -1, count: rounds)
    last = Table(repeating: -1, count: rounds)
  }

  deinit { for parcel in parcels { parcel.values.deallocate() } }

  /// Throws all messages away.
  mutating func reset() {
    messageCount = 0
    freeMessage = -1
    freeParcels.removeAll(keepingCapacity: true)
    for index in parcels.indices.reversed() {
      parcels[index].pending = 0
      freeParcels.append(Int32(truncatingIfNeeded: index))
    }
    first.fill(with: -1)
  }

  /// Takes an empty parcel: all zeros, for no receiver yet.
  mutating func take() -> Int32 {
    if let parcel = freeParcels.popLast() {
      parcels[Int(parcel)].values.update(repeating: 0, count: count)
      return parcel
    }
    let values = UnsafeMutablePointer<Scalar>.allocate(capacity: count)
    values.initialize(repeating: 0, count: count)
    parcels.append(Parcel(values: values, pending: 0))
    return Int32(truncatingIfNeeded: parcels.count - 1)
  }

  /// What a parcel holds, `[n]`.
  func contents(of parcel: Int32) -> UnsafeMutablePointer<Scalar> { parcels[Int(parcel)].values }

  /// Sends a parcel to one more receiver; ``close(_:receivers:)`` follows the last.
  @inline(__always)
  mutating func send(_ parcel: Int32, to receiver: Int, arriving round: Int) {
    var index = freeMessage
    let message = Message(
      parcel: parcel, receiver: Int32(truncatingIfNeeded: receiver), next: -1)
    if index >= 0 {
      freeMessage = messages[Int(index)].next
      messages[Int(index)] = message
    } else {
      if messageCount == messages.count { messages.grow(to: 2 * messageCount) }
      index = Int32(truncatingIfNeeded: messageCount)
      messages[messageCount] = message
      messageCount += 1
    }
    let place = round % rounds
    if first[place] < 0 {
      first[place] = index
    } else {
      messages[Int(last[place])].next = index
    }
    last[place] = index
  }

  /// Says how many receivers a parcel was sent to; with none it is freed.
  @inline(__always)
  mutating func close(_ parcel: Int32, receivers: Int) {
    parcels[Int(parcel)].pending = Int32(truncatingIfNeeded: receivers)
    if receivers == 0 { freeParcels.append(parcel) }
  }

  /// Adds every parcel that arrives at the start of a round to its receiver's cache.
  ///
  /// - Parameters:
  ///   - round: the round.
  ///   - caches: `[P × n]`.
  @inline(__always)
  mutating func deliver(round: Int, to caches: UnsafeMutablePointer<Scalar>) {
    let place = round % rounds
    var index = first[place]
    first[place] = -1
    let messages = messages.base
    parcels.withUnsafeMutableBufferPointer { parcels in
      guard let parcels = parcels.baseAddress else { return }
      while index >= 0 {
        let message = messages[Int(index)]
        let cache = caches + Int(message.receiver) * count
        let parcel = parcels + Int(message.parcel)
        let values = parcel.pointee.values
        for element in 0..<count { cache[element] += values[element] }
        parcel.pointee.pending -= 1
        if parcel.pointee.pending == 0 { freeParcels.append(message.parcel) }
        messages[Int(index)].next = freeMessage
        freeMessage = index
        index = message.next
      }
    }
  }
}
