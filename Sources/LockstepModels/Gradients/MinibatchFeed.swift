import LockstepCore

/// The minibatch of each of a worker's iterations: drawn, all examples, or from a file.
///
/// **Concurrency:** used by one thread at a time.
public struct MinibatchFeed: ~Copyable {
  /// The examples of the current minibatch.
  public private(set) var examples: UnsafeBufferPointer<Int32>

  private enum Source {
    case nothing
    case sampler
    case file(MinibatchFile)
  }

  private let source: Source
  private let storage: UnsafeMutableBufferPointer<Int32>
  private var sampler: MinibatchSampler
  private let isShared: Bool
  private let worker: Int
  private let workers: Int
  private let isJoint: Bool
  private let isDealt: Bool

  /// Creates the feed of one worker.
  ///
  /// - Parameters:
  ///   - decomposition: what the workers divide; in `blocks` all share the minibatch of a clock.
  ///   - budget: how the updates are divided among the workers.
  ///   - batch: the number of examples of a drawn minibatch.
  ///   - sampling: how they are chosen.
  ///   - minibatches: the minibatches, where they are given instead of drawn.
  ///   - seed: the run's seed.
  ///   - exampleCount: the number of training examples.
  ///   - worker: the worker.
  public init(
    decomposition: Decomposition, budget: UpdateBudget, batch: Int, sampling: SamplingMethod,
    minibatches: MinibatchFile?, seed: UInt64, exampleCount: Int, worker: Int
  ) {
    isShared = decomposition == .blocks
    isJoint = budget.isJoint
    isDealt = budget.isDealt || budget.isJoint
    self.worker = isShared ? 0 : worker
    workers = isShared ? 1 : budget.workers
    let takesAll = minibatches == nil && batch >= exampleCount
    let capacity = exampleCount == 0 ? 0 : minibatches?.longest ?? min(exampleCount, batch)
    storage = .allocate(capacity: max(1, capacity))
    storage.initialize(repeating: 0)
    sampler = MinibatchSampler(
      exampleCount: max(1, exampleCount), batch: capacity, method: sampling, seed: seed,
      worker: self.worker, workers: workers)
    if exampleCount == 0 {
      source = .nothing
    } else if let file = minibatches {
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
  public static func capacity(
    batch: Int, minibatches: MinibatchFile?, exampleCount: Int
  ) -> Int {
    exampleCount == 0 ? 1 : max(1, minibatches?.longest ?? min(exampleCount, batch))
  }

  /// Whether the minibatch of an iteration depends on when it was begun: where minibatches come
  /// from a file and whoever is free makes the next update.
  public var asksForOrder: Bool {
    if case .file = source { !isDealt && !isShared } else { false }
  }

  /// Makes the minibatch of a clock the current one.
  ///
  /// - Parameters:
  ///   - clock: the worker's clock.
  ///   - begun: the number of iterations of all workers begun before; see ``asksForOrder``.
  public mutating func advance(to clock: Int, begun: Int = 0) {
    advance(to: clock, of: worker, begun: begun)
  }

  /// Makes the minibatch of any worker's clock the current one, for one feed that serves many.
  ///
  /// - Parameters:
  ///   - clock: the worker's clock.
  ///   - worker: the worker; in `blocks` it makes no difference.
  ///   - begun: the number of iterations of all workers begun before; see ``asksForOrder``.
  public mutating func advance(to clock: Int, of worker: Int, begun: Int = 0) {
    let worker = isShared ? 0 : worker
    switch source {
    case .nothing: break
    case .sampler:
      guard let base = storage.baseAddress else { return }
      sampler.draw(clock: clock, worker: worker, into: base)
    case .file(let file): readLine(clock, worker, begun, of: file)
    }
  }

  /// Writes the examples of several clocks in a row, where a minibatch is one drawn example.
  ///
  /// The current minibatch is not looked at any more.
  ///
  /// - Parameters:
  ///   - clocks: the clocks.
  ///   - target: `[clocks.count]`, overwritten.
  public mutating func draw(
    single clocks: Range<Int>, into target: UnsafeMutablePointer<Int32>
  ) {
    if case .sampler = source {
      sampler.draw(single: clocks, into: target)
    } else {
      // One example is all there are.
      target.update(repeating: storage[0], count: clocks.count)
    }
  }

  /// Visits the minibatches of one clock of several workers, one after the other.
  ///
  /// Where every worker takes all examples it visits just one. The last becomes the current one.
  ///
  /// - Parameters:
  ///   - workers: the workers, at least one.
  ///   - clock: the clock of all of them.
  ///   - begun: the number of iterations of all workers begun before; see ``asksForOrder``.
  ///   - examples: called with each minibatch, in the order of the workers.
  public mutating func visit(
    _ workers: Range<Int>, at clock: Int, begun: Int = 0,
    _ examples: (UnsafeBufferPointer<Int32>) -> Void
  ) {
    for member in workers {
      advance(to: clock, of: member, begun: begun)
      examples(self.examples)
      if case .nothing = source { return }
    }
  }

  private mutating func readLine(
    _ clock: Int, _ worker: Int, _ begun: Int, of file: MinibatchFile
  ) {
    var line = isJoint ? clock : clock * workers + worker
    if !isDealt {
      // What is in flight at the end of a run holds lines, and a fast worker's clock runs ahead:
      // then the file is gone through again.
      line = (isShared ? clock : begun) % file.count
    }
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
