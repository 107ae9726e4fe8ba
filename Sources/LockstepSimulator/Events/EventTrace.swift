import LockstepCore
import LockstepTelemetry

/// What is noted down of a run for its trace.
///
/// In `blocks` and under joint updates a view holds a version of each worker's shard: how many updates
/// it has seen. In `samples` the vector has one version; where reading
/// and applying take time, each of its shards has its own.
final class EventTrace {
  private(set) var events: [TraceEvent] = []

  private let shards: Int
  private let ownsShards: Bool
  private var open: [Int?]

  init(workers: Int, ownsShards: Bool, shards count: Int) {
    shards = ownsShards ? workers : count
    self.ownsShards = ownsShards
    open = Array(repeating: nil, count: workers)
  }

  /// The number of shards that have versions.
  var shardCount: Int { shards }

  /// A worker reads its view.
  func began(_ worker: Int, clock: Int, at time: Double, versions: (Int) -> Int) {
    open[worker] = events.count
    events.append(
      TraceEvent(
        worker: worker, clock: clock, shard: ownsShards ? worker : nil, start: time,
        compute: time, ready: nil, apply: nil, end: nil, read: (0..<shards).map(versions),
        applied: []))
  }

  /// Its view is complete.
  func viewed(_ worker: Int, at time: Double, versions: (Int) -> Int) {
    guard let index = open[worker] else { return }
    events[index].compute = time
    for shard in 0..<shards { events[index].read[shard] = versions(shard) }
  }

  /// Its gradient is ready.
  func finished(_ worker: Int, at time: Double) {
    if let index = open[worker] { events[index].ready = time }
  }

  /// Its update is applied.
  func applied(_ worker: Int, at time: Double, version: Int) {
    guard let index = open[worker] else { return }
    events[index].apply = time
    events[index].end = time
    events[index].applied = [version]
    open[worker] = nil
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
