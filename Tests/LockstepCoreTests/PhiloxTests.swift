import LockstepCore
import Testing

@Suite struct `Philox 4x32-10` {
  // The published answers: Random123 distribution, tests/kat_vectors, "philox4x32 10".
  @Test func `gives the published answers`() {
    let ones = UInt32.max
    #expect(
      Philox4x32.block(counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0))
        == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      Philox4x32.block(counter: SIMD4(repeating: ones), key: SIMD2(repeating: ones))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      Philox4x32.block(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
        key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func `streams of different purpose, worker, clock or seed differ from the first draw`() {
    func first(_ seed: UInt64, _ purpose: RandomPurpose, _ worker: Int, _ clock: Int) -> UInt64 {
      var stream = RandomStream(seed: seed, purpose: purpose, worker: worker, clock: clock)
      return stream.next()
    }
    let draws = [
      first(1, .minibatch, 0, 0), first(2, .minibatch, 0, 0), first(1, .gradientNoise, 0, 0),
      first(1, .minibatch, 1, 0), first(1, .minibatch, 0, 1),
      first(1, .minibatch, 0, 1 << 40), first(1 << 40, .minibatch, 0, 0),
    ]
    #expect(Set(draws).count == draws.count)
    #expect(first(1, .minibatch, 3, 7) == first(1, .minibatch, 3, 7))
  }

  @Test func `deviates have the moments of their distributions`() {
    var stream = RandomStream(seed: 3, purpose: .disturbance)
    let count = 40_000
    var uniform = 0.0
    var normal = (sum: 0.0, squares: 0.0, fourth: 0.0)
    var exponential = (sum: 0.0, squares: 0.0)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<count {
      uniform += stream.uniform()
      let z = stream.normal()
      normal.sum += z
      normal.squares += z * z
      normal.fourth += z * z * z * z
      let e = stream.exponential()
      exponential.sum += e
      exponential.squares += e * e
      counts[stream.integer(below: 7)] += 1
    }
    let n = Double(count)
    // Each within five standard errors of its expectation.
    #expect((uniform / n - 0.5).magnitude < 5 * (1.0 / 12 / n).squareRoot())
    #expect((normal.sum / n).magnitude < 5 / n.squareRoot())
    #expect((normal.squares / n - 1).magnitude < 5 * (2 / n).squareRoot())
    #expect((normal.fourth / n - 3).magnitude < 5 * (96 / n).squareRoot())
    #expect((exponential.sum / n - 1).magnitude < 5 / n.squareRoot())
    #expect((exponential.squares / n - 2).magnitude < 5 * (20 / n).squareRoot())
    let expected = n / 7
    let chiSquare = counts.reduce(0.0) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
    #expect(chiSquare < 22.5, "six degrees of freedom, p = 0.001")
  }
}

@Suite struct `An epoch's order` {
  @Test(arguments: [1, 2, 3, 4, 5, 16, 17, 1000, 1437, 70_001])
  func `holds every example once`(count: Int) {
    let order = EpochPermutation(count: count, epoch: 3, seed: 9)
    #expect(Set((0..<count).map { order[$0] }) == Set(0..<count))
  }

  @Test func `differs between epochs and seeds and has no fixed pattern`() {
    let count = 1000
    let first = EpochPermutation(count: count, epoch: 0, seed: 1)
    let second = EpochPermutation(count: count, epoch: 1, seed: 1)
    let other = EpochPermutation(count: count, epoch: 0, seed: 2)
    let order = (0..<count).map { first[$0] }
    #expect(order != (0..<count).map { second[$0] })
    #expect(order != (0..<count).map { other[$0] })
    // A random permutation has about one fixed point and about half its neighbours ascend.
    #expect(order.enumerated().count { $0.offset == $0.element } < 10)
    let ascents = zip(order, order.dropFirst()).count { $0 < $1 }
    #expect((420...580).contains(ascents))
  }
}
