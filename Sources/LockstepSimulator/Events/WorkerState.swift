/// What a worker is about to do when it goes on.
enum WorkerPhase: UInt8, BitwiseCopyable {
  case start
  case apply
}

/// One worker of the simulation.
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
  /// The buffer of its view (`samples`).
  var view = 0
  /// The number of updates when its view was read.
  var seen = 0
  var phase = WorkerPhase.start
}
