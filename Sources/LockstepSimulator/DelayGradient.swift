import LockstepCore
import LockstepModels

/// One replica's minibatches and the gradients on them, in pieces where a minibatch is larger than
/// the buffers should be.
///
/// **Concurrency:** belongs to one replica.
final class DelayGradient<Model: Objective> {
  typealias Scalar = Model.Scalar

  /// The largest number of examples computed at once.
  static var largestPiece: Int { 1024 }

  /// Where the latest gradient is, `[n]`.
  let values: UnsafeMutablePointer<Scalar>

  @exclusivity(unchecked) private(set) var examples: UnsafeBufferPointer<Int32>

  private let model: Model
  private let configuration: SimulationConfiguration
  private let isShared: Bool
  private let isDrawn: Bool
  private let storage: UnsafeMutableBufferPointer<Int32>
  private let piece: UnsafeMutablePointer<Scalar>?
  private let workspace: Model.Workspace
  @exclusivity(unchecked) private var sampler: MinibatchSampler?
  @exclusivity(unchecked) private var seed: UInt64 = 0

  /// Makes the buffers.
  init(model: Model, configuration: SimulationConfiguration) {
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
    let parameters = model.parameterCount
    values = .allocate(capacity: parameters)
    values.initialize(repeating: 0, count: parameters)
    if capacity > Self.largestPiece {
      let buffer = UnsafeMutablePointer<Scalar>.allocate(capacity: parameters)
      buffer.initialize(repeating: 0, count: parameters)
      piece = buffer
    } else {
      piece = nil
    }
    workspace = model.makeWorkspace(
      batch: max(1, min(capacity, Self.largestPiece)), range: 0..<parameters)
  }

  deinit {
    storage.deallocate()
    values.deallocate()
    piece?.deallocate()
  }

  /// Begins a replica.
  ///
  /// - Parameter seed: the replica's seed.
  func start(seed: UInt64) {
    self.seed = seed
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
    if examples.count <= Self.largestPiece {
      model.computeGradient(
        at: view,
        minibatch: Minibatch(examples: examples, seed: seed, worker: worker, clock: clock),
        range: range, into: values + range.lowerBound, workspace: workspace)
    } else {
      computeInPieces(at: view, range: range, worker: worker, clock: clock)
    }
  }

  private func computeInPieces(
    at view: UnsafePointer<Scalar>, range: Range<Int>, worker: Int, clock: Int
  ) {
    guard let piece else { return }
    let gradient = values + range.lowerBound
    var first = 0
    while first < examples.count {
      let size = min(Self.largestPiece, examples.count - first)
      let part = UnsafeBufferPointer(rebasing: examples[first..<(first + size)])
      model.computeGradient(
        at: view, minibatch: Minibatch(examples: part, seed: seed, worker: worker, clock: clock),
        range: range, into: piece, workspace: workspace)
      let scale = Scalar(size) / Scalar(examples.count)
      if first == 0 {
        for index in 0..<range.count { gradient[index] = scale * piece[index] }
      } else {
        for index in 0..<range.count { gradient[index] += scale * piece[index] }
      }
      first += size
    }
  }
}
