import LockstepCore
import LockstepModels

/// The penalties as their definitions say, from gradients and mean losses alone: no products with a
/// Hessian, no losses of single examples, no shared work.
struct SlowProbe<Model: Objective> where Model.Scalar == Double {
  var model: Model
  var optimizer = OptimizerSpecification.sgd
  var observation: StepObservation
  var seed: UInt64 = 1

  func gradient(at point: [Double], on examples: [Int32]? = nil) -> [Double] {
    let examples = examples ?? observation.examples
    let workspace = model.makeWorkspace(batch: max(1, examples.count), range: 0..<point.count)
    var gradient = [Double](repeating: .nan, count: point.count)
    examples.withUnsafeBufferPointer { examples in
      model.computeGradient(
        at: point,
        minibatch: Minibatch(
          examples: examples, seed: seed, worker: observation.worker, clock: observation.clock),
        range: 0..<point.count, into: &gradient, workspace: workspace)
    }
    return gradient
  }

  func loss(at point: [Double], on set: EvaluationSet, _ examples: [Int32]) -> Double {
    let workspace = model.makeEvaluationWorkspace(batch: max(1, examples.count))
    let sums = examples.withUnsafeBufferPointer { examples in
      model.evaluate(at: point, on: set, examples: examples, workspace: workspace)
    }
    return sums.lossSum / Double(sums.count) + model.regularization(at: point)
  }

  /// `Δ` by the textbook, from a gradient over all parameters, at those that the rule may read.
  func step(_ gradient: [Double], at parameters: [Double]? = nil) -> [Double] {
    TextbookRule(optimizer).step(
      gradient, at: parameters ?? observation.parameters, state: observation.state,
      rate: observation.rate, number: observation.step
    ).step
  }

  /// `Δ` of one Gauss–Seidel sweep.
  func sweep(_ ranges: [Range<Int>]) -> [Double] {
    var point = observation.parameters
    for range in ranges {
      let step = step(gradient(at: point))
      for index in range { point[index] = observation.parameters[index] + step[index] }
    }
    return zip(point, observation.parameters).map { $0 - $1 }
  }

  /// `H` on training examples by central differences of the gradient, row by row.
  func hessian(on examples: [Int32]) -> [[Double]] {
    let h = 1e-5
    return observation.parameters.indices.map { index in
      var point = observation.parameters
      point[index] += h
      let above = gradient(at: point, on: examples)
      point[index] = observation.parameters[index] - h
      let below = gradient(at: point, on: examples)
      return zip(above, below).map { ($0 - $1) / (2 * h) }
    }
  }

  /// `w + Δ` within a range, `w` elsewhere.
  func moved(by step: [Double], in range: Range<Int>? = nil) -> [Double] {
    var point = observation.parameters
    for index in range ?? 0..<point.count { point[index] += step[index] }
    return point
  }
}

/// The rules of the optimisers as Documentation/Semantics.md writes them down.
struct TextbookRule {
  let name: String
  let argument: Double

  init(_ specification: OptimizerSpecification) {
    let words = specification.specification.split(separator: ":")
    name = String(words[0])
    argument = words.count > 1 ? Double(words[1]) ?? .nan : .nan
  }

  func step(
    _ g: [Double], at w: [Double], state: [[Double]], rate: Double, number: Int
  ) -> (step: [Double], state: [[Double]]) {
    var state = state
    var step = g.map { -rate * $0 }
    for i in g.indices {
      switch name {
      case "sgd": break
      case "momentum":
        state[0][i] = argument * state[0][i] + g[i]
        step[i] = -rate * state[0][i]
      case "nesterov":
        state[0][i] = argument * state[0][i] + g[i]
        step[i] = -rate * (g[i] + argument * state[0][i])
      case "adagrad":
        state[0][i] += g[i] * g[i]
        step[i] = -rate * g[i] / (state[0][i].squareRoot() + 1e-10)
      case "rmsprop":
        state[0][i] = 0.99 * state[0][i] + 0.01 * g[i] * g[i]
        step[i] = -rate * g[i] / (state[0][i].squareRoot() + 1e-8)
      case "adam", "adamw":
        state[0][i] = 0.9 * state[0][i] + 0.1 * g[i]
        state[1][i] = 0.999 * state[1][i] + 0.001 * g[i] * g[i]
        let corrected = (0..<number).reduce((1.0, 1.0)) { powers, _ in
          (powers.0 * 0.9, powers.1 * 0.999)
        }
        let (mean, square) = (state[0][i] / (1 - corrected.0), state[1][i] / (1 - corrected.1))
        step[i] = -rate * mean / (square.squareRoot() + 1e-8)
        if name == "adamw" { step[i] -= rate * argument * w[i] }
      case "lion":
        let mixed = 0.9 * state[0][i] + 0.1 * g[i]
        state[0][i] = 0.99 * state[0][i] + 0.01 * g[i]
        step[i] = -rate * ((mixed > 0 ? 1 : -1) + argument * w[i])
      default: preconditionFailure("\(name) is in no textbook")
      }
    }
    return (step, state)
  }
}

extension CurvatureObjective {
  /// An observation of plain descent on all parameters.
  func observation(
    at point: [Double], examples: [Int32] = [], rate: Double = 0.1, view: [Double]? = nil,
    update: Int = 0, range: Range<Int>? = nil, state: [[Double]] = [], step: Int = 1
  ) -> StepObservation {
    StepObservation(
      update: update, worker: 0, clock: 0, range: range ?? 0..<parameterCount, parameters: point,
      view: view, examples: examples, state: state, rate: rate, step: step)
  }
}
