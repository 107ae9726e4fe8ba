import Foundation
import LockstepCore
import LockstepModels
import LockstepParameters

@testable import LockstepSimulator

/// Keeps what it is shown.
final class Observations: @unchecked Sendable {
  // Invariant behind @unchecked: an engine shows updates on the test's own thread.
  private(set) var all: [StepObservation] = []

  func observer(every: Int) -> StepObserver {
    StepObserver(every: every) { [self] in all.append($0) }
  }
}

extension Simulation {
  /// Runs with an observer.
  func observe<Model: Objective>(
    _ model: Model, every: Int
  ) throws -> (SimulationOutcome<Model.Scalar>, [StepObservation]) {
    let observations = Observations()
    var configuration = configuration
    configuration.observer = observations.observer(every: every)
    let outcome = try EventEngine(
      model: model, configuration: configuration, service: service
    ).run()
    return (outcome, observations.all)
  }
}

/// The update that an observation tells of, made once more from nothing but the observation.
func replayed<Model: Objective<Double>>(
  _ observation: StepObservation, of model: Model, optimizer: OptimizerSpecification, seed: UInt64,
  worker: Int
) -> [Double] {
  let computer = GradientComputer(
    model: model, range: 0..<model.parameterCount, batch: max(1, observation.examples.count),
    seed: seed, worker: 0)
  let range = observation.range
  (observation.view ?? observation.parameters).withUnsafeBufferPointer { view in
    observation.examples.withUnsafeBufferPointer { examples in
      guard let base = view.baseAddress else { return }
      computer.compute(
        at: base, examples: examples, clock: observation.clock, worker: worker, range: range,
        into: computer.gradient)
    }
  }
  var parameters = observation.parameters
  var means = observation.state.first ?? [0]
  var squares = observation.state.last ?? [0]
  means.withUnsafeMutableBufferPointer { first in
    squares.withUnsafeMutableBufferPointer { second in
      parameters.withUnsafeMutableBufferPointer { values in
        guard let base = values.baseAddress else { return }
        Optimizer<Double>(optimizer, rate: observation.rate).apply(
          computer.gradient, to: base,
          state: OptimizerState(
            first: observation.state.isEmpty ? nil : first.baseAddress,
            second: observation.state.count < 2 ? nil : second.baseAddress),
          offset: range.lowerBound, count: range.count, step: observation.step, number: 0)
      }
    }
  }
  return parameters
}
