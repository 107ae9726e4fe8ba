import Testing

@testable import LockstepCore

/// Whether an epoch's order is like a draw without replacement, by what is known of those.
@Suite(.timeLimit(.minutes(15))) struct `Shuffled orders are uniform` {
  /// Means of batches over many epochs of data that is sorted by class.
  ///
  /// **Reference:** Cochran, *Sampling Techniques*, 1977, theorems 2.2 and 2.3: the mean of `b` of `N`
  /// without replacement has variance `s²/b·(1 − b/N)`; two disjoint batches have covariance `−s²/N`.
  @Test(arguments: [(1000, 8), (1000, 4), (1797, 4), (211, 4)])
  func `batch means have the moments of a finite population`(
    count: Int, batchesPerEpoch: Int
  ) {
    let (epochs, classes) = (5000, 10)
    let batch = count / batchesPerEpoch
    let labels = (0..<count).map { Double($0 * classes / count) }
    let center = labels.reduce(0, +) / Double(count)
    let spread =
      labels.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(count - 1)
    var table = EpochTable()
    let examples = UnsafeMutableBufferPointer<Int32>.allocate(capacity: batch)
    defer { examples.deallocate() }
    func mean(_ first: Int) -> Double {
      guard let base = examples.baseAddress else { return .nan }
      table.write(from: first, batch, into: base)
      return examples.reduce(0) { $0 + labels[Int($1)] } / Double(batch) - center
    }
    var sums = (first: 0.0, second: 0.0, last: 0.0, adjacent: 0.0)
    for epoch in 0..<epochs {
      table.hold(EpochPermutation(count: count, epoch: epoch, seed: 5))
      let (first, second, last) = (mean(0), mean(batch), mean(count - batch))
      sums.first += first * first
      sums.second += second * second
      sums.last += last * last
      sums.adjacent += first * second
    }
    let exact = spread / Double(batch) * (1 - Double(batch) / Double(count))
    // Four standard errors: a sum of squares of normals scatters by √(2/epochs) of itself.
    let tolerance = 4 * (2 / Double(epochs)).squareRoot() * exact
    for sum in [sums.first, sums.second, sums.last] {
      let variance = sum / Double(epochs)
      #expect(abs(variance - exact) < tolerance, "\(variance / exact) of the exact variance")
    }
    let covariance = sums.adjacent / Double(epochs)
    #expect(
      abs(covariance + spread / Double(count)) < tolerance,
      "\(covariance), not \(-spread / Double(count))")
  }

  /// Pearson's statistic of how often each outcome came, against equal chances.
  private func chiSquare(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
  }

  /// The statistic's 99.99 % point, by Wilson and Hilferty's cube.
  private func bound(degrees: Int) -> Double {
    let share = 2 / (9 * Double(degrees))
    let root = 1 - share + 3.719 * share.squareRoot()
    return Double(degrees) * root * root * root
  }

  @Test(arguments: [3, 4, 5, 6]) func `every order of a few examples comes equally often`(
    count: Int
  ) {
    let orders = (1...count).reduce(1, *)
    var counts = Array(repeating: 0, count: orders)
    for epoch in 0..<(40 * orders) {
      let order = EpochPermutation(count: count, epoch: epoch, seed: 11)
      // The number of an order in the factorial system.
      var number = 0
      for position in 0..<count {
        let smaller = (position + 1..<count).count { order[$0] < order[position] }
        number = number * (count - position) + smaller
      }
      counts[number] += 1
    }
    let statistic = chiSquare(counts)
    #expect(statistic < bound(degrees: orders - 1), "\(statistic) for \(count) examples")
  }

  @Test(arguments: [7, 12, 30]) func `every pair of examples stands equally often in two places`(
    count: Int
  ) {
    for (one, other) in [(0, 1), (0, count - 1), (count / 2, count / 2 + 1)] {
      var counts = Array(repeating: 0, count: count * count)
      for epoch in 0..<(30 * count * (count - 1)) {
        let order = EpochPermutation(count: count, epoch: epoch, seed: 12)
        counts[order[one] * count + order[other]] += 1
      }
      let pairs = counts.indices.filter { $0 / count != $0 % count }.map { counts[$0] }
      let statistic = chiSquare(pairs)
      #expect(
        statistic < bound(degrees: pairs.count - 1),
        "\(statistic) for positions \(one) and \(other) of \(count)")
    }
  }

  @Test(arguments: [1, 2, 5, 17, 63, 64, 65, 1437, 70_001])
  func `the table holds the very order`(count: Int) {
    var table = EpochTable()
    for epoch in [4, 9] {
      let order = EpochPermutation(count: count, epoch: epoch, seed: 3)
      table.hold(order)
      #expect(table.epoch == epoch)
      let examples = UnsafeMutablePointer<Int32>.allocate(capacity: count)
      defer { examples.deallocate() }
      table.write(from: 0, count, into: examples)
      #expect((0..<count).allSatisfy { Int(examples[$0]) == order[$0] })
      let part = (count + 2) / 3
      table.write(from: 0, by: 3, part, into: examples)
      #expect((0..<part).allSatisfy { Int(examples[$0]) == order[3 * $0] })
    }
  }
}
