/// The workers of a run, one slot each.
///
/// **Concurrency:** a slot is written by its worker's own thread, once, before the engine joins that
/// thread; after that everybody only reads. That is the invariant behind `@unchecked Sendable`.
final class WorkerRoster: @unchecked Sendable {
  let count: Int
  private let slots: UnsafeMutablePointer<(any EngineWorker)?>

  init(count: Int) {
    self.count = count
    slots = .allocate(capacity: count)
    slots.initialize(repeating: nil, count: count)
  }

  deinit {
    slots.deinitialize(count: count)
    slots.deallocate()
  }

  /// The worker of a slot, once it has been made.
  subscript(index: Int) -> (any EngineWorker)? {
    get { slots[index] }
    set { slots[index] = newValue }
  }

  /// All workers that have been made.
  var all: [any EngineWorker] { (0..<count).compactMap { slots[$0] } }
}
