import LockstepCore
import LockstepTelemetry

/// What is noted down of a run for its trace.
///
/// In `blocks` and under joint updates a view holds a version of each worker's shard: how many updates
/// it has seen. In `samples` the vector has one version; where reading
/// and applying take time, each of its shards has its own.
final class EventTrace {
  private var events: [TraceEvent] = []

  private let shards: Int
  private let ownsShards: Bool
  private var open: [Int?]
  /// Whether a worker's view is not complete yet.
  private var isReading: [Bool]

  init(workers: Int, ownsShards: Bool, shards count: Int) {
    shards = ownsShards ? workers : count
    self.ownsShards = ownsShards
    open = Array(repeating: nil, count: workers)
    isReading = Array(repeating: false, count: workers)
  }

  /// The number of shards that have versions.
  var shardCount: Int { shards }

  /// Every iteration whose view was complete: of one that was still being read at the end there are
  /// no versions to tell of.
  var wholeEvents: [TraceEvent] {
    let unread = Set(open.indices.compactMap { isReading[$0] ? open[$0] : nil })
    return events.indices.filter { !unread.contains($0) }.map { events[$0] }
  }

  /// A worker begins to read its view.
  ///
  /// - Parameters:
  ///   - takesTime: whether its view is complete later, which ``viewed(_:at:versions:)`` tells.
  ///   - line: the number of iterations begun before, where that names its minibatch.
  ///   - versions: the version of a shard that it reads now.
  func began(
    _ worker: Int, clock: Int, at time: Double, takesTime: Bool, line: Int?,
    versions: (Int) -> Int
  ) {
    open[worker] = events.count
    isReading[worker] = takesTime
    events.append(
      TraceEvent(
        worker: worker, clock: clock, shard: ownsShards ? worker : nil, start: time,
        compute: time, ready: nil, apply: nil, end: nil, read: (0..<shards).map(versions),
        applied: [], line: line))
  }

  /// Its view is complete.
  func viewed(_ worker: Int, at time: Double, versions: (Int) -> Int) {
    guard let index = open[worker] else { return }
    isReading[worker] = false
    events[index].compute = time
    for shard in 0..<shards { events[index].read[shard] = versions(shard) }
  }

  /// Its gradient is ready.
  func finished(_ worker: Int, at time: Double) {
    if let index = open[worker] { events[index].ready = time }
  }

  /// Its update has a number in the run.
  func numbered(_ worker: Int, _ number: Int) {
    if let index = open[worker] { events[index].number = number }
  }

  /// It begins to apply its update.
  func applying(_ worker: Int, at time: Double) {
    guard let index = open[worker] else { return }
    events[index].apply = time
    events[index].applied = Array(repeating: 0, count: ownsShards ? 1 : shards)
  }

  /// It has updated a shard.
  ///
  /// Where a view has one version for all shards, that is shard 0.
  func updated(_ worker: Int, shard: Int, version: Int) {
    if let index = open[worker] { events[index].applied[ownsShards ? 0 : shard] = version }
  }

  /// It has applied its update.
  func ended(_ worker: Int, at time: Double) {
    if let index = open[worker] { events[index].end = time }
    open[worker] = nil
  }

  /// It loses what it was computing.
  func lost(_ worker: Int) {
    guard let index = open[worker] else { return }
    // Nothing came of it, so nothing is told of it; the events after it move up.
    events.remove(at: index)
    for other in open.indices {
      if let place = open[other], place > index { open[other] = place - 1 }
    }
    open[worker] = nil
  }
}
