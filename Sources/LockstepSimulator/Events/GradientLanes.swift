import Dispatch
import LockstepCore
import LockstepModels

/// What one gradient needs to know: whose it is, and where its view is.
struct GradientTask<Scalar>: @unchecked Sendable {
  // Invariant behind @unchecked: a view doesn't change while it is held.
  var worker: Int
  var clock: Int
  var range: Range<Int>
  /// The view, where it is in one piece; else it is put together for the moment.
  var view: UnsafePointer<Scalar>?
  var moment: Int
  /// The number of iterations begun before it, where that names its minibatch.
  var begun: Int
}

/// The buffers of one thread of the host that computes gradients, for any worker.
///
/// **Concurrency:** used by one thread at a time.
final class GradientLane<Model: Objective> {
  typealias Scalar = Model.Scalar

  /// Where the lane's own gradients go.
  let gradient: UnsafeMutablePointer<Scalar>

  private let computer: GradientComputer<Model.Scalar>
  private let isBlocks: Bool
  private let view: UnsafeMutablePointer<Scalar>
  @exclusivity(unchecked) private var feed: MinibatchFeed
  @exclusivity(unchecked) private var viewMoment = -1
  @exclusivity(unchecked) private var drawnClock = -1

  init(model: Model, configuration: EngineConfiguration) {
    isBlocks = configuration.decomposition == .blocks
    let hasParts = isBlocks || configuration.takesPhases
    let batch = configuration.largestMinibatch(exampleCount: model.trainingCount)
    computer = GradientComputer(
      model: model, range: 0..<model.parameterCount, batch: batch, seed: configuration.seed,
      worker: 0, clip: configuration.clip)
    gradient = computer.gradient
    feed = configuration.feed(exampleCount: model.trainingCount)
    view = .allocate(capacity: hasParts ? model.parameterCount : 1)
    view.initialize(repeating: 0, count: hasParts ? model.parameterCount : 1)
  }

  deinit { view.deallocate() }

  /// Computes a gradient.
  ///
  /// - Returns: the number of its examples.
  @inline(__always)
  func compute(
    _ task: GradientTask<Scalar>, shards: VersionedShards<Scalar>?,
    phased: PhasedShards<Scalar>?, into gradient: UnsafeMutablePointer<Scalar>
  ) -> Int {
    // In `blocks` all workers of a clock share the minibatch, and those of a moment the view.
    if !isBlocks || drawnClock != task.clock {
      feed.advance(to: task.clock, of: task.worker, begun: task.begun)
      drawnClock = task.clock
    }
    if let phased {
      phased.copyView(of: task.worker, into: view)
    } else if task.view == nil, viewMoment != task.moment {
      shards?.copy(at: task.moment, into: view)
      viewMoment = task.moment
    }
    computer.compute(
      at: task.view ?? UnsafePointer(view), examples: feed.examples, clock: task.clock,
      worker: isBlocks ? 0 : task.worker, range: task.range, into: gradient)
    return feed.examples.count
  }
}

/// Gradients that were computed ahead of their time, on several threads of the host.
///
/// The view of a worker in flight is fixed, so its gradient may be computed at any time before it is
/// applied: the results don't depend on how many threads there are.
final class GradientsAhead<Model: Objective>: @unchecked Sendable {
  // Invariant behind @unchecked: each thread uses its own lane and writes its own slots, and the
  // event loop waits meanwhile.
  typealias Scalar = Model.Scalar

  let lanes: [GradientLane<Model>]
  private let slots: [UnsafeMutablePointer<Scalar>]
  private var examples: [Int]
  private var slotOfWorker: [Int32]
  private var free: [Int]

  init(_ lanes: [GradientLane<Model>], workers: Int, largest: Int) {
    self.lanes = lanes
    let count = max(1, min(workers, lanes.count * 4))
    slots = (0..<count).map { _ in
      let slot = UnsafeMutablePointer<Scalar>.allocate(capacity: largest)
      slot.initialize(repeating: 0, count: largest)
      return slot
    }
    examples = [Int](repeating: 0, count: count)
    slotOfWorker = [Int32](repeating: -1, count: workers)
    free = Array((0..<count).reversed())
  }

  deinit { for slot in slots { slot.deallocate() } }

  /// Whether a worker's gradient is there.
  func has(_ worker: Int) -> Bool { slotOfWorker[worker] >= 0 }

  /// The number of gradients worth computing at once now.
  var room: Int { min(free.count, lanes.count * 2) }

  /// Computes gradients, at most as many as there is room for.
  func compute(
    _ tasks: [GradientTask<Scalar>], shards: VersionedShards<Scalar>?,
    phased: PhasedShards<Scalar>?
  ) {
    var places: [Int] = []
    for task in tasks {
      let slot = free.removeLast()
      slotOfWorker[task.worker] = Int32(slot)
      places.append(slot)
    }
    let used = min(lanes.count, tasks.count)
    let slotsUsed = places
    nonisolated(unsafe) let shards = shards
    nonisolated(unsafe) let phased = phased
    examples.withUnsafeMutableBufferPointer { examples in
      nonisolated(unsafe) let examples = examples
      DispatchQueue.concurrentPerform(iterations: used) { lane in
        for index in stride(from: lane, to: tasks.count, by: used) {
          examples[slotsUsed[index]] = lanes[lane].compute(
            tasks[index], shards: shards, phased: phased, into: slots[slotsUsed[index]])
        }
      }
    }
  }

  /// A worker's gradient and the number of its examples; its place is used again after the next call
  /// of ``compute(_:shards:phased:)``.
  func take(_ worker: Int) -> (UnsafePointer<Scalar>, Int) {
    let slot = Int(slotOfWorker[worker])
    slotOfWorker[worker] = -1
    free.append(slot)
    return (UnsafePointer(slots[slot]), examples[slot])
  }
}
