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
  private var order: EpochPermutation

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
    order = EpochPermutation(count: exampleCount, epoch: 0, seed: seed)
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
      let first = (clock * stride + worker) * batch
      var (epoch, position) = first.quotientAndRemainder(dividingBy: exampleCount)
      for index in 0..<batch {
        if position == exampleCount {
          position = 0
          epoch += 1
        }
        if epoch != order.epoch {
          order = EpochPermutation(count: exampleCount, epoch: epoch, seed: seed)
        }
        examples[index] = Int32(truncatingIfNeeded: order[position])
        position += 1
      }
    case .replacement:
      var stream = RandomStream(seed: seed, purpose: .minibatch, worker: worker, clock: clock)
      for index in 0..<batch {
        examples[index] = Int32(truncatingIfNeeded: stream.integer(below: exampleCount))
      }
    }
  }
}
