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

/// The way to every gradient of this module: the buffers of one thread of the host that draws
/// minibatches and computes gradients on them, for any worker.
///
/// **Concurrency:** used by one thread at a time.
final class GradientLane<Scalar: ModelScalar> {
  /// Where the lane's own gradients go, `[n]`.
  let gradient: UnsafeMutablePointer<Scalar>

  private let computer: GradientComputer<Scalar>
  @exclusivity(unchecked) private var configuration: EngineConfiguration
  private let exampleCount: Int
  private let isBlocks: Bool
  /// Room for a view, `[n]`, where views are put together.
  let view: Table<Scalar>
  @exclusivity(unchecked) private var feed: MinibatchFeed
  @exclusivity(unchecked) private var viewMoment = -1
  @exclusivity(unchecked) private var drawnClock = -1

  /// Makes the buffers.
  ///
  /// - Parameters:
  ///   - model: the objective.
  ///   - configuration: how the run goes.
  init(model: any Objective<Scalar>, configuration: EngineConfiguration) {
    self.configuration = configuration
    exampleCount = model.trainingCount
    isBlocks = configuration.decomposition == .blocks
    let hasParts = isBlocks || configuration.takesPhases
    computer = GradientComputer(
      model: model, range: 0..<model.parameterCount,
      batch: configuration.largestMinibatch(exampleCount: exampleCount), seed: configuration.seed,
      worker: 0, clip: configuration.clip)
    gradient = computer.gradient
    feed = configuration.feed(exampleCount: exampleCount)
    view = Table(repeating: 0, count: hasParts ? model.parameterCount : 0)
  }

  /// Begins another replica.
  ///
  /// - Parameter seed: its seed.
  func start(seed: UInt64) {
    (viewMoment, drawnClock) = (-1, -1)
    guard seed != computer.seed else { return }
    computer.seed = seed
    configuration.seed = seed
    if exampleCount > 0 { feed = configuration.feed(exampleCount: exampleCount) }
  }

  /// Computes a gradient at a view.
  ///
  /// - Parameters:
  ///   - view: `[n]`.
  ///   - worker: whose gradient it is.
  ///   - clock: the worker's clock.
  ///   - begun: the number of iterations begun before it, where that names its minibatch.
  ///   - range: the parameters to differentiate by.
  ///   - gradient: `[range.count]`, overwritten.
  /// - Returns: the number of its examples.
  @inline(__always)
  func compute(
    at view: UnsafePointer<Scalar>, of worker: Int, clock: Int, begun: Int = 0, range: Range<Int>,
    into gradient: UnsafeMutablePointer<Scalar>
  ) -> Int {
    // In `blocks` all workers of a clock share the minibatch.
    if exampleCount > 0, !isBlocks || drawnClock != clock {
      feed.advance(to: clock, of: worker, begun: begun)
      drawnClock = clock
    }
    computer.compute(
      at: view, examples: feed.examples, clock: clock, worker: isBlocks ? 0 : worker,
      range: range, into: gradient)
    return feed.examples.count
  }

  /// Computes the gradient of a task.
  ///
  /// - Parameters:
  ///   - task: the task.
  ///   - store: where a view of a moment is.
  ///   - views: where the parts of views are, if they are put together one by one.
  ///   - gradient: `[task.range.count]`, overwritten.
  /// - Returns: the number of its examples.
  @inline(__always)
  func compute(
    _ task: GradientTask<Scalar>, store: VersionStore<Scalar>, views: ShardViews<Scalar>?,
    into gradient: UnsafeMutablePointer<Scalar>
  ) -> Int {
    if let views {
      views.copyView(of: task.worker, into: view.base)
    } else if task.view == nil, viewMoment != task.moment {
      // In `blocks` those of a moment share the view.
      store.copy(at: task.moment, into: view.base)
      viewMoment = task.moment
    }
    return compute(
      at: task.view ?? UnsafePointer(view.base), of: task.worker, clock: task.clock,
      begun: task.begun, range: task.range, into: gradient)
  }
}

/// Gradients that were computed ahead of their time, on several threads of the host.
///
/// The view of a worker in flight is fixed, so its gradient may be computed at any time before it is
/// applied: the results don't depend on how many threads there are.
final class GradientsAhead<Scalar: ModelScalar>: @unchecked Sendable {
  // Invariant behind @unchecked: each thread uses its own lane and writes its own slots, and the
  // event loop waits meanwhile.
  let lanes: [GradientLane<Scalar>]
  private let slots: [UnsafeMutablePointer<Scalar>]
  private var examples: [Int]
  private var slotOfWorker: [Int32]
  private var free: [Int]

  init(_ lanes: [GradientLane<Scalar>], workers: Int, largest: Int) {
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
    _ tasks: [GradientTask<Scalar>], store: VersionStore<Scalar>, views: ShardViews<Scalar>?
  ) {
    var places: [Int] = []
    for task in tasks {
      let slot = free.removeLast()
      slotOfWorker[task.worker] = Int32(slot)
      places.append(slot)
    }
    let used = min(lanes.count, tasks.count)
    let slotsUsed = places
    nonisolated(unsafe) let store = store
    nonisolated(unsafe) let views = views
    examples.withUnsafeMutableBufferPointer { examples in
      nonisolated(unsafe) let examples = examples
      DispatchQueue.concurrentPerform(iterations: used) { lane in
        for index in stride(from: lane, to: tasks.count, by: used) {
          examples[slotsUsed[index]] = lanes[lane].compute(
            tasks[index], store: store, views: views, into: slots[slotsUsed[index]])
        }
      }
    }
  }

  /// A worker's gradient and the number of its examples; its place is used again after the next call
  /// of ``compute(_:store:views:)``.
  func take(_ worker: Int) -> (UnsafePointer<Scalar>, Int) {
    let slot = Int(slotOfWorker[worker])
    slotOfWorker[worker] = -1
    free.append(slot)
    return (UnsafePointer(slots[slot]), examples[slot])
  }
}
