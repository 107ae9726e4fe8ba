import Foundation

/// What a run asks of the virtual-time engine beyond what both engines have.
public struct VirtualConfiguration: Equatable, Sendable {
  /// The law of an iteration's duration; `nil` for ``defaultService``, unless a delay is given.
  public var service: ServiceSpecification?
  /// The law of the time that reading a view takes; `nil` for no time.
  public var readTime: ServiceSpecification?
  /// The law of the time that applying an update takes; `nil` for no time.
  public var applyTime: ServiceSpecification?
  /// The law of staleness, set directly instead of by durations.
  public var delay: DelaySpecification?
  /// What a delay is drawn for; `nil` for each read.
  public var delayScope: DelayScope?
  /// The number of independent copies; `nil` for one.
  public var replicas: Int?
  /// The number of updates left out of averages; `nil` for none.
  public var warmup: Int?
  /// What befalls workers, in the order it was given.
  public var faults: [FaultSpecification] = []
  /// The number of threads of the host that compute; `nil` for one per core.
  public var hostThreads: Int?

  /// The largest number of replicas.
  public static let largestReplicaCount = 10_000_000
  /// The largest number of threads of the host.
  public static let largestHostThreadCount = 1024

  /// The law of durations unless somebody says otherwise: the unit of time is an iteration.
  public static let defaultService = ServiceSpecification.constant(1)

  /// Asks for nothing.
  public init() {}

  /// The law of durations; `nil` where delays are set directly and no time passes.
  public var resolvedService: ServiceSpecification? {
    delay == nil ? service ?? Self.defaultService : nil
  }

  /// The number of threads of the host that compute.
  public var resolvedHostThreads: Int {
    hostThreads ?? ProcessInfo.processInfo.activeProcessorCount
  }

  /// The first option that was given, for messages.
  private var firstOption: String? {
    let options: [(String, Bool)] = [
      ("--service", service != nil), ("--delay", delay != nil),
      ("--read-time", readTime != nil), ("--apply-time", applyTime != nil),
      ("--delay-per", delayScope != nil), ("--replicas", replicas != nil),
      ("--warmup", warmup != nil), ("--fault", !faults.isEmpty),
      ("--host-threads", hostThreads != nil),
    ]
    return options.first { $0.1 }?.0
  }

  /// Refuses what doesn't go together with the rest of a run.
  func validate(_ run: RunConfiguration) throws(ConfigurationError) {
    if run.engine == .threads {
      if let option = firstOption {
        throw .conflict(
          reason: "\(option) is for simulated time; add --engine virtual, or leave it out")
      }
      return
    }
    if run.pin != nil {
      throw .conflict(
        reason: "--pin is for real threads, and --engine virtual simulates its workers; leave one "
          + "of them out")
    }
    try validateDelay(run)
    if let fault = faults.first(where: { $0.worker >= run.workers }) {
      throw .invalid(
        option: "--fault", value: fault.specification,
        reason: "workers are numbered from 0 to \(run.workers - 1)")
    }
    if case .adversarial = service, !faults.isEmpty {
      throw .conflict(
        reason: "--fault happens at a time, and an adversary doesn't keep to times; leave one out")
    }
    if let replicas, !(1...Self.largestReplicaCount).contains(replicas) {
      throw .invalid(
        option: "--replicas", value: "\(replicas)",
        reason: "write " + NumberText.wholeNumber(in: 1...Self.largestReplicaCount))
    }
    if let warmup, warmup < 0 || warmup >= run.updates ?? .max {
      throw .invalid(
        option: "--warmup", value: "\(warmup)",
        reason: "the number of updates left out of averages is at least 0 and less than --updates")
    }
    if let hostThreads, !(1...Self.largestHostThreadCount).contains(hostThreads) {
      throw .invalid(
        option: "--host-threads", value: "\(hostThreads)",
        reason: "write " + NumberText.wholeNumber(in: 1...Self.largestHostThreadCount))
    }
  }

  private func validateDelay(_ run: RunConfiguration) throws(ConfigurationError) {
    guard delay != nil else {
      if delayScope != nil {
        throw .conflict(reason: "--delay-per says what a --delay is drawn for; give that, too")
      }
      return
    }
    if service != nil {
      throw .conflict(
        reason: "--service and --delay both say how stale reads are; give one of them")
    }
    if readTime != nil || applyTime != nil {
      throw .conflict(
        reason: "\(readTime == nil ? "--apply-time" : "--read-time") is a time, and under --delay "
          + "none passes; take --service instead")
    }
    if !faults.isEmpty {
      throw .conflict(
        reason:
          "--fault happens at a time, and under --delay no time passes; take --service instead")
    }
    if run.policy.specification != Hogwild().specification {
      throw .conflict(
        reason: "--delay sets the staleness itself, so there is no gate for --policy "
          + "\(run.policy.specification); leave the policy out")
    }
  }
}
