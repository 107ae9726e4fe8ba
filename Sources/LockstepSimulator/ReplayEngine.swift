import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry

/// Why a trace cannot be executed.
public struct ReplayError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The sentence for the person who sees it.
  public let description: String
}

/// Executes a recorded run again, with the reads and updates that its trace tells of.
///
/// Each gradient is computed at the versions that its view held, and each shard's updates are applied
/// in the order of their versions. Where no view was torn and no two updates of a shard overlapped, the
/// parameters at the end have the bits of the recorded run.
///
/// **Concurrency:** one thread runs an engine.
///
/// **Determinism:** bit-exact.
public final class ReplayEngine<Scalar: ModelScalar> {
  private let replay: ReplayRun<Scalar>

  /// Prepares a replay.
  ///
  /// - Parameters:
  ///   - model: what was trained.
  ///   - configuration: how.
  ///   - trace: what happened.
  /// - Throws: ``ReplayError`` for a trace of another model.
  public init(
    model: any Objective<Scalar>, configuration: EngineConfiguration, trace: Trace
  ) throws {
    replay = try ReplayRun(model: model, configuration: configuration, trace: trace)
  }

  /// Executes the trace.
  ///
  /// - Returns: the parameters at the end, `[n]`.
  /// - Throws: ``ReplayError`` where the events cannot have happened in any order.
  public func run() throws -> [Scalar] {
    replay.start(replica: 0, total: replay.configuration.updates)
    try replay.execute()
    replay.readParameters()
    return (0..<replay.count).map { replay.snapshot[$0] }
  }
}

/// The run of a trace.
private final class ReplayRun<Scalar: ModelScalar>: SimulatedRun<Scalar> {
  private let trace: Trace
  private let store: VersionStore<Scalar>
  /// For each shard, how many gradients will still be computed at each of its versions, and where those
  /// versions are that have been made.
  private var readers: [[Int: Int]]
  private var versions: [[Int: Int]]
  private var gradients: BufferPool<Scalar>
  /// Where the gradients are of which not every part is applied yet, by event.
  private var computed: [Int: Int] = [:]

  init(model: any Objective<Scalar>, configuration: EngineConfiguration, trace: Trace) throws {
    self.trace = trace
    let header = trace.header
    let count = model.parameterCount
    let ranges = ShardLayout.even(
      parameterCount: count, shards: min(count, header.shards),
      scalarBytes: MemoryLayout<Scalar>.stride
    ).ranges
    guard ranges.count == header.shards || header.isJoint else {
      throw ReplayError(
        description: "the trace has \(NumberText.counted(header.shards, "shard")), and the model "
          + "\(ranges.count)")
    }
    if configuration.schedule != .constant, !header.isJoint,
      trace.events.contains(where: { Self.isApplied($0) && $0.number == nil })
    {
      throw ReplayError(
        description:
          "the learning rate follows the run's updates, and the trace doesn't number them; "
          + "record it again")
    }
    store = VersionStore(ranges, hasNumbers: true)
    readers = Array(repeating: [:], count: ranges.count)
    versions = readers
    gradients = BufferPool(size: count)
    for event in trace.events where Self.isApplied(event) {
      for shard in ranges.indices {
        readers[shard][event.read[min(shard, event.read.count - 1)], default: 0] += 1
      }
    }
    super.init(
      model: model, configuration: configuration,
      plan: EnsemblePlan(of: configuration, model, round: 1))
  }

  override func start(replica: Int, total: Int) {
    super.start(replica: replica, total: total)
    store.write(snapshot.base)
    for shard in 0..<store.shardCount { keepNewest(of: shard) }
  }

  override func readParameters() { store.copyNewest(into: snapshot.base) }

  func execute() throws {
    if trace.header.isJoint { try executeRounds() } else { try executeUpdates() }
  }

  /// Joint updates: round by round, everybody at the same view.
  private func executeRounds() throws {
    var rounds: [Int: [Int]] = [:]
    for (index, event) in trace.events.enumerated() where event.end != nil {
      rounds[event.clock, default: []].append(index)
    }
    let workers = trace.header.workers
    let average = Table<Scalar>(repeating: 0, count: count)
    for round in 0..<rounds.count {
      let members = (rounds[round] ?? []).sorted {
        trace.events[$0].worker < trace.events[$1].worker
      }
      guard members.count == workers else {
        // A simulated run that was stopped in a round hasn't made its update.
        if round == rounds.count - 1, trace.header.engine == EngineChoice.virtual.rawValue {
          return
        }
        throw ReplayError(
          description: "round \(round) has \(members.count) of "
            + NumberText.counted(workers, "worker"))
      }
      let weight = Scalar(configuration.budget.gradientWeight)
      for (order, member) in members.enumerated() {
        VectorSum.accumulate(
          UnsafePointer(try gradient(of: member)), scale: weight, into: average.base,
          count: count, overwrite: order == 0)
        forget(member)
      }
      for shard in 0..<store.shardCount {
        apply(average.base + store.place(shard).start, to: shard, number: round)
      }
    }
  }

  /// Updates one by one, each shard's in the order of its versions.
  private func executeUpdates() throws {
    var queues = Array(repeating: [(version: Int, event: Int)](), count: store.shardCount)
    var left: [Int: Int] = [:]
    for (index, event) in trace.events.enumerated() where Self.isApplied(event) {
      let first = event.shard ?? 0
      for (part, version) in event.applied.enumerated() where event.shard != nil || version > 0 {
        queues[first + part].append((version, index))
        left[index, default: 0] += 1
      }
    }
    for shard in queues.indices { queues[shard].sort { $0.version < $1.version } }
    var next = Array(repeating: 0, count: queues.count)
    var hasMoved = true
    while hasMoved {
      hasMoved = false
      for shard in queues.indices {
        while next[shard] < queues[shard].count {
          let index = queues[shard][next[shard]].event
          let event = trace.events[index]
          guard computed[index] != nil || isReadable(event) else { break }
          let gradient = try self.gradient(of: index)
          apply(
            isBlocks ? gradient : gradient + store.place(shard).start, to: shard,
            number: event.number ?? 0)
          next[shard] += 1
          hasMoved = true
          left[index, default: 0] -= 1
          if left[index] == 0 { forget(index) }
        }
      }
    }
    for shard in queues.indices where next[shard] < queues[shard].count {
      let event = trace.events[queues[shard][next[shard]].event]
      throw ReplayError(
        description: "worker \(event.worker), clock \(event.clock): its view holds versions that "
          + "nobody can have made before; lockstep trace check says more")
    }
  }

  /// Whether something of an update was applied.
  private static func isApplied(_ event: TraceEvent) -> Bool {
    event.end != nil || event.applied.contains { $0 > 0 }
  }

  private func version(of event: TraceEvent, _ shard: Int) -> Int {
    event.read[min(shard, event.read.count - 1)]
  }

  private func isReadable(_ event: TraceEvent) -> Bool {
    (0..<store.shardCount).allSatisfy { version(of: event, $0) <= store.number($0) }
  }

  /// The gradient of an event, at the versions in its view, which nobody else reads for it.
  private func gradient(of index: Int) throws -> UnsafeMutablePointer<Scalar> {
    if let known = computed[index] { return gradients[known] }
    let event = trace.events[index]
    for shard in 0..<store.shardCount {
      let number = version(of: event, shard)
      guard let version = versions[shard][number] else {
        throw ReplayError(
          description: "worker \(event.worker), clock \(event.clock): version "
            + "\(number) of shard \(shard) was never made")
      }
      store.copy(version, of: shard, into: snapshot.base)
    }
    for shard in 0..<store.shardCount { letGo(version(of: event, shard), of: shard) }
    let buffer = gradients.take()
    computed[index] = buffer
    _ = lane.compute(
      at: snapshot.base, of: event.worker, clock: event.clock, begun: event.line ?? 0,
      range: isBlocks ? store.place(event.shard ?? 0).range : 0..<count, into: gradients[buffer])
    return gradients[buffer]
  }

  private func forget(_ index: Int) {
    if let buffer = computed.removeValue(forKey: index) { gradients.giveBack(buffer) }
  }

  private func apply(_ gradient: UnsafePointer<Scalar>, to shard: Int, number: Int) {
    update(shard, of: store, along: gradient, step: store.number(shard) + 1, number: number)
    keepNewest(of: shard)
  }

  /// Holds the newest version of a shard for everybody who will read it.
  private func keepNewest(of shard: Int) {
    let number = store.number(shard)
    guard let count = readers[shard][number] else { return }
    versions[shard][number] = store.hold(shard, times: Int32(count))
  }

  private func letGo(_ number: Int, of shard: Int) {
    guard let version = versions[shard][number] else { return }
    store.letGo(version, of: shard)
    readers[shard][number, default: 0] -= 1
    if readers[shard][number] == 0 { versions[shard][number] = nil }
  }
}
