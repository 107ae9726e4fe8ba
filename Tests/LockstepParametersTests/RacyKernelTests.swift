import CSharedMemory
import LockstepCore
import LockstepParameters
import Testing

/// Runs every kernel on the same made-up vectors and gathers all it writes or returns.
private func everyKernel<Scalar: SharedScalar>(count: Int, as type: Scalar.Type) -> [Scalar] {
  var stream = RandomStream(seed: UInt64(count), purpose: .syntheticData)
  func vector() -> [Scalar] { (0..<count).map { _ in Scalar(stream.normal()) } }
  func positive() -> [Scalar] { (0..<count).map { _ in Scalar(stream.uniform()) } }
  let gradient = vector()
  var results: [Scalar] = []
  func run(_ body: (inout [Scalar], inout [Scalar], inout [Scalar]) -> Void) {
    var (w, first, second) = (vector(), positive(), positive())
    body(&w, &first, &second)
    results += w + first + second
  }
  run { w, first, _ in Scalar.racyRead(w, into: &first, count: count) }
  run { w, first, _ in Scalar.racyWrite(w, into: &first, count: count) }
  run { w, _, _ in Scalar.racyGradientDescent(&w, gradient: gradient, rate: 0.1, count: count) }
  run { p, q, _ in
    let error = Scalar.racyFactorStep(
      &p, &q, rank: count, rating: 3, rate: 0.01, l2: (0.1, 0.2))
    results.append(error)
  }
  run { a, b, _ in results.append(Scalar.racyDot(a, b, count: count)) }
  run { w, values, _ in
    let indices = (0..<count).map { Int32(count - 1 - $0) }
    results.append(Scalar.racySparseDot(w, indices: indices, values: values, count: count))
    Scalar.racySparseDescent(
      &w, indices: indices, values: values, scale: 0.5, rate: 0.3, count: count)
  }
  return results
}

@Suite(.serialized) struct `Racing kernels` {
  // Sizes around every unrolling and every vector length, and one that none divides.
  @Test(arguments: [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 257])
  func `give the same bits on the vector path and on the relaxed one`(count: Int) {
    defer { lockstep_racy_force_relaxed(0) }
    let single = everyKernel(count: count, as: Float.self)
    let double = everyKernel(count: count, as: Double.self)
    lockstep_racy_force_relaxed(1)
    #expect(RacyPath.name == "relaxed")
    #expect(single.map(\.bitPattern) == everyKernel(count: count, as: Float.self).map(\.bitPattern))
    #expect(
      double.map(\.bitPattern) == everyKernel(count: count, as: Double.self).map(\.bitPattern))
  }

  @Test func `move a factor pair down its gradient`() {
    var p = [0.5, -1.0, 2.0]
    var q = [1.0, 0.25, -0.5]
    let (oldP, oldQ) = (p, q)
    let error = Double.racyFactorStep(&p, &q, rank: 3, rating: 3, rate: 0.1, l2: (0.2, 0.4))
    #expect(error == 0.5 - 0.25 - 1.0 - 3)
    for i in 0..<3 {
      #expect((p[i] - (oldP[i] - 0.1 * (2 * error * oldQ[i] + 0.2 * oldP[i]))).magnitude < 1e-15)
      #expect((q[i] - (oldQ[i] - 0.1 * (2 * error * oldP[i] + 0.4 * oldQ[i]))).magnitude < 1e-15)
    }
  }
}
