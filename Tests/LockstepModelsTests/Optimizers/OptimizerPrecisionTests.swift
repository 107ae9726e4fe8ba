import LockstepCore
import LockstepModels
import LockstepParameters
import Testing

@Suite struct `Rules in single precision` {
  /// What comes of some updates with the gradients 1, 2, 1, 2, … from 1, in every place of a vector.
  private func end<Scalar: SharedScalar>(
    _ rule: OptimizerSpecification, updates: Int, as type: Scalar.Type
  ) -> [Double] {
    let count = 11
    var parameters = [Scalar](repeating: 1, count: count)
    var first = [Scalar](repeating: 0, count: count)
    var second = first
    first.withUnsafeMutableBufferPointer { first in
      second.withUnsafeMutableBufferPointer { second in
        for update in 1...updates {
          let gradient = [Scalar](repeating: update % 2 == 1 ? 1 : 2, count: count)
          Optimizer<Scalar>(rule, rate: 0.5).apply(
            gradient, to: &parameters,
            state: OptimizerState(
              first: rule == .sgd ? nil : first.baseAddress, second: second.baseAddress),
            offset: 0, count: count, step: update, number: 0)
        }
      }
    }
    return parameters.map { Double($0) }
  }

  // The first step of adam is the rate, whatever the gradient: by 1 − β, which cancels.
  @Test func `adam's first step is the rate`() {
    for value in end("adam", updates: 1, as: Float.self) { #expect((value - 0.5).magnitude < 1e-7) }
  }

  @Test(
    arguments: [
      OptimizerSpecification.sgd, "momentum:0.9", "nesterov:0.9", "adagrad", "rmsprop", "adam",
      "adamw:0.1", "lion:0.1",
    ], [1, 2, 5, 40])
  func `are those in double precision but for rounding`(
    rule: OptimizerSpecification, updates: Int
  ) {
    let single = end(rule, updates: updates, as: Float.self)
    let double = end(rule, updates: updates, as: Double.self)
    for (one, other) in zip(single, double) {
      let scale = 1 + other.magnitude
      #expect((one - other).magnitude < 1.5e-7 * Double(updates) * scale, "\(one) \(other)")
    }
  }
}
