import LockstepCore
import LockstepModels
import LockstepParameters

/// Makes the step of an optimiser without moving any parameters.
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
  ///   - parameters: `[n]`, those that a rule reads which reads any.
  ///   - range: the parameters.
  ///   - observation: the state before the update, the rate, and the number of the update.
  ///   - step: `[n]`; overwritten within the range.
  func make(
    from gradient: UnsafePointer<Double>, at parameters: [Double], range: Range<Int>,
    of observation: StepObservation, into step: UnsafeMutablePointer<Double>
  ) {
    let low = range.lowerBound
    for (copy, original) in zip(state, observation.state) {
      original.withUnsafeBufferPointer { original in
        guard let base = original.baseAddress else { return }
        (copy + low).update(from: base + low, count: range.count)
      }
    }
    parameters.withUnsafeBufferPointer { parameters in
      guard let base = parameters.baseAddress else { return }
      Optimizer<Double>(specification, rate: observation.rate).makeDifference(
        gradient, at: base + low, state: OptimizerState(state).advanced(by: low),
        count: range.count, step: observation.step, number: 0, into: step + low)
    }
  }
}
