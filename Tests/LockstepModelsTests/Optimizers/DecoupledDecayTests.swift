import LockstepCore
import LockstepModels
import LockstepParameters
import Testing

/// Three updates of one parameter at 1, with gradients ½, −2 and 0.1, rate 0.1 and decay ½, worked out
/// with 50 digits from the published algorithms.
@Suite struct `Rules that read the parameters` {
  private func trajectory<Scalar: SharedScalar>(
    _ rule: OptimizerSpecification, as type: Scalar.Type
  ) -> [Double] {
    var (w, first, second): ([Scalar], [Scalar], [Scalar]) = ([1], [0], [0])
    return [0.5, -2, 0.1].enumerated().map { index, gradient in
      first.withUnsafeMutableBufferPointer { first in
        second.withUnsafeMutableBufferPointer { second in
          Optimizer<Scalar>(rule, rate: 0.1).apply(
            [Scalar(gradient)], to: &w,
            state: OptimizerState(first: first.baseAddress, second: second.baseAddress), offset: 0,
            count: 1, step: index + 1, number: index)
        }
      }
      return Double(w[0])
    }
  }

  static let trajectories: [(OptimizerSpecification, [Double])] = [
    ("adamw:0.5", [0.850_000_001_999_999_960, 0.863_450_350_920_055_89, 0.860_380_071_144_928_34]),
    ("lion:0.5", [0.85, 0.9075, 0.962_125]),
  ]

  @Test(arguments: trajectories)
  func `take the steps of their papers`(rule: OptimizerSpecification, expected: [Double]) {
    for (actual, wanted) in zip(trajectory(rule, as: Double.self), expected) {
      #expect((actual - wanted).magnitude < 1e-15, "\(rule)")
    }
    for (actual, wanted) in zip(trajectory(rule, as: Float.self), expected) {
      #expect((actual - wanted).magnitude < 3e-7, "\(rule)")
    }
  }

  @Test func `are adam and the sign where nothing decays`() {
    let adam = trajectory("adam", as: Double.self)
    for (one, other) in zip(trajectory("adamw:0", as: Double.self), adam) {
      #expect((one - other).magnitude < 1e-15)
    }
    let steps = trajectory("lion:0", as: Double.self)
    #expect(steps == [1 - 0.1, 1 - 0.1 + 0.1, 1 - 0.1 + 0.1 + 0.1])
  }

  @Test(arguments: ["sgd", "momentum:0.9", "adam", "adamw:0.3", "lion:0.3"])
  func `make a difference that leaves the parameters as they are`(name: String) throws {
    let rule = try OptimizerSpecification(name)
    let (start, gradient) = ([0.5, -3, 2], [0.25, 1, -0.5])
    func make(_ body: (OptimizerState<Double>) -> Void) -> [[Double]] {
      var (first, second) = ([0.1, 0.2, 0.3], [0.4, 0.5, 0.6])
      first.withUnsafeMutableBufferPointer { first in
        second.withUnsafeMutableBufferPointer { second in
          body(OptimizerState(first: first.baseAddress, second: second.baseAddress))
        }
      }
      return [first, second]
    }
    var moved = start
    var difference = [Double](repeating: .nan, count: 3)
    let optimizer = Optimizer<Double>(rule, rate: 0.1)
    let states = [
      make {
        optimizer.apply(gradient, to: &moved, state: $0, offset: 0, count: 3, step: 2, number: 0)
      },
      make {
        optimizer.makeDifference(
          gradient, at: start, state: $0, count: 3, step: 2, number: 0, into: &difference)
      },
    ]
    #expect(states[0] == states[1])
    for index in 0..<3 {
      #expect((start[index] + difference[index] - moved[index]).magnitude < 1e-15)
    }
  }
}
