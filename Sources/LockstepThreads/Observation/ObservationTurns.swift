import LockstepCore
import LockstepModels

/// At which of its clocks one worker takes observations.
///
/// | policy | observation `j` is due at | and taken by |
/// |---|---|---|
/// | joins steps | the first update of a round at or after update `j·every` | worker 0 |
/// | one worker in turn | update `k = j·every` | worker `k mod P` at clock `⌊k/P⌋` |
/// | others | about update `j·every` | worker `j mod P` at clock `⌊j·every/P⌋` or later |
///
/// The first two are exactly the updates that the engine of virtual time shows.
struct ObservationTurns: Equatable {
  /// How the workers of a run share the observations.
  enum Kind: Equatable {
    case joined
    case inTurn
    case spread
  }

  /// How they are shared.
  let kind: Kind

  private let every: Int
  private let worker: Int
  private let workers: Int
  private let round: Int
  private var schedule: ObservationSchedule
  // The number of the observation that is this worker's next.
  private var number: Int

  /// Begins with a worker's first observation.
  init(every: Int, worker: Int, workers: Int, budget: UpdateBudget, kind: Kind) {
    self.kind = kind
    self.every = every
    self.worker = worker
    self.workers = workers
    round = budget.isJoint ? 1 : workers
    schedule = ObservationSchedule(
      every: kind == .joined && worker == 0 ? every : nil, round: round)
    number = kind == .spread ? worker : 0
    if kind == .inTurn { findTurn() }
  }

  /// How the workers under a policy share the observations.
  static func kind(_ rules: [WorkerRules]) -> Kind {
    if rules.allSatisfy(\.joinsSteps) { return .joined }
    let inTurn = rules.map(\.start) == Sequential().rules(of: rules.count).map(\.start)
    return inTurn || rules.count == 1 ? .inTurn : .spread
  }

  /// The clock of the next observation; `Int.max` where there is none.
  var clock: Int {
    switch kind {
    case .joined: return schedule.next == Int.max ? Int.max : schedule.next / round
    case .inTurn, .spread:
      let (update, overflow) = number.multipliedReportingOverflow(by: every)
      return overflow || number < 0 ? Int.max : update / workers
    }
  }

  /// Goes on to this worker's next observation after one was taken.
  mutating func advance() {
    switch kind {
    case .joined: schedule.advance(past: schedule.next)
    case .inTurn:
      number += 1
      findTurn()
    case .spread: number += workers
    }
  }

  /// Finds the next observation whose update is this worker's; numbers repeat after `P` of them.
  private mutating func findTurn() {
    for _ in 0..<workers {
      if number % workers * (every % workers) % workers == worker { return }
      number += 1
    }
    number = -1
  }
}

extension ObservationTurns: Archivable {
  mutating func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.part("schedule", &schedule)
    try archive.number("number", &number)
  }
}
