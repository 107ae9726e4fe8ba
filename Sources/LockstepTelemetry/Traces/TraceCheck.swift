import LockstepCore

/// What a trace has to satisfy, checked from the trace alone.
///
/// | rule | what it says |
/// |---|---|
/// | `clocks` | a worker's clocks are 0, 1, 2, … |
/// | `times` | start ≤ compute ≤ ready ≤ apply ≤ end, and no iteration before the last one's end |
/// | `versions` | the versions applied to each shard are 1, 2, 3, …, each once |
/// | `future` | nothing is read before it is applied |
/// | `past` | nothing is missed that was applied before the read |
/// | `policy` | nobody starts or applies before the policy admits it; the views that it promises |
/// | `identity` | a worker that nobody holds up reads the version it made (REFERENCE: Στ follows) |
public struct TraceCheck: Equatable, Sendable {
  /// A rule that an event breaks.
  public struct Violation: Codable, Equatable, Sendable {
    /// The rule's name.
    public var rule: String
    /// The event's worker.
    public var worker: Int
    /// The event's clock.
    public var clock: Int
    /// What is wrong.
    public var reason: String
  }

  /// The violations, at most ``largestCount`` of each rule.
  public private(set) var violations: [Violation] = []
  /// The number of events looked at.
  public let events: Int
  /// The sum of all delays, where versions are of the whole vector.
  public private(set) var delaySum: Int?

  /// How many violations of a rule are kept.
  public static let largestCount = 10

  /// The number of all violations.
  public var violationCount: Int { counts.values.reduce(0, +) }

  private var counts: [String: Int] = [:]

  private let header: Trace.Header
  /// For each shard, the events that made its versions 1, 2, …, as indices; −1 for a gap.
  private var makers: [[Int]]
  /// For each worker, its events in the order of clocks.
  private var byWorker: [[Int]]

  /// Checks a trace.
  public init(_ trace: Trace) {
    header = trace.header
    events = trace.events.count
    makers = Array(repeating: [], count: trace.header.shards)
    byWorker = Array(repeating: [], count: trace.header.workers)
    for (index, event) in trace.events.enumerated() where event.worker < header.workers {
      byWorker[event.worker].append(index)
    }
    checkClocks(trace.events)
    checkVersions(trace.events)
    checkReads(trace.events)
    checkPolicy(trace.events)
    checkIdentity(trace.events)
  }

  /// Whether every rule holds.
  public var isSound: Bool { violations.isEmpty }

  private mutating func note(_ rule: String, _ event: TraceEvent, _ reason: String) {
    counts[rule, default: 0] += 1
    guard counts[rule, default: 0] <= Self.largestCount else { return }
    violations.append(
      Violation(rule: rule, worker: event.worker, clock: event.clock, reason: reason))
  }

  private mutating func checkClocks(_ events: [TraceEvent]) {
    for worker in byWorker.indices {
      var last = -Double.infinity
      for (clock, index) in byWorker[worker].enumerated() {
        let event = events[index]
        if event.clock != clock {
          note("clocks", event, "it is the worker's iteration \(clock) by its time")
        }
        let times =
          [event.start, event.compute] + [event.ready, event.apply, event.end].compactMap { $0 }
        if zip(times, times.dropFirst()).contains(where: { $0 > $1 }) {
          note("times", event, "its phases are out of order")
        }
        if event.start < last { note("times", event, "it starts before the last one ends") }
        last = event.end ?? .infinity
      }
    }
  }

  /// The shards and versions that an event applied.
  private func updates(of event: TraceEvent) -> [(shard: Int, version: Int)] {
    let isWhole = event.end != nil
    if event.applied.count == 1, let shard = event.shard {
      return isWhole || event.applied[0] > 0 ? [(shard, event.applied[0])] : []
    }
    // What an update left half-way had not come to yet is 0.
    return event.applied.enumerated().filter { isWhole || $1 > 0 }.map { ($0, $1) }
  }

  private mutating func checkVersions(_ events: [TraceEvent]) {
    var largest = Array(repeating: 0, count: header.shards)
    for event in events {
      for (shard, version) in updates(of: event) where shard < header.shards {
        largest[shard] = max(largest[shard], version)
      }
    }
    for shard in largest.indices {
      // A version far beyond the number of events cannot be gap-free.
      makers[shard] = Array(repeating: -1, count: min(largest[shard], events.count))
    }
    for (index, event) in events.enumerated() {
      for (shard, version) in updates(of: event) {
        guard shard < header.shards, version >= 1, version <= makers[shard].count else {
          note("versions", event, "version \(version) of shard \(shard) leaves a gap")
          continue
        }
        if makers[shard][version - 1] >= 0 {
          note("versions", event, "version \(version) of shard \(shard) is made twice")
        }
        makers[shard][version - 1] = index
      }
    }
    for shard in makers.indices {
      guard let gap = makers[shard].firstIndex(of: -1) else { continue }
      let after = makers[shard][(gap + 1)...].first { $0 >= 0 } ?? 0
      note("versions", events[after], "version \(gap + 1) of shard \(shard) is missing")
    }
  }

  private mutating func checkReads(_ events: [TraceEvent]) {
    // When the updates of each shard had been applied, for what a view may not miss. Under hogwild
    // an update may begin before another and end after it, so it is the number that counts.
    var ends = Array(repeating: [Double](), count: header.shards)
    for event in events {
      guard let end = event.end else { continue }
      for (shard, _) in updates(of: event) where shard < header.shards { ends[shard].append(end) }
    }
    for shard in ends.indices { ends[shard].sort() }
    for event in events {
      guard event.read.count == header.shards else {
        note(
          "versions", event,
          "it holds \(NumberText.counted(event.read.count, "version")) of "
            + NumberText.counted(header.shards, "shard"))
        continue
      }
      for (shard, version) in event.read.enumerated() {
        if version < 0 || version > makers[shard].count {
          note("future", event, "version \(version) of shard \(shard) was never made")
          continue
        }
        if version > 0, makers[shard][version - 1] >= 0,
          let applied = events[makers[shard][version - 1]].apply, applied > event.compute
        {
          note("future", event, "version \(version) of shard \(shard) was made after it was read")
        }
        if version < ends[shard].count, ends[shard][version] < event.start {
          note("past", event, "version \(version + 1) of shard \(shard) is missed")
        }
      }
      for (shard, version) in updates(of: event)
      where shard < event.read.count && version <= event.read[shard] {
        note("future", event, "it read version \(event.read[shard]) and made \(version) of it")
      }
    }
  }

  private mutating func checkPolicy(_ events: [TraceEvent]) {
    guard let policy = try? PolicySpecification.parse(header.policy) else { return }
    let rules = policy.rules(of: header.workers)
    for event in events where event.worker < header.workers {
      let rules = rules[event.worker]
      checkAdmission(rules.start, of: event, at: event.start, "started", events)
      if let apply = event.apply {
        checkAdmission(rules.apply, of: event, at: apply, "was applied", events)
      }
      checkView(event, rules)
    }
  }

  /// Checks that what a step had to wait for was there when it was made.
  private mutating func checkAdmission(
    _ condition: ClockCondition, of event: TraceEvent, at moment: Double, _ step: String,
    _ events: [TraceEvent]
  ) {
    let target = condition.target(at: event.clock)
    // A counter beyond the target says no more than one at it. Nobody waits for a worker that has used
    // up its share.
    func counter(_ worker: Int) -> Int {
      let iterations = byWorker[worker]
      guard target > 0, target <= iterations.count else { return Int.max }
      let last = events[iterations[target - 1]]
      let reached = condition.counter == .completed ? last.end : last.ready
      return reached.map { $0 <= moment } ?? false ? target : target - 1
    }
    if Admission.holds(condition.subjectCounter(of: header.workers, counter), target: target) {
      return
    }
    let late = (0..<header.workers).first { worker in
      (condition.subject == .everyone || condition.subject == .worker(WorkerID(worker)))
        && !Admission.holds(counter(worker), target: target)
    }
    let verb = condition.counter == .completed ? "completed" : "computed"
    note(
      "policy", event,
      "it \(step) before worker \(late ?? 0) had \(verb) "
        + NumberText.counted(target, "iteration"))
  }

  /// Checks that a view holds exactly what was applied before it, where the policy leaves no choice.
  private mutating func checkView(_ event: TraceEvent, _ rules: WorkerRules) {
    if rules.joinsSteps {
      guard event.read.contains(where: { $0 != event.clock }) else { return }
      note(
        "policy", event,
        "a view under \(header.policy) holds exactly the "
          + "\(NumberText.counted(event.clock, "round")) before it")
    } else if rules.isDeterministic {
      let turn = event.clock * header.workers + event.worker
      let isFresh =
        header.decomposition == "blocks"
        ? event.read.enumerated().allSatisfy {
          $1 == event.clock + ($0 < event.worker ? 1 : 0)
        } : event.read.allSatisfy { $0 == turn }
      guard !isFresh else { return }
      note("policy", event, "a view under \(header.policy) holds everything before it")
    }
  }

  private mutating func checkIdentity(_ events: [TraceEvent]) {
    guard header.shards == 1, !header.isJoint else { return }
    delaySum = events.reduce(0) { sum, event in
      sum + (event.applied.first.map { $0 - 1 - (event.read.first ?? 0) } ?? 0)
    }
    guard header.engine == "virtual", header.policy == "hogwild" || header.policy == "locked",
      header.configuration["faults"] ?? .null == .null
    else { return }
    for indices in byWorker {
      for (before, after) in zip(indices, indices.dropFirst())
      where events[after].read.first != events[before].applied.first
        // Where it takes time, somebody else may hold the lock before.
        && (header.policy == "hogwild" || events[after].start == events[before].end)
      {
        note(
          "identity", events[after],
          "it starts at once, so it reads version \(events[before].applied.first ?? 0)")
      }
    }
  }
}
