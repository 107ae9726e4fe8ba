import LockstepCore
import LockstepModels

/// One replica's minibatches and the gradients on them.
///
/// **Concurrency:** belongs to one replica.
final class DelayGradient<Model: Objective> {
  typealias Scalar = Model.Scalar

  /// Where the latest gradient is, `[n]`.
  var values: UnsafeMutablePointer<Scalar> { computer.gradient }

  @exclusivity(unchecked) private(set) var examples: UnsafeBufferPointer<Int32>

  private let model: Model
  private let configuration: EngineConfiguration
  private let isShared: Bool
  private let isDrawn: Bool
  private let storage: UnsafeMutableBufferPointer<Int32>
  private let computer: GradientComputer<Model.Scalar>
  @exclusivity(unchecked) private var sampler: MinibatchSampler?

  /// Makes the buffers.
  init(model: Model, configuration: EngineConfiguration) {
    self.model = model
    self.configuration = configuration
    // In `blocks` all workers share the minibatch of a clock.
    isShared = configuration.decomposition == .blocks
    let count = model.trainingCount
    let isGiven = configuration.minibatches != nil
    isDrawn = count > 0 && !isGiven && configuration.batch < count
    let capacity =
      count == 0 ? 0 : configuration.minibatches?.longest ?? min(count, configuration.batch)
    storage = .allocate(capacity: max(1, capacity))
    storage.initialize(repeating: 0)
    if count > 0, !isGiven, !isDrawn {
      for index in 0..<count { storage[index] = Int32(truncatingIfNeeded: index) }
    }
    examples = UnsafeBufferPointer(rebasing: storage[..<capacity])
    computer = GradientComputer(
      model: model, range: 0..<model.parameterCount, batch: max(1, capacity), seed: 0, worker: 0,
      clip: configuration.clip)
  }

  deinit { storage.deallocate() }

  /// Begins a replica.
  ///
  /// - Parameter seed: the replica's seed.
  func start(seed: UInt64) {
    computer.seed = seed
    guard isDrawn else { return }
    let workers = isShared ? 1 : configuration.workers
    sampler = MinibatchSampler(
      exampleCount: model.trainingCount, batch: examples.count, method: configuration.sampling,
      seed: seed, worker: 0, workers: workers)
  }

  /// Makes the minibatch of a worker's clock the current one.
  @inline(__always)
  func draw(worker: Int, clock: Int) {
    if isDrawn {
      guard let base = storage.baseAddress else { return }
      sampler?.draw(clock: clock, worker: worker, into: base)
    } else if configuration.minibatches != nil {
      readLine(worker: worker, clock: clock)
    }
  }

  private func readLine(worker: Int, clock: Int) {
    guard let file = configuration.minibatches, model.trainingCount > 0 else { return }
    let line = isShared ? clock : clock * configuration.workers + worker
    let range = file.offsets[line]..<file.offsets[line + 1]
    for (index, position) in range.enumerated() { storage[index] = file.examples[position] }
    examples = UnsafeBufferPointer(rebasing: storage[..<range.count])
  }

  /// Computes partial derivatives of the mean loss over the current minibatch, to where they stand
  /// in ``values``.
  ///
  /// - Parameters:
  ///   - view: `[n]`.
  ///   - range: the parameters to differentiate by.
  ///   - worker: what random noise is keyed by, with the clock; 0 where all share the minibatch.
  ///   - clock: the worker's clock.
  @inline(__always)
  func compute(at view: UnsafePointer<Scalar>, range: Range<Int>, worker: Int, clock: Int) {
    computer.compute(
      at: view, examples: examples, clock: clock, worker: worker, range: range,
      into: values + range.lowerBound)
  }
}
