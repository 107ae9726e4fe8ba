import LockstepCore

/// Chooses the examples of each minibatch from the seed, the worker and the clock alone.
///
/// Shuffled, worker `p` of `P` at clock `c` takes positions `(c·P + p)·B …` of an endless sequence
/// of epochs; where all workers share one minibatch per clock, positions `c·B …`. So which examples
/// a minibatch holds never depends on the schedule.
///
/// **Determinism:** bit-exact.
///
/// **Concurrency:** a value; each worker has its own.
public struct MinibatchSampler: Sendable {
  /// The number of training examples.
  public let exampleCount: Int
  /// The number of examples of a minibatch.
  public let batch: Int

  private let seed: UInt64
  private let method: SamplingMethod
  private let worker: Int
  private let stride: Int
  /// The newest epoch that was drawn from, for the many that draw from it.
  private var table = EpochTable()
  /// The order of an older epoch, for workers that are far behind others.
  private var order: EpochPermutation?

  /// Creates the sampler of one worker.
  ///
  /// - Parameters:
  ///   - exampleCount: the number of training examples, at least 1.
  ///   - batch: the number of examples of a minibatch.
  ///   - method: with or without replacement.
  ///   - seed: the run's seed.
  ///   - worker: the worker's number, or 0 where all share the draw.
  ///   - workers: the number of workers that divide an epoch, 1 where all share the draw.
  public init(
    exampleCount: Int, batch: Int, method: SamplingMethod, seed: UInt64, worker: Int, workers: Int
  ) {
    precondition(worker < workers, "a worker's number is below the number of workers")
    self.exampleCount = exampleCount
    self.batch = batch
    self.method = method
    self.seed = seed
    self.worker = worker
    stride = workers
  }

  /// Writes the minibatch of a clock.
  ///
  /// - Parameters:
  ///   - clock: the worker's clock, from 0.
  ///   - examples: `[batch]`, overwritten.
  public mutating func draw(clock: Int, into examples: UnsafeMutablePointer<Int32>) {
    draw(clock: clock, worker: worker, into: examples)
  }

  /// Writes the minibatch of any worker's clock, for one sampler that serves many.
  ///
  /// - Parameters:
  ///   - clock: the worker's clock, from 0.
  ///   - worker: the worker.
  ///   - examples: `[batch]`, overwritten.
  public mutating func draw(
    clock: Int, worker: Int, into examples: UnsafeMutablePointer<Int32>
  ) {
    switch method {
    case .shuffled:
      write(from: (clock * stride + worker) * batch, by: 1, batch, into: examples)
    case .replacement:
      var stream = RandomStream(seed: seed, purpose: .minibatch, worker: worker, clock: clock)
      for index in 0..<batch {
        examples[index] = Int32(truncatingIfNeeded: stream.integer(below: exampleCount))
      }
    }
  }

  /// Writes the examples of several clocks in a row, where a minibatch is one example.
  ///
  /// - Parameters:
  ///   - clocks: the clocks.
  ///   - examples: `[clocks.count]`, overwritten.
  public mutating func draw(
    single clocks: Range<Int>, into examples: UnsafeMutablePointer<Int32>
  ) {
    precondition(batch == 1, "a minibatch is one example here")
    switch method {
    case .shuffled:
      write(
        from: clocks.lowerBound * stride + worker, by: stride, clocks.count, into: examples)
    case .replacement:
      for (index, clock) in clocks.enumerated() {
        draw(clock: clock, into: examples + index)
      }
    }
  }

  /// Writes the examples at equally spaced positions of the endless sequence of epochs.
  @inline(__always)
  private mutating func write(
    from first: Int, by step: Int, _ count: Int, into examples: UnsafeMutablePointer<Int32>
  ) {
    var (epoch, position) = first.quotientAndRemainder(dividingBy: exampleCount)
    var done = 0
    while done < count {
      let left = exampleCount &- position
      let fitting = (count &- done) &* step <= left ? count &- done : (left &+ step &- 1) / step
      let part = min(count &- done, fitting)
      if epoch != table.epoch { turn(to: epoch) }
      if epoch == table.epoch {
        table.write(from: position, by: step, part, into: examples + done)
      } else {
        writeOlder(from: position, by: step, part, into: examples + done)
      }
      done &+= part
      position &+= part &* step
      if position >= exampleCount {
        epoch &+= position / exampleCount
        position %= exampleCount
      }
    }
  }

  @inline(never)
  private func writeOlder(
    from first: Int, by step: Int, _ count: Int, into examples: UnsafeMutablePointer<Int32>
  ) {
    guard let order else { return }
    for index in 0..<count {
      examples[index] = Int32(truncatingIfNeeded: order[first + index * step])
    }
  }

  /// Gets ready to draw from an epoch.
  ///
  /// The table is that of the newest epoch: where one sampler serves workers that are epochs apart, it is
  /// not made anew for each of them in turn.
  @inline(never)
  private mutating func turn(to epoch: Int) {
    let isNewest = epoch > table.epoch
    guard isNewest || order?.epoch != epoch else { return }
    let wanted = EpochPermutation(count: exampleCount, epoch: epoch, seed: seed)
    if isNewest {
      table.hold(wanted)
    } else {
      order = wanted
    }
  }
}
