/// What one worker notes down of its iterations, in one piece of memory that grows.
///
/// **Concurrency:** used by one thread at a time.
public final class TraceBuffer {
  /// Times of the current iteration, in ticks of the engine.
  public struct Times {
    /// When the worker began to read.
    public var start: UInt64 = 0
    /// When its view was complete.
    public var compute: UInt64 = 0
    /// When its gradient was ready.
    public var ready: UInt64 = 0
    /// When it began to apply.
    public var apply: UInt64 = 0
    /// When the update was applied.
    public var end: UInt64 = 0

    /// Starts at nothing.
    public init() {}
  }

  /// The times of the current iteration.
  @exclusivity(unchecked) public var times = Times()
  /// The line of the file that the current minibatch is, where lines are claimed in turn.
  @exclusivity(unchecked) public var line: Int?
  /// The versions in the current view, `[shards]`.
  public let read: UnsafeMutablePointer<Int>
  /// The versions that the current update made, `[shards]`; 0 for a shard it leaves alone.
  public let applied: UnsafeMutablePointer<Int>

  private let shards: Int
  private let shard: Int?
  @exclusivity(unchecked) private var clocks: [Int] = []
  @exclusivity(unchecked) private var lines: [Int?] = []
  @exclusivity(unchecked) private var numbers: [Int] = []
  @exclusivity(unchecked) private var allTimes: [Times] = []
  @exclusivity(unchecked) private var allRead: [Int] = []
  @exclusivity(unchecked) private var allApplied: [Int] = []

  /// Makes an empty buffer.
  ///
  /// - Parameters:
  ///   - shards: the number of shards that have versions.
  ///   - shard: the only one that is updated, if there is only one.
  public init(shards: Int, shard: Int?) {
    self.shards = shards
    self.shard = shard
    read = .allocate(capacity: shards)
    read.initialize(repeating: 0, count: shards)
    applied = .allocate(capacity: shards)
    applied.initialize(repeating: 0, count: shards)
  }

  deinit {
    read.deallocate()
    applied.deallocate()
  }

  /// Keeps the current iteration, of a clock.
  ///
  /// - Parameter number: that of its update in the run, where the learning rate depends on it.
  public func commit(clock: Int, number: Int?) {
    clocks.append(clock)
    lines.append(line)
    if let number { numbers.append(number) }
    allTimes.append(times)
    for index in 0..<shards { allRead.append(read[index]) }
    if let shard {
      allApplied.append(shard < shards ? applied[shard] : 0)
    } else {
      for index in 0..<shards { allApplied.append(applied[index]) }
    }
  }

  /// Everything that was kept.
  ///
  /// - Parameters:
  ///   - worker: whose it is.
  ///   - time: turns a tick into the unit of the trace.
  public func events(of worker: Int, time: (UInt64) -> Double) -> [TraceEvent] {
    let width = shard == nil ? shards : 1
    return clocks.indices.map { index in
      let times = allTimes[index]
      let applied = allApplied[(index * width)..<((index + 1) * width)].filter { $0 > 0 }
      return TraceEvent(
        worker: worker, clock: clocks[index], shard: shard, start: time(times.start),
        compute: time(times.compute), ready: time(times.ready), apply: time(times.apply),
        end: time(times.end), read: Array(allRead[(index * shards)..<((index + 1) * shards)]),
        applied: Array(applied), number: index < numbers.count ? numbers[index] : nil,
        line: lines[index])
    }
  }
}
