import LockstepCore
import LockstepModels
import LockstepSimulator
import LockstepTelemetry

/// A recorded run, executed again in the order that its trace tells of.
public struct TraceReplay: Sendable {
  /// The digest of the recorded parameters at the end.
  public let recorded: String
  /// The digest of the replayed ones.
  public let replayed: String
  /// The number of shard copies that were torn.
  public let torn: Int
  /// The number of updates that overlapped another's update of the same shard.
  public let overlapping: Int
  /// The number of updates that were replayed.
  public let iterations: Int

  /// Whether both have the same bits.
  public var isExact: Bool { recorded == replayed }

  /// Executes a trace.
  ///
  /// - Throws: ``ConfigurationError`` where the trace's options make no run, ``DataError`` where its
  ///   data cannot be had any more or its model doesn't fit into memory, ``ReplayError`` where its
  ///   events cannot have happened.
  public init(_ trace: Trace) throws {
    guard let recorded = trace.header.parameters else {
      throw ConfigurationError.conflict(
        reason: "the trace has no digest of the parameters at the end; record it again")
    }
    self.recorded = recorded
    torn = trace.header.torn
    iterations = trace.events.count { $0.end != nil }
    overlapping = Self.overlaps(trace)
    var configuration = try RunConfiguration(recorded: trace.header.configuration)
    // The trace says what happened, whichever engine it was.
    configuration.engine = .virtual
    configuration.precision = try RunConfiguration.precision(trace.header.configuration)
    try configuration.validate()
    let prepared = try PreparedModel(configuration)
    let resolved = try ResolvedRun(configuration, prepared)
    switch prepared.objective {
    case .single(let model): replayed = try Self.replay(model, resolved, prepared, trace)
    case .double(let model): replayed = try Self.replay(model, resolved, prepared, trace)
    }
  }

  private static func replay<Model: Objective>(
    _ model: Model, _ resolved: ResolvedRun, _ prepared: PreparedModel, _ trace: Trace
  ) throws -> String {
    try MemoryNeed.require(model, resolved, prepared)
    return ParameterDigest.of(
      try ReplayEngine(model: model, configuration: resolved.engine, trace: trace).run())
  }

  /// How many updates began before another one of the same shards ended.
  private static func overlaps(_ trace: Trace) -> Int {
    // The owner alone updates a shard in `blocks` and in joint rounds.
    guard trace.header.timeUnit == "ns", trace.events.allSatisfy({ $0.shard == nil }) else {
      return 0
    }
    var last = -1.0
    return trace.events.filter { $0.end != nil }.sorted { ($0.apply ?? 0) < ($1.apply ?? 0) }
      .count { event in
        defer { last = max(last, event.end ?? 0) }
        return (event.apply ?? 0) < last
      }
  }
}

/// A digest of parameters: 64 bits of FNV-1a over their bytes, in hexadecimal.
enum ParameterDigest {
  static func of<Scalar: BitwiseCopyable>(_ parameters: [Scalar]) -> String {
    let digest = parameters.withUnsafeBytes { bytes in
      bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
    return NumberText.hexadecimal(digest)
  }
}
