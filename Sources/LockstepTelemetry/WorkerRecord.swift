import LockstepCore

/// One worker's share of a run.
public struct WorkerRecord: Codable, Equatable, RecordObject {
  /// The worker.
  public var worker = 0
  /// The number of iterations it completed.
  public var updates = 0
  /// Time spent on gradients.
  public var computeSeconds = 0.0
  /// Time spent on copying views.
  public var readSeconds = 0.0
  /// Time spent on applying updates.
  public var applySeconds = 0.0
  /// Time spent waiting for other workers: spinning, parked, or for the lock.
  public var waitSeconds = 0.0
  /// How often it parked.
  public var parks = 0

  package static let fields = RecordTable<WorkerRecord>([
    RecordField("worker", \.worker, "The worker's number, from 0."),
    RecordField(
      "updates", \.updates, "The number of iterations that it completed.", metric: "updates"),
    RecordField(
      "computeSeconds", \.computeSeconds,
      "Its time for gradients; like the times below in seconds on threads, and in the service law's unit in "
        + "virtual time.",
      metric: "time spent computing", unit: "s"),
    RecordField(
      "readSeconds", \.readSeconds, "Its time for copying views.",
      metric: "time spent reading", unit: "s"),
    RecordField(
      "applySeconds", \.applySeconds, "Its time for applying updates.",
      metric: "time spent applying", unit: "s"),
    RecordField(
      "waitSeconds", \.waitSeconds,
      "Its time of waiting for other workers: spinning, parked, or for the lock.",
      metric: "time spent waiting", unit: "s"),
    RecordField("parks", \.parks, "How often it parked.", metric: "parks"),
  ])

  package init() {}

  /// Creates a record.
  public init(
    worker: Int, updates: Int, computeSeconds: Double, readSeconds: Double, applySeconds: Double,
    waitSeconds: Double, parks: Int
  ) {
    self.worker = worker
    self.updates = updates
    self.computeSeconds = computeSeconds
    self.readSeconds = readSeconds
    self.applySeconds = applySeconds
    self.waitSeconds = waitSeconds
    self.parks = parks
  }
}

extension [WorkerRecord] {
  /// The shares of computing, reading, applying and waiting in the time of all workers; `nil` where no
  /// time was measured.
  public var timeShares: [Double]? {
    let parts = [\WorkerRecord.computeSeconds, \.readSeconds, \.applySeconds, \.waitSeconds]
      .map { part in reduce(0) { $0 + $1[keyPath: part] } }
    let total = parts.reduce(0, +)
    return total > 0 && total.isFinite ? parts.map { $0 / total } : nil
  }
}

/// Why a simulation made no more progress.
public struct StallRecord: Codable, Equatable, RecordObject {
  /// The worker that will never go on; of several, the one with the lowest clock.
  public var worker = 0
  /// When it crashed.
  public var crashedAt = 0.0
  /// When the last of the others came to a halt.
  public var since = 0.0
  /// The number of workers that wait.
  public var waiting = 0

  package static let fields = RecordTable<StallRecord>([
    RecordField(
      "worker", \.worker,
      "The worker that will never go on; of several, the one with the lowest clock."),
    RecordField("crashedAt", \.crashedAt, "When it crashed.", unit: "time units"),
    RecordField(
      "since", \.since, "When the last of the others came to a halt.", unit: "time units"),
    RecordField("waiting", \.waiting, "The number of workers that wait."),
  ])

  package init() {}

  /// Creates a record.
  public init(worker: Int, crashedAt: Double, since: Double, waiting: Int) {
    self.worker = worker
    self.crashedAt = crashedAt
    self.since = since
    self.waiting = waiting
  }
}
