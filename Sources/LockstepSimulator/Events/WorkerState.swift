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
