import CSharedMemory
import LockstepCore
import LockstepParameters
import Testing

/// What one update of a rule left: the parameters and the state.
private struct Updated<Scalar: SharedScalar>: Equatable {
  var w: [Scalar], first: [Scalar], second: [Scalar]

  /// Updates made-up parameters.
  init(_ rule: GradientRule, argument: Double, count: Int, step: Int, shift: Scalar = 0) {
    var stream = RandomStream(seed: UInt64(count), purpose: .syntheticData)
    let gradient = (0..<count).map { _ in Scalar(stream.normal()) }
    w = (0..<count).map { _ in Scalar(stream.normal()) + shift }
    first = (0..<count).map { _ in Scalar(stream.uniform()) }
    second = (0..<count).map { _ in Scalar(stream.uniform()) }
    w.withUnsafeMutableBufferPointer { w in
      first.withUnsafeMutableBufferPointer { first in
        second.withUnsafeMutableBufferPointer { second in
          guard let base = w.baseAddress else { return }
          Scalar.racyApply(
            rule, argument: argument, to: base,
            state: OptimizerState(first: first.baseAddress, second: second.baseAddress),
            gradient: gradient, rate: 0.1, step: step, count: count)
        }
      }
    }
  }
}

/// Every rule, at numbers that make a difference.
private let everyRule: [(rule: GradientRule, argument: Double)] = GradientRule.all.map {
  ($0, $0.grammar == $0.name ? 0 : 0.9)
}

@Suite(.serialized) struct `Kernels of gradient rules` {
  // Sizes around every unrolling and every vector length, and one that none divides.
  @Test(arguments: [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 257])
  func `give the same bits on the vector path and on the relaxed one`(count: Int) {
    defer { lockstep_racy_force_relaxed(0) }
    for (rule, argument) in everyRule {
      lockstep_racy_force_relaxed(0)
      let single = Updated<Float>(rule, argument: argument, count: count, step: 3)
      let double = Updated<Double>(rule, argument: argument, count: count, step: 3)
      lockstep_racy_force_relaxed(1)
      #expect(RacyPath.name == "relaxed")
      #expect(
        single == Updated<Float>(rule, argument: argument, count: count, step: 3), "\(rule.name)")
      #expect(
        double == Updated<Double>(rule, argument: argument, count: count, step: 3), "\(rule.name)")
    }
  }

  /// An update of one parameter by a rule's published formula.
  private static func formula(
    _ rule: String, _ argument: Double, _ w: Double, _ a: Double, _ b: Double, _ g: Double,
    step: Int
  ) throws -> (w: Double, a: Double, b: Double) {
    let rate = 0.1
    func power(_ base: Double) -> Double { (0..<step).reduce(1) { power, _ in power * base } }
    switch rule {
    case "sgd": return (w - rate * g, a, b)
    case "momentum":
      let v = argument * a + g
      return (w - rate * v, v, b)
    case "nesterov":
      let v = argument * a + g
      return (w - rate * (g + argument * v), v, b)
    case "adagrad":
      let s = a + g * g
      return (w - rate * g / (s.squareRoot() + 1e-10), s, b)
    case "rmsprop":
      let s = 0.99 * a + 0.01 * g * g
      return (w - rate * g / (s.squareRoot() + 1e-8), s, b)
    case "adam", "adamw":
      // As PyTorch has it: the decay first, then the step.
      let (m, s) = (0.9 * a + 0.1 * g, 0.999 * b + 0.001 * g * g)
      let decayed = rule == "adam" ? w : w * (1 - rate * argument)
      let root = s.squareRoot() / (1 - power(0.999)).squareRoot() + 1e-8
      return (decayed - rate / (1 - power(0.9)) * m / root, m, s)
    case "lion":
      // As its authors have it: the decay first, then the sign, then the mean.
      let decayed = w * (1 - rate * argument)
      let mixed = a * 0.9 + g * 0.1
      return (decayed - rate * (mixed > 0 ? 1 : mixed < 0 ? -1 : 0), a * 0.99 + g * 0.01, b)
    default: throw Missing(rule: rule)
    }
  }

  private struct Missing: Error { var rule: String }

  @Test(arguments: [1, 2, 7]) func `do what their formulas say`(step: Int) throws {
    let count = 13
    for (rule, argument) in everyRule {
      var stream = RandomStream(seed: UInt64(count), purpose: .syntheticData)
      let g = (0..<count).map { _ in stream.normal() }
      let w = (0..<count).map { _ in stream.normal() }
      let a = (0..<count).map { _ in stream.uniform() }
      let b = (0..<count).map { _ in stream.uniform() }
      let double = Updated<Double>(rule, argument: argument, count: count, step: step)
      let single = Updated<Float>(rule, argument: argument, count: count, step: step)
      for i in 0..<count {
        let expected = try Self.formula(rule.name, argument, w[i], a[i], b[i], g[i], step: step)
        for (actual, wanted) in [
          (double.w[i], expected.w), (double.first[i], expected.a), (double.second[i], expected.b),
        ] {
          #expect((actual - wanted).magnitude <= 1e-14 * max(1, wanted.magnitude), "\(rule.name)")
        }
        for (actual, wanted) in [
          (single.w[i], expected.w), (single.first[i], expected.a), (single.second[i], expected.b),
        ] {
          #expect(
            (Double(actual) - wanted).magnitude <= 1e-6 * max(1, wanted.magnitude), "\(rule.name)")
        }
      }
    }
  }

  @Test func `change only the state that a rule has`() {
    for (rule, argument) in everyRule {
      let before = Updated<Double>(GradientRule.all[0], argument: 0, count: 9, step: 1)
      let after = Updated<Double>(rule, argument: argument, count: 9, step: 1)
      #expect((after.first != before.first) == (rule.statePerParameter > 0), "\(rule.name)")
      #expect((after.second != before.second) == (rule.statePerParameter > 1), "\(rule.name)")
    }
  }

  // Noise probes and messages make the difference of a rule that doesn't read the parameters at zeros.
  @Test func `read the parameters where they say so, and nowhere else`() {
    for (rule, argument) in everyRule {
      func differences(_ shift: Double) -> [Double] {
        var start = RandomStream(seed: 9, purpose: .syntheticData)
        for _ in 0..<9 { _ = start.normal() }
        let w = (0..<9).map { _ in start.normal() + shift }
        let after = Updated<Double>(rule, argument: argument, count: 9, step: 1, shift: shift)
        return zip(after.w, w).map { $0 - $1 }
      }
      let isSame = zip(differences(0), differences(8)).allSatisfy { ($0 - $1).magnitude < 1e-13 }
      #expect(isSame == !rule.readsParameters, "\(rule.name)")
    }
  }

  @Test func `move nothing by the sign of 0`() throws {
    let lion = try #require(GradientRule.named("lion"))
    for count in [1, 8] {
      var (w, m) = ([Float](repeating: 3, count: count), [Float](repeating: 0, count: count))
      m.withUnsafeMutableBufferPointer { m in
        Float.racyApply(
          lion, argument: 0, to: &w, state: OptimizerState(first: m.baseAddress, second: nil),
          gradient: [Float](repeating: 0, count: count), rate: 0.1, step: 1, count: count)
      }
      #expect(w.allSatisfy { $0 == 3 } && m.allSatisfy { $0 == 0 })
    }
  }
}
