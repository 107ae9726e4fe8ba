import LockstepCore
import LockstepTelemetry

/// What is noted down of a run for its trace.
///
/// In `blocks` and under joint updates a view holds a version of each worker's shard: how many updates
/// it has seen. In `samples` the vector has one version.
final class EventTrace {
  private(set) var events: [TraceEvent] = []

  private let shards: Int
  private let ownsShards: Bool
  private var open: [Int?]

  init(workers: Int, ownsShards: Bool) {
    shards = ownsShards ? workers : 1
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
