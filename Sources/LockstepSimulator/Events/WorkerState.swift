import LockstepCore

/// The phase of an iteration that a worker is in.
enum WorkerStage: UInt8, BitwiseCopyable {
  /// Its iteration has not begun.
  case waiting
  /// It reads its view.
  case reading
  /// It computes its gradient.
  case computing
  /// Its gradient is ready, and it waits to apply it.
  case ready
  /// It applies its update.
  case applying
}

/// One worker of the simulation: one cache line.
struct WorkerState: BitwiseCopyable {
  /// The number of iterations completed.
  var clock = 0
  /// The number of iterations to make, where the updates are dealt out.
  var share = 0
  /// When its present wait or computation began, in ticks.
  var since: UInt64 = 0
  /// Time computed and time waited, in ticks.
  var computed: UInt64 = 0
  var waited: UInt64 = 0
  /// The version of the whole vector in its view, where a view holds that.
  var view = 0
  /// The number of updates when its view was read.
  var seen = 0
  var stage = WorkerStage.waiting
}

extension StateArchive {
  /// Transfers the workers of a simulation.
  ///
  /// - Parameters:
  ///   - states: the workers.
  ///   - versions: the number of versions that a view may be.
  func workers(
    _ states: borrowing Table<WorkerState>, versions: Int
  ) throws(CheckpointError) {
    try column("clock", states, \.clock)
    try column("share", states, \.share)
    try column("since", states, \.since)
    try column("computed", states, \.computed)
    try column("waited", states, \.waited)
    try column("view", states, \.view)
    try column("seen", states, \.seen)
    let base = states.base
    var stages = (0..<states.count).map { base[$0].stage.rawValue }
    try list("stage", &stages)
    try require(stages.count == states.count, "stage")
    for (worker, number) in stages.enumerated() {
      guard let stage = WorkerStage(rawValue: number) else {
        try require(false, "stage")
        continue
      }
      base[worker].stage = stage
      try require((0..<versions).contains(base[worker].view), "view")
    }
  }
}
