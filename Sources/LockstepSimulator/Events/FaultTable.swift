import LockstepCore

/// What befell a worker.
struct FaultState: BitwiseCopyable {
  /// Whether it has crashed.
  var isDead = false
  /// When it crashed, in ticks.
  var diedAt: UInt64 = 0
  /// It does nothing before this tick.
  var blockedUntil: UInt64 = 0
  /// When what it does ends, or its block; 0 for neither.
  ///
  /// An event at another time is out of date.
  var due: UInt64 = 0
  /// Whether it reads, computes or applies.
  var isBusy = false
}

/// The faults of a run and the workers they hit.
final class FaultTable {
  let faults: [FaultSpecification]
  let states: Table<FaultState>

  /// Makes the table of some workers, none of them hit.
  init(_ faults: [FaultSpecification], workers: Int) {
    self.faults = faults
    states = Table(repeating: FaultState(), count: workers)
  }

  /// The most events that are pending at once beyond one for each worker: a fault, and what it leaves
  /// out of date or wakes up later.
  static func extraEvents(_ faults: [FaultSpecification]) -> Int { faults.count * 4 }
}

extension FaultTable: Archivable {
  func transfer(_ archive: StateArchive) throws(CheckpointError) {
    try archive.flags("isDead", states, \.isDead)
    try archive.column("diedAt", states, \.diedAt)
    try archive.column("blockedUntil", states, \.blockedUntil)
    try archive.column("due", states, \.due)
    try archive.flags("isBusy", states, \.isBusy)
  }
}
