/// One iteration of one worker: what it read, what it made of it, and when.
public struct TraceEvent: Equatable, Sendable {
  /// The worker.
  public var worker: Int
  /// Its clock: the number of iterations it had completed.
  public var clock: Int
  /// The shard it updates, or the one it starts with; `nil` where it updates all as one.
  public var shard: Int?
  /// When it began to read its view.
  public var start: Double
  /// When its view was complete and it began to compute.
  public var compute: Double
  /// When its gradient was ready and it began to wait for its turn; `nil` if it never was.
  public var ready: Double?
  /// When it began to apply its update; `nil` if it never did.
  public var apply: Double?
  /// When its update was applied; `nil` if it never was.
  public var end: Double?
  /// The version of each shard in its view.
  public var read: [Int]
  /// The version that each shard it updated came to: one for `shard`, or one for each shard.
  public var applied: [Int]
  /// The number of iterations begun before it, which names its minibatch's line in a file, where
  /// whoever is free takes the next line; otherwise `nil`.
  public var line: Int?
  /// The number of its update in the run, from 0, where the learning rate depends on it.
  public var number: Int?

  /// Creates an event.
  public init(
    worker: Int, clock: Int, shard: Int?, start: Double, compute: Double, ready: Double?,
    apply: Double?, end: Double?, read: [Int], applied: [Int], number: Int? = nil,
    line: Int? = nil
  ) {
    self.worker = worker
    self.clock = clock
    self.shard = shard
    self.start = start
    self.compute = compute
    self.ready = ready
    self.apply = apply
    self.end = end
    self.read = read
    self.applied = applied
    self.line = line
    self.number = number
  }
}

/// A whole run, iteration by iteration: `lockstep.trace/1`.
public struct Trace: Equatable, Sendable {
  /// What has to be known of the run to make sense of its events.
  public struct Header: Codable, Equatable, Sendable {
    /// The name and number of this format.
    public var schema = "lockstep.trace/1"
    /// The engine, as after `--engine`.
    public var engine: String
    /// The policy, as after `--policy`.
    public var policy: String
    /// What the workers divide, as after `--decomposition`.
    public var decomposition: String
    /// The number of workers.
    public var workers: Int
    /// The number of shards that have versions of their own.
    public var shards: Int
    /// Whether all workers make each update together, every one to its own shard.
    public var isJoint: Bool
    /// Whether the updates are dealt out in turn.
    public var isDealt: Bool
    /// The number of updates that were made.
    public var updates: Int
    /// The unit of all times: `ns`, or `unit` for that of the law.
    public var timeUnit: String
    /// The number of shard copies that were torn.
    public var torn: Int
    /// A digest of the parameters at the end.
    public var parameters: String?
    /// Every option of the run, resolved.
    public var configuration: [String: ConfigurationValue] = [:]

    /// Creates a header.
    public init(
      engine: String, policy: String, decomposition: String, workers: Int, shards: Int,
      isJoint: Bool, isDealt: Bool, updates: Int, timeUnit: String, torn: Int
    ) {
      self.engine = engine
      self.policy = policy
      self.decomposition = decomposition
      self.workers = workers
      self.shards = shards
      self.isJoint = isJoint
      self.isDealt = isDealt
      self.updates = updates
      self.timeUnit = timeUnit
      self.torn = torn
    }
  }

  /// What has to be known of the run.
  public var header: Header
  /// Its events, by their start, then by worker.
  public var events: [TraceEvent]

  /// Creates a trace.
  public init(header: Header, events: [TraceEvent]) {
    self.header = header
    self.events = events.sorted {
      ($0.start, $0.worker, $0.clock) < ($1.start, $1.worker, $1.clock)
    }
  }
}
