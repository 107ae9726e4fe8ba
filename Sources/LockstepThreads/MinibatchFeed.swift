import LockstepCore
import LockstepModels

/// The minibatch of each of a worker's iterations: drawn, all examples, or from a file.
///
/// **Concurrency:** belongs to one worker.
struct MinibatchFeed: ~Copyable {
  /// The examples of the current minibatch.
  private(set) var examples: UnsafeBufferPointer<Int32>

  private enum Source {
    case nothing
    case sampler
    case file(MinibatchFile)
  }

  private let source: Source
  private let storage: UnsafeMutableBufferPointer<Int32>
  private var sampler: MinibatchSampler
  private let worker: Int
  private let workers: Int
  private let isJoint: Bool

  /// Creates the feed of one worker.
  init(configuration: EngineConfiguration, exampleCount: Int, worker: Int) {
    // In `blocks` all workers share the minibatch of a clock.
    let isShared = configuration.decomposition == .blocks
    isJoint = configuration.budget.isJoint
    self.worker = isShared ? 0 : worker
    workers = isShared ? 1 : configuration.workers
    let takesAll =
      configuration.minibatches == nil && configuration.batch >= exampleCount
    let capacity =
      exampleCount == 0
      ? 0 : configuration.minibatches?.longest ?? min(exampleCount, configuration.batch)
    storage = .allocate(capacity: max(1, capacity))
    storage.initialize(repeating: 0)
    sampler = MinibatchSampler(
      exampleCount: max(1, exampleCount), batch: capacity, method: configuration.sampling,
      seed: configuration.seed, worker: self.worker, workers: workers)
    if exampleCount == 0 {
      source = .nothing
    } else if let file = configuration.minibatches {
      source = .file(file)
    } else if takesAll {
      source = .nothing
      for index in 0..<exampleCount { storage[index] = Int32(truncatingIfNeeded: index) }
    } else {
      source = .sampler
    }
    examples = UnsafeBufferPointer(rebasing: storage[..<capacity])
  }

  deinit { storage.deallocate() }

  /// The largest number of examples a minibatch of a run can hold.
  static func capacity(_ configuration: EngineConfiguration, exampleCount: Int) -> Int {
    exampleCount == 0
      ? 1 : max(1, configuration.minibatches?.longest ?? min(exampleCount, configuration.batch))
  }

  /// Makes the minibatch of a clock the current one.
  mutating func advance(to clock: Int) {
    switch source {
    case .nothing: break
    case .sampler: draw(clock: clock, into: 0)
    case .file(let file): readLine(clock, of: file)
    }
  }

  /// Draws one minibatch to a place in the storage, for a feed that looks ahead.
  private mutating func draw(clock: Int, into offset: Int) {
    guard let base = storage.baseAddress else { return }
    sampler.draw(clock: clock, into: base + offset)
  }

  private mutating func readLine(_ clock: Int, of file: MinibatchFile) {
    let line = isJoint ? clock : clock * workers + worker
    var range = file.offsets[line]..<file.offsets[line + 1]
    if isJoint {
      // One line is one joint update: each worker takes its equal part.
      let part = range.count / workers
      let first = range.lowerBound + part * worker
      range = first..<(first + part)
    }
    for (index, position) in range.enumerated() { storage[index] = file.examples[position] }
    examples = UnsafeBufferPointer(rebasing: storage[..<range.count])
  }
}
