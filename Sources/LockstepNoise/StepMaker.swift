import LockstepCore
import LockstepModels

/// Makes the step of an optimiser without moving any parameters.
///
/// No rule looks at the parameters themselves, so the rule is applied to zeros and to a copy of the
/// state: what comes out is `Δ`, without the rounding of `w + Δ`.
struct StepMaker {
  private let specification: OptimizerSpecification
  /// `[n]` each, as many as the rule has state vectors.
  private let state: [UnsafeMutablePointer<Double>]

  /// The number of state vectors of the rule.
  var stateVectors: Int { state.count }

  /// Makes room for the copies of the state.
  init(_ specification: OptimizerSpecification, parameterCount: Int, arena: Arena) {
    self.specification = specification
    state = (0..<specification.statePerParameter).map { _ in
      arena.allocate(Double.self, count: parameterCount)
    }
  }

  /// Makes the step of some of the parameters.
  ///
  /// - Parameters:
  ///   - gradient: `[range.count]`.
  ///   - range: the parameters.
  ///   - observation: the state before the update, the rate, and the number of the update.
  ///   - step: `[n]`; overwritten within the range.
  func make(
    from gradient: UnsafePointer<Double>, range: Range<Int>, of observation: StepObservation,
    into step: UnsafeMutablePointer<Double>
  ) {
    let low = range.lowerBound
    (step + low).update(repeating: 0, count: range.count)
    for (copy, original) in zip(state, observation.state) {
      original.withUnsafeBufferPointer { original in
        guard let base = original.baseAddress else { return }
        (copy + low).update(from: base + low, count: range.count)
      }
    }
    Optimizer<Double>(specification, rate: observation.rate).apply(
      gradient, to: step,
      state: OptimizerState(first: state.first, second: state.count > 1 ? state[1] : nil),
      offset: low, count: range.count, step: observation.step, number: 0)
  }
}
