/// What may watch or disturb the workers, for tests and traces: nothing, unless somebody asks.
///
/// **Concurrency:** the closures run on the workers' threads, several at once.
package struct EngineProbe: Sendable {
  /// Called before a worker's iteration; what it throws ends the run.
  package var beforeIteration: (@Sendable (_ worker: Int, _ clock: Int) throws -> Void)?
  /// Called after a worker copied its view, with the versions of all shards in it.
  package var afterRead:
    (@Sendable (_ worker: Int, _ clock: Int, _ versions: UnsafeBufferPointer<Int>) -> Void)?
  /// Called in iterations that are looked at, in place, between the worker's first look at the others' clocks
  /// and its second.
  package var duringLook: (@Sendable (_ worker: Int, _ clock: Int) -> Void)?
  /// The most iterations that a worker makes in one go, in place, where single ones are watched by default.
  package var longestRun = 1
  /// Called after a worker published its new clock, with everybody's clocks.
  package var afterIteration: (@Sendable (_ worker: Int, _ clocks: [Int]) -> Void)?

  package init() {}
}
