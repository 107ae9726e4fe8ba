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
public final class ReplayEngine<Model: Objective> {
  private let model: Model
  private let configuration: EngineConfiguration
  private let trace: Trace
  private let ranges: [Range<Int>]
  private let optimizer: Optimizer<Model.Scalar>
  private let computer: GradientComputer<Model.Scalar>
  private let isBlocks: Bool
  private var feed: MinibatchFeed
  private var first: [Model.Scalar]
  private var second: [Model.Scalar]
  /// For each shard, its versions that somebody still reads, and the newest.
  private var versions: [[Int: [Model.Scalar]]]
  private var newest: [Int]
  private var readers: [[Int: Int]]
  private var gradients: [Int: [Model.Scalar]] = [:]

  /// Prepares a replay.
  ///
  /// - Parameters:
  ///   - model: what was trained.
  ///   - configuration: how.
  ///   - trace: what happened.
  /// - Throws: ``ReplayError`` for a trace of another model.
  public init(
    model: Model, configuration: EngineConfiguration, trace: Trace
  ) throws {
    self.model = model
    self.configuration = configuration
    self.trace = trace
    isBlocks = configuration.decomposition == .blocks
    let header = trace.header
    let count = model.parameterCount
    let bytes = MemoryLayout<Model.Scalar>.stride
    let layout = ShardLayout.even(
      parameterCount: count, shards: min(count, header.shards), scalarBytes: bytes)
    ranges = layout.ranges
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
    optimizer = Optimizer(
      configuration.optimizer, rate: configuration.learningRate, schedule: configuration.schedule,
      updates: configuration.updates)
    let batch = configuration.largestMinibatch(exampleCount: model.trainingCount)
    computer = GradientComputer(
      model: model, range: 0..<count, batch: batch, seed: configuration.seed, worker: 0,
      clip: configuration.clip)
    feed = configuration.feed(exampleCount: model.trainingCount)
    var start = [Model.Scalar](repeating: 0, count: count)
    start.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { configuration.initialize(base, of: model) }
    }
    first = [Model.Scalar](repeating: 0, count: count)
    second = first
    versions = ranges.map { [0: Array(start[$0])] }
    newest = Array(repeating: 0, count: ranges.count)
    readers = Array(repeating: [:], count: ranges.count)
    for event in trace.events where Self.isApplied(event) {
      for shard in ranges.indices {
        readers[shard][event.read[min(shard, event.read.count - 1)], default: 0] += 1
      }
    }
  }

  /// Executes the trace.
  ///
  /// - Returns: the parameters at the end, `[n]`.
  /// - Throws: ``ReplayError`` where the events cannot have happened in any order.
  public func run() throws -> [Model.Scalar] {
    if trace.header.isJoint { try runRounds() } else { try runUpdates() }
    return ranges.indices.flatMap { versions[$0][newest[$0]] ?? [] }
  }

  /// Joint updates: round by round, everybody at the same view.
  private func runRounds() throws {
    let workers = trace.header.workers
    var rounds: [Int: [Int]] = [:]
    for (index, event) in trace.events.enumerated() where event.end != nil {
      rounds[event.clock, default: []].append(index)
    }
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
      var average = [Model.Scalar](repeating: 0, count: model.parameterCount)
      for (order, member) in members.enumerated() {
        let gradient = try self.gradient(of: member)
        average.withUnsafeMutableBufferPointer { sum in
          gradient.withUnsafeBufferPointer { gradient in
            guard let into = sum.baseAddress, let from = gradient.baseAddress else { return }
            VectorSum.accumulate(
              from, scale: 1 / Model.Scalar(workers), into: into, count: sum.count,
              overwrite: order == 0)
          }
        }
      }
      for shard in ranges.indices { apply(Array(average[ranges[shard]]), to: shard, number: round) }
      for member in members { letGo(trace.events[member]) }
    }
  }

  /// Updates one by one, each shard's in the order of its versions.
  private func runUpdates() throws {
    var queues = Array(repeating: [(version: Int, event: Int)](), count: ranges.count)
    var left: [Int: Int] = [:]
    for (index, event) in trace.events.enumerated() where Self.isApplied(event) {
      if let shard = event.shard {
        queues[shard].append((event.applied[0], index))
        left[index] = 1
      } else {
        for (shard, version) in event.applied.enumerated() where version > 0 {
          queues[shard].append((version, index))
        }
        left[index] = event.applied.count { $0 > 0 }
      }
    }
    for shard in queues.indices { queues[shard].sort { $0.version < $1.version } }
    var next = Array(repeating: 0, count: ranges.count)
    var hasMoved = true
    while hasMoved {
      hasMoved = false
      for shard in ranges.indices {
        while next[shard] < queues[shard].count {
          let index = queues[shard][next[shard]].event
          guard gradients[index] != nil || isReadable(trace.events[index]) else { break }
          let event = trace.events[index]
          let gradient = try self.gradient(of: index)
          apply(
            isBlocks ? gradient : Array(gradient[ranges[shard]]), to: shard,
            number: event.number ?? 0)
          next[shard] += 1
          hasMoved = true
          left[index, default: 0] -= 1
          if left[index] == 0 { gradients[index] = nil }
        }
      }
    }
    for shard in ranges.indices where next[shard] < queues[shard].count {
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
    ranges.indices.allSatisfy { version(of: event, $0) <= newest[$0] }
  }

  /// The gradient of an event, at the versions in its view.
  private func gradient(of index: Int) throws -> [Model.Scalar] {
    if let known = gradients[index] { return known }
    let event = trace.events[index]
    var view: [Model.Scalar] = []
    view.reserveCapacity(model.parameterCount)
    for shard in ranges.indices {
      guard let part = versions[shard][version(of: event, shard)] else {
        throw ReplayError(
          description: "worker \(event.worker), clock \(event.clock): version "
            + "\(version(of: event, shard)) of shard \(shard) was never made")
      }
      view += part
    }
    let range = isBlocks ? ranges[event.shard ?? 0] : 0..<model.parameterCount
    var gradient = [Model.Scalar](repeating: 0, count: range.count)
    feed.advance(to: event.clock, of: event.worker, begun: event.line ?? 0)
    view.withUnsafeBufferPointer { view in
      gradient.withUnsafeMutableBufferPointer { gradient in
        guard let at = view.baseAddress, let into = gradient.baseAddress else { return }
        computer.compute(
          at: at, examples: feed.examples, clock: event.clock,
          worker: isBlocks ? 0 : event.worker, range: range, into: into)
      }
    }
    if !trace.header.isJoint {
      gradients[index] = gradient
      letGo(event)
    }
    return gradient
  }

  /// Drops the versions that nobody reads any more.
  private func letGo(_ event: TraceEvent) {
    for shard in ranges.indices {
      let version = version(of: event, shard)
      readers[shard][version, default: 0] -= 1
      if readers[shard][version] == 0, version != newest[shard] { versions[shard][version] = nil }
    }
  }

  private func apply(_ gradient: [Model.Scalar], to shard: Int, number: Int) {
    let range = ranges[shard]
    let before = newest[shard]
    var values = versions[shard][before] ?? []
    gradient.withUnsafeBufferPointer { gradient in
      values.withUnsafeMutableBufferPointer { values in
        first.withUnsafeMutableBufferPointer { first in
          second.withUnsafeMutableBufferPointer { second in
            guard let gradient = gradient.baseAddress, let values = values.baseAddress,
              let first = first.baseAddress, let second = second.baseAddress
            else { return }
            let count = configuration.optimizer.statePerParameter
            optimizer.apply(
              gradient, to: values,
              state: OptimizerState(
                first: count > 0 ? first + range.lowerBound : nil,
                second: count > 1 ? second + range.lowerBound : nil),
              offset: 0, count: range.count, step: before + 1, number: number)
          }
        }
      }
    }
    newest[shard] = before + 1
    versions[shard][before + 1] = values
    if readers[shard][before] ?? 0 == 0 { versions[shard][before] = nil }
  }
}
