import LockstepCore
import LockstepModels
import LockstepParameters
import Synchronization

/// The fast path of updates in place: several iterations in one go, each on one example.
///
/// Examples are fetched ahead of their turn, and each iteration is counted as it is made.
///
/// **Concurrency:** belongs to one worker.
final class InPlaceSteps<Scalar: ModelScalar> {
  /// The largest number of steps made in one go.
  let longest = 64
  /// How many examples to come are drawn ahead, so that their memory can be fetched.
  private let lookahead = 12

  /// Counts steps in the worker's clock.
  let counter: StepCounter
  /// Counts a step that is not to show in the worker's clock yet.
  private let ownCount: UnsafeMutablePointer<Atomic<Int>>

  private let model: any InPlaceObjective<Scalar>
  private let values: UnsafeMutablePointer<Scalar>
  private let optimizer: Optimizer<Scalar>
  /// The rates of the steps of one go.
  private let rates: UnsafeMutablePointer<Scalar>
  /// The examples of the iterations to come; those before `taken` are done with.
  private let upcoming: UnsafeMutablePointer<Int32>
  @exclusivity(unchecked) private var drawn = 0
  @exclusivity(unchecked) private var taken = 0

  init(_ run: SharedRun<Scalar>, _ model: any InPlaceObjective<Scalar>, index: Int) {
    self.model = model
    values = run.parameters.values
    optimizer = run.optimizer
    counter = run.clocks.counter(of: index)
    upcoming = .allocate(capacity: longest + lookahead)
    upcoming.initialize(repeating: 0, count: longest + lookahead)
    ownCount = .allocate(capacity: 1)
    ownCount.initialize(to: Atomic(0))
    rates = .allocate(capacity: longest)
    rates.initialize(repeating: optimizer.rate, count: longest)
  }

  deinit {
    upcoming.deallocate()
    ownCount.deinitialize(count: 1)
    ownCount.deallocate()
    rates.deallocate()
  }

  /// Begins a stretch.
  func begin() { (drawn, taken) = (0, 0) }

  /// Draws the examples and notes the rates of the next steps.
  ///
  /// - Parameters:
  ///   - count: the number of steps.
  ///   - clock: the worker's clock.
  ///   - number: the number of the first update in the run.
  ///   - stride: how much larger the number of each next one is.
  ///   - feed: the worker's minibatches, of one example each.
  @inline(__always)
  func prepare(
    _ count: Int, at clock: Int, number: Int, stride: Int, from feed: inout MinibatchFeed
  ) {
    let left = drawn &- taken
    let wanted = count + lookahead
    for position in 0..<left { upcoming[position] = upcoming[taken &+ position] }
    if wanted > left {
      feed.draw(single: (clock &+ left)..<(clock &+ wanted), into: upcoming + left)
    }
    taken = 0
    drawn = max(left, wanted)
    guard optimizer.hasSchedule else { return }
    for step in 0..<count { rates[step] = optimizer.rate(at: number &+ step &* stride) }
  }

  /// Makes steps on the next examples, counting each in the worker's clock.
  ///
  /// - Parameters:
  ///   - count: the number of steps.
  ///   - first: the number of steps of the same go that are made already.
  @inline(__always)
  func make(_ count: Int, from first: Int = 0) { make(count, from: first, counter) }

  /// Makes one step that is not to show in the worker's clock yet.
  @inline(__always)
  func makeUncounted() { make(1, from: 0, StepCounter(ownCount)) }

  @inline(__always)
  private func make(_ count: Int, from first: Int, _ counter: StepCounter) {
    model.stepInPlace(
      values, examples: UnsafeBufferPointer(start: upcoming + taken, count: drawn &- taken),
      count: count, rates: UnsafePointer(rates + first), counter: counter)
    taken &+= count
  }
}
