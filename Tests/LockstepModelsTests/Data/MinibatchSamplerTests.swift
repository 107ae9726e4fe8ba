import LockstepCore
import Testing

@testable import LockstepModels

@Suite struct `A sampler draws the minibatch of any clock` {
  /// The examples by definition: position `(clock·workers + worker)·batch …` of the endless orders.
  private func expected(
    _ count: Int, batch: Int, clock: Int, worker: Int, workers: Int
  ) -> [Int32] {
    (0..<batch).map { index in
      let place = (clock * workers + worker) * batch + index
      let order = EpochPermutation(count: count, epoch: place / count, seed: 8)
      return Int32(order[place % count])
    }
  }

  @Test(arguments: [(10, 3, 2), (10, 10, 3), (7, 1, 20), (50, 4, 1)])
  func `in any order of the clocks`(count: Int, batch: Int, workers: Int) {
    var sampler = MinibatchSampler(
      exampleCount: count, batch: batch, method: .shuffled, seed: 8, worker: 0, workers: workers)
    let examples = UnsafeMutablePointer<Int32>.allocate(capacity: batch)
    defer { examples.deallocate() }
    // Forwards, far back, and to and fro between epochs: the newest is tabulated, older ones are not.
    for clock in [0, 1, 2, 30, 3, 29, 4, 31, 0, 100, 99, 101] {
      for worker in 0..<workers {
        sampler.draw(clock: clock, worker: worker, into: examples)
        let drawn = Array(UnsafeBufferPointer(start: examples, count: batch))
        #expect(
          drawn == expected(count, batch: batch, clock: clock, worker: worker, workers: workers))
      }
    }
  }

  @Test(arguments: [SamplingMethod.shuffled, .replacement], [1, 3, 13])
  func `single examples of many clocks are those of each clock`(
    method: SamplingMethod, workers: Int
  ) {
    for worker in 0..<workers {
      var sampler = MinibatchSampler(
        exampleCount: 10, batch: 1, method: method, seed: 8, worker: worker, workers: workers)
      let examples = UnsafeMutablePointer<Int32>.allocate(capacity: 40)
      defer { examples.deallocate() }
      sampler.draw(single: 5..<45, into: examples)
      for clock in 5..<45 {
        let one = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        defer { one.deallocate() }
        var other = sampler
        other.draw(clock: clock, into: one)
        #expect(examples[clock - 5] == one.pointee)
      }
    }
  }
}
