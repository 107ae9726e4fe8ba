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
  run { w, v, _ in
    Scalar.racyMomentum(
      &w, velocity: &v, gradient: gradient, rate: 0.1, momentum: 0.9, count: count)
  }
  run { w, v, _ in
    Scalar.racyNesterov(
      &w, velocity: &v, gradient: gradient, rate: 0.1, momentum: 0.9, count: count)
  }
  run { w, s, _ in
    Scalar.racyAdagrad(&w, squares: &s, gradient: gradient, rate: 0.1, epsilon: 1e-10, count: count)
  }
  run { w, s, _ in
    Scalar.racyRMSProp(
      &w, squares: &s, gradient: gradient, rate: 0.1, decay: Decay(0.99), epsilon: 1e-8,
      count: count)
  }
  run { w, m, s in
    Scalar.racyAdam(
      &w, means: &m, squares: &s, gradient: gradient, rate: 0.1, decays: (Decay(0.9), Decay(0.999)),
      epsilon: 1e-8, corrections: (0.1, 0.001), count: count)
  }
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

  @Test func `do what their formulas say`() {
    let (eta, mu, rho, epsilon) = (0.1, 0.9, 0.99, 1e-8)
    let count = 13
    var stream = RandomStream(seed: 4, purpose: .syntheticData)
    let g = (0..<count).map { _ in stream.normal() }
    let start = (0..<count).map { _ in stream.normal() }
    let state = (0..<count).map { _ in stream.uniform() }
    func expect(_ actual: [Double], _ formula: (Int) -> Double, _ name: Comment) {
      for i in 0..<count {
        #expect((actual[i] - formula(i)).magnitude <= 1e-14 * max(1, formula(i).magnitude), name)
      }
    }
    var w = start
    Double.racyGradientDescent(&w, gradient: g, rate: eta, count: count)
    expect(w, { start[$0] - eta * g[$0] }, "gradient descent")
    w = start
    var v = state
    Double.racyMomentum(&w, velocity: &v, gradient: g, rate: eta, momentum: mu, count: count)
    expect(v, { mu * state[$0] + g[$0] }, "momentum's velocity")
    expect(w, { start[$0] - eta * (mu * state[$0] + g[$0]) }, "momentum")
    w = start
    v = state
    Double.racyNesterov(&w, velocity: &v, gradient: g, rate: eta, momentum: mu, count: count)
    expect(w, { start[$0] - eta * (g[$0] + mu * (mu * state[$0] + g[$0])) }, "nesterov")
    w = start
    v = state
    Double.racyAdagrad(&w, squares: &v, gradient: g, rate: eta, epsilon: epsilon, count: count)
    expect(
      w, { start[$0] - eta * g[$0] / ((state[$0] + g[$0] * g[$0]).squareRoot() + epsilon) },
      "adagrad")
    w = start
    v = state
    Double.racyRMSProp(
      &w, squares: &v, gradient: g, rate: eta, decay: Decay(rho), epsilon: epsilon, count: count)
    expect(
      w,
      {
        let s = rho * state[$0] + (1 - rho) * g[$0] * g[$0]
        return start[$0] - eta * g[$0] / (s.squareRoot() + epsilon)
      }, "rmsprop")
    w = start
    v = state
    var s = state
    Double.racyAdam(
      &w, means: &v, squares: &s, gradient: g, rate: eta, decays: (Decay(0.9), Decay(0.999)),
      epsilon: epsilon, corrections: (0.19, 0.002), count: count)
    expect(
      w,
      {
        let m = 0.9 * state[$0] + 0.1 * g[$0]
        let s = 0.999 * state[$0] + 0.001 * g[$0] * g[$0]
        return start[$0] - eta * (m / 0.19) / ((s / 0.002).squareRoot() + epsilon)
      }, "adam")
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
